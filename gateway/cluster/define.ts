/**
 * How a tool of the cluster toolset is defined: like any other, and with what it reads the cluster by. The same definitions
 * serve callers of the gateway, read by the toolset's own account, and one person with a kubeconfig of its own.
 */
import type * as z from 'zod';
import type { Clock } from '../../kube/clock.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Call } from '../call.ts';
import type { Answer, Refusal } from '../errors.ts';
import { defineTool, type Tool } from '../tools/define.ts';
import { createKinds, type Kinds } from './kinds.ts';
import { type Account, createReader, type Reader } from './reader.ts';

export interface ClusterOptions {
  /** The toolset's own: not the one by which the gateway watches. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly account: Account;
  /** Where objects are looked for when a call names no namespace; `default` unless told. */
  readonly defaultNamespace?: string | undefined;
  /** The person's configuration, parsed and nothing else; for the account `person`. */
  readonly kubeconfig?: (() => Promise<unknown>) | undefined;
}

/** What a tool of this set may use beside its call. */
export interface Cluster {
  readonly kinds: Kinds;
  readonly reader: Reader;
  readonly account: Account;
  readonly defaultNamespace: string;
  readonly kubeconfig: (() => Promise<unknown>) | undefined;
}

/** What all tools of the set share: one discovery, one reader. */
export function createCluster({
  transport,
  clock,
  account,
  defaultNamespace = 'default',
  kubeconfig,
}: ClusterOptions): Cluster {
  return {
    kinds: createKinds({ transport, clock }),
    reader: createReader({ transport, clock, account }),
    account,
    defaultNamespace,
    kubeconfig,
  };
}

/** A tool that has yet to be given its cluster. */
export type ClusterTool = (cluster: Cluster) => Tool;

/** @param definition As of `defineTool`; `run` asks for the caller's right by `cluster.reader`, or by the gate itself. */
export function clusterTool<Input extends z.ZodObject, Output extends z.ZodObject>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  run(input: z.output<Input>, call: Call, cluster: Cluster): Promise<Answer<z.input<Output>>>;
  text(answer: z.input<Output>): string;
  readonly refusalText?: (refused: Refusal) => string;
}): ClusterTool {
  return (cluster) => defineTool({ ...definition, run: async (input, call) => definition.run(input, call, cluster) });
}
