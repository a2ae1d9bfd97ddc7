/**
 * Sidecar of Istio: which hosts the proxies of workloads know, and what they listen on.
 *
 * - egress says of which hosts a proxy is told, as `namespace/name`. It is no firewall: what comes of the others
 *   outboundTrafficPolicy says (REGISTRY_ONLY lets no connection to an unknown host through, ALLOW_ANY does), and without it
 *   MeshConfig, which is never read.
 * - For workloads by labels, else for the namespace, else the one without a selector in the root namespace. Which of two on one
 *   level is in force is not defined. Without egress it takes that of the next wider one, or has none of its own: Istio's
 *   reference and its source differ. It is read as taking nobody out of the wider one.
 * - ingress names the ports that a proxy listens on, with TLS of its own. Certificates and keys are not read.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { MeshDemand, MeshRule } from '../../../crds/rules/mesh.ts';
import type { Draft, Fault } from '../define.ts';
import { absent, SelectorField, selectsAll } from '../fields.ts';
import { defineJoinedKind, headOf, type ImposedBy } from '../join.ts';
import { DatedMetadata, LooseSpec, ShortRecord, Texts } from '../mesh-fields.ts';
import { shortListOf } from '../bounded-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { unknownFields } from '../unknown-fields.ts';
import { meshTold } from '../mesh-form.ts';
import { readSpec, type SpecReader } from '../spec-reader.ts';
import {
  expressionOf,
  isPerhapsForMesh,
  type Levelled,
  levelParts,
  levelsOf,
  type LevelValue,
  meshScope,
  scopeIn,
  subjectOf,
} from './levels.ts';

type Demand = Extract<MeshDemand, { about: 'reach' }>;

const Selector = z
  .strictObject({ labels: absent(ShortRecord.pipe(z.record(z.string(), z.string()))) })
  .transform(({ labels }) => SelectorField.parse({ matchLabels: labels }));
const Port = z
  .strictObject({
    number: absent(z.int()),
    protocol: absent(z.string()),
    name: absent(z.string()),
    targetPort: absent(z.int()),
  })
  .transform(({ number, protocol, name }) => ({
    ...(number === undefined ? {} : { number }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(name === undefined ? {} : { name }),
  }));
const Egress = z.strictObject({
  port: absent(Port),
  bind: absent(z.string()),
  captureMode: absent(z.string()),
  hosts: absent(Texts),
});
const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const PoolPart = ShortRecord.pipe(
  z.record(z.string(), z.union([Scalar, ShortRecord.pipe(z.record(z.string(), Scalar))])),
);
const ConnectionPool = z.strictObject({ http: absent(PoolPart), tcp: absent(PoolPart) }).transform(limitsOf);
const Ingress = z.strictObject({
  port: absent(Port),
  bind: absent(z.string()),
  captureMode: absent(z.string()),
  defaultEndpoint: absent(z.string()),
  tls: absent(z.looseObject({ mode: absent(z.string()) })),
  connectionPool: absent(ConnectionPool),
});
const EgressList = shortListOf(Egress);
const IngressList = shortListOf(Ingress);
const OutboundTrafficPolicy = z.strictObject({
  mode: absent(z.enum(['REGISTRY_ONLY', 'ALLOW_ANY'])),
  egressProxy: absent(z.looseObject({ host: z.string() })),
});
const knownFields: ReadonlySet<string> = new Set([
  'egress',
  'inboundConnectionPool',
  'ingress',
  'outboundTrafficPolicy',
  'workloadSelector',
]);

export interface SidecarPolicy extends Levelled {
  readonly is: 'sidecar';
  readonly demand: Omit<Demand, 'level'>;
  readonly unread: readonly string[];
}

export const sidecars = defineJoinedKind({
  kind: 'Sidecar',
  fields: { metadata: DatedMetadata, spec: LooseSpec },
  parts(object): ReturnType<typeof levelParts<SidecarPolicy>> & { faults: readonly Fault[] } {
    const { spec, metadata } = object;
    const whom = readSpec(spec);
    const selector = whom.read('workloadSelector', Selector) ?? {};
    const reader = readSpec(spec);
    const demand = demandOf(reader);
    const unknown = unknownFields(spec, knownFields, ['spec']);
    const policy: SidecarPolicy = {
      is: 'sidecar',
      head: headOf(object),
      namespace: metadata.namespace,
      createdAt: metadata.creationTimestamp ?? '',
      selector: selectsAll(selector) ? undefined : selector,
      demand,
      scopeUnread: pointersOf([...whom.faults, ...unknown]),
      unread: pointersOf([...reader.faults, ...unknown]),
      takesOut: whom.faults.length === 0 && demand.egress !== undefined,
    };
    return { ...levelParts(policy), faults: [...whom.faults, ...reader.faults, ...unknown] };
  },
});

function demandOf(reader: SpecReader): SidecarPolicy['demand'] {
  const egress = reader.read('egress', EgressList) ?? [];
  const ingress = reader.read('ingress', IngressList) ?? [];
  const outbound = reader.read('outboundTrafficPolicy', OutboundTrafficPolicy);
  const pool = reader.read('inboundConnectionPool', ConnectionPool);
  const pools = [
    ...(pool === undefined ? [] : [{ path: '/spec/inboundConnectionPool', limits: pool }]),
    ...ingress.flatMap(({ connectionPool: limits }, index) =>
      limits === undefined ? [] : [{ path: `/spec/ingress/${index}/connectionPool`, limits }],
    ),
  ];
  return {
    about: 'reach',
    ...(egress.length === 0
      ? {}
      : {
          egress: egress.map((listener, index) => ({
            ...listenerOf(listener, `/spec/egress/${index}`),
            hosts: listener.hosts ?? [],
          })),
        }),
    // Where the policy is there, REGISTRY_ONLY is the first value of its mode.
    ...(outbound === undefined ? {} : { others: outbound.mode === 'ALLOW_ANY' ? 'any' : 'registryOnly' }),
    ...(outbound?.egressProxy === undefined ? {} : { egressProxy: outbound.egressProxy.host }),
    ...(ingress.length === 0
      ? {}
      : {
          ingress: ingress.map((listener, index) => ({
            ...listenerOf(listener, `/spec/ingress/${index}`),
            ...(listener.defaultEndpoint === undefined ? {} : { defaultEndpoint: listener.defaultEndpoint }),
            ...(listener.tls === undefined ? {} : { tls: listener.tls.mode ?? 'PASSTHROUGH' }),
          })),
        }),
    ...(pools.length === 0 ? {} : { connectionPools: pools }),
  };
}

type PoolParts = Readonly<Record<string, z.infer<typeof PoolPart> | undefined>>;

/** By field path, in one order. */
function limitsOf(parts: PoolParts): Record<string, z.infer<typeof Scalar>> {
  const limits = Object.entries(parts).flatMap(([part, fields = {}]) =>
    Object.entries(fields).flatMap(([field, value]) =>
      typeof value === 'object'
        ? Object.entries(value).map(([inner, scalar]) => [`${part}.${field}.${inner}`, scalar] as const)
        : [[`${part}.${field}`, value] as const],
    ),
  );
  return Object.fromEntries(limits.toSorted(([a], [b]) => compareText(a, b)));
}

