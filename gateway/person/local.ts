/**
 * The gateway's own code on a person's machine: the same tools and resources, asked by one person alone. What answers them is
 * a catalog, of a cluster or of files, and a caller with the person's rights.
 */
import type { Clock } from '../../kube/clock.ts';
import type { Caller } from '../auth/identity.ts';
import type { GatewayFacts } from '../call.ts';
import type { Catalog } from '../catalog/store.ts';
import type { Source } from '../cli/source.ts';
import { onceRead } from '../catalog/not-read-yet.ts';
import { refusal } from '../errors.ts';
import { createArrivals } from '../http/arrival.ts';
import { type CallsOptions, createCalls } from '../http/calls.ts';
import type { Log } from '../log.ts';
import type { Asking } from '../mcp/asking.ts';
import { resources as allResources } from '../resources/all.ts';
import type { Tool } from '../tools/define.ts';

/** One person, and what answers are made from. */
export interface Local extends Source {
  readonly asking: Asking;
  readonly tools: readonly Tool[];
  /** Of what an HTTP listener makes its calls; whoever asks there is this person. */
  readonly calls: CallsOptions;
}

export interface LocalOptions {
  readonly caller: Caller;
  readonly catalog: Catalog;
  readonly tools: readonly Tool[];
  readonly namespace: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: GatewayFacts;
  readonly close: () => Promise<void>;
}

/** Of an answer as JSON: the person's own memory is all that it takes. */
const answerBytesMax = 64 * 1_048_576;

/** The tools and resources for one person. */
export function createLocal(options: LocalOptions): Local {
  const { caller, catalog, tools, namespace, clock, log, gateway, close } = options;
  const calls: CallsOptions = {
    catalog,
    identities: { callerOf: async () => Promise.resolve({ ok: true, value: caller }) },
    clock,
    log,
    gateway,
    arrivals: createArrivals(),
    answerMsMax: localAnswerMsMax,
  };
  const asking = createCalls(calls).asking(caller);
  return {
    asking,
    tools,
    calls,
    namespace,
    close,
    unread: async () => onceRead(async () => Promise.resolve(catalog.freshness().unread ?? [])),
    async ask(name, input) {
      const tool = tools.find((each) => each.name === name);
      if (tool === undefined) return refusal('NOT_FOUND', `There is no tool ${name}.`);
      return asking.answer(name, answerBytesMax, async (call) => tool.answer(input, call));
    },
    async read(name, params) {
      const resource = allResources.find((each) => each.name === name);
      if (resource === undefined) return refusal('NOT_FOUND', `There is no resource ${name}.`);
      return asking.answer(name, answerBytesMax, async (call) => resource.answer(params, call));
    },
  };
}

/** A cluster that is far away, or that is large, is read while the person waits. */
const localAnswerMsMax = 30_000;
