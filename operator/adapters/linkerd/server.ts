/**
 * Server of Linkerd: one port of some pods, or of workloads outside the cluster, to which nobody may connect whom nothing
 * lets through.
 *
 * accessPolicy, new in v1beta3, lets some through beside the authorizations; without it, and in older versions, it is `deny`.
 * The port is a number or name of a port of the pod; a name may stand for several. Probes pass as long as no route is
 * attached. Two Servers for one port of a pod are refused when they are created.
 *
 * @see https://linkerd.io/2-edge/reference/authorization-policy/#server
 * @see https://github.com/linkerd/linkerd2/blob/edge-25.8.1/policy-controller/k8s/index/src/inbound/server.rs
 */
import * as z from 'zod';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import { type Fault, NamespacedMetadata, type ObjectHead } from '../define.ts';
import { SelectorField } from '../fields.ts';
import { defineJoinedKind, headOf } from '../join.ts';
import { LooseSpec } from '../mesh-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { unknownFields } from '../unknown-fields.ts';
import { readSpec } from '../spec-reader.ts';
import { AccessPolicy } from './clients.ts';

export interface Server {
  readonly is: 'server';
  readonly head: ObjectHead;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of pods, or of workloads outside the cluster. */
  readonly selector: LabelSelector;
  readonly isExternal: boolean;
  /** Undefined when it is not understood. */
  readonly port: number | string | undefined;
  readonly protocol: string;
  readonly accessPolicy: z.infer<typeof AccessPolicy>;
  readonly scopeUnread: readonly string[];
  readonly unread: readonly string[];
}

const Port = z.union([z.int(), z.string()]);
const knownFields: ReadonlySet<string> = new Set([
  'accessPolicy',
  'externalWorkloadSelector',
  'podSelector',
  'port',
  'proxyProtocol',
]);

export const servers = defineJoinedKind({
  kind: 'Server',
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  parts(object): { parts: { key: string; value: Server }[]; faults: readonly Fault[] } {
    const { spec, metadata } = object;
    const whom = readSpec(spec);
    const selector = whom.read('podSelector', SelectorField);
    const external = whom.read('externalWorkloadSelector', SelectorField);
    const port = whom.readRequired('port', Port);
    const reader = readSpec(spec);
    const protocol = reader.read('proxyProtocol', z.string()) ?? 'unknown';
    const accessPolicy = reader.read('accessPolicy', AccessPolicy) ?? 'deny';
    const isForNobody = whom.faults.length === 0 && selector === undefined && external === undefined;
    const unknown = [
      ...unknownFields(spec, knownFields, ['spec']),
      ...(isForNobody
        ? [{ path: ['spec', 'podSelector'], message: 'Must be there, or externalWorkloadSelector' }]
        : []),
    ];
    const value: Server = {
      is: 'server',
      head: headOf(object),
      namespace: metadata.namespace,
      labels: metadata.labels ?? {},
      selector: selector ?? external ?? {},
      isExternal: selector === undefined && external !== undefined,
      port,
      protocol,
      accessPolicy,
      scopeUnread: pointersOf([...whom.faults, ...unknown]),
      unread: pointersOf([...(port === undefined ? whom.faults : []), ...reader.faults, ...unknown]),
    };
    return { parts: [{ key: metadata.namespace, value }], faults: [...whom.faults, ...reader.faults, ...unknown] };
  },
});