function listenerOf(
  { port, bind, captureMode }: Pick<z.infer<typeof Egress>, 'port' | 'bind' | 'captureMode'>,
  path: string,
) {
  return {
    path,
    ...(port === undefined ? {} : { port }),
    ...(bind === undefined ? {} : { bind }),
    ...(captureMode === undefined ? {} : { captureMode }),
  };
}

/** What the policies of a namespace, or of the mesh, come to. */
export function sidecarDrafts(values: readonly LevelValue<SidecarPolicy>[]): ImposedBy[] {
  const levels = levelsOf(values);
  const selectors = Map.groupBy(levels.workloads, ({ selector }) => JSON.stringify(selector));
  const takenOut = levels.workloads.flatMap(({ takesOut, selector = {} }) =>
    takesOut ? [expressionOf(Object.entries(selector.matchLabels ?? {}))] : [],
  );
  const isNarrowed = levels.wide.some(({ takesOut }) => takesOut);
  const ofMesh = isNarrowed ? undefined : meshScope(levels, takenOut);
  return [
    ...(ofMesh === undefined
      ? []
      : levels.mesh.flatMap((policy) => {
          const told = draftOf(policy, 'mesh', levels.mesh.length > 1, ofMesh.others, levels.namespace === undefined);
          return told === undefined ? [] : imposed(policy, { ...told, key: `reach${ofMesh.key}`, scope: ofMesh.scope });
        })),
    ...levels.wide.flatMap((policy) => {
      const isForMesh = isPerhapsForMesh(policy);
      const level = isForMesh ? 'mesh' : 'namespace';
      const told = draftOf(policy, level, levels.wide.length > 1, takenOut.length > 0, isForMesh);
      const scope = scopeIn(policy.namespace, undefined, takenOut, policy.scopeUnread);
      return told === undefined ? [] : imposed(policy, { ...told, key: 'reach', scope });
    }),
    ...levels.workloads.flatMap((policy) => {
      const isContested = (selectors.get(JSON.stringify(policy.selector))?.length ?? 0) > 1;
      const told = draftOf(policy, 'workload', isContested, false);
      const scope = scopeIn(policy.namespace, policy.selector, [], policy.scopeUnread);
      return told === undefined ? [] : imposed(policy, { ...told, key: 'reach', scope });
    }),
  ];
}

function imposed({ head }: SidecarPolicy, draft: Draft): ImposedBy[] {
  return [{ source: head, drafts: [draft] }];
}

/** Undefined when it demands nothing. */
function draftOf(
  { demand, unread, selector }: SidecarPolicy,
  level: Demand['level'],
  contested: boolean,
  others: boolean,
  everywhere = false,
) {
  const { egress, ingress, others: outbound, connectionPools } = demand;
  const isEmpty = [egress, ingress, outbound, connectionPools].every((part) => part === undefined);
  if (isEmpty && unread.length === 0) return undefined;
  const rule: MeshRule = {
    form: 'mesh',
    engine: 'istio',
    demand: { ...demand, level, ...(contested ? { contested } : {}) },
    proxies: ['sidecar'],
    ...(unread.length === 0 ? {} : { unread: [...unread] }),
  };
  return { ...meshTold(rule, subjectOf(selector, others, everywhere)), rule };
}
