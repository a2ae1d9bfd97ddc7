/**
 * PeerAuthentication of Istio: whether workloads accept connections with mutual TLS, in plaintext, or both.
 *
 * - The narrowest counts: for a port, for workloads by labels, for the namespace, for the mesh, else PERMISSIVE. UNSET, the
 *   default, takes what the next wider one says, and imposes nothing by itself.
 * - For the mesh is one in the root namespace without a selector; one with a selector there does nothing. An empty selector is
 *   none. Of several on one level the oldest counts and the others do nothing.
 * - portLevelMtls needs a selector; its ports are those of the workload, not of a Service.
 * - It is about the server. STRICT refuses plaintext. ztunnel takes DISABLE for PERMISSIVE.
 *
 * Not read: MeshConfig, and DestinationRules, which say what clients send.
 *
 * @see https://istio.io/latest/docs/reference/config/security/peer_authentication/
 * @see https://github.com/istio/istio/blob/1.28.0/pilot/pkg/security/authn/policy_applier.go
 */
import * as z from 'zod';
import type { LabelExpression } from '../../../crds/label-expression.ts';
import type { MeshDemand, MeshRule } from '../../../crds/rules/mesh.ts';
import type { Draft, Fault } from '../define.ts';
import { absent, selectsAll } from '../fields.ts';
import { defineJoinedKind, headOf, type ImposedBy } from '../join.ts';
import { DatedMetadata, LooseSpec, ShortRecord } from '../mesh-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { unknownFields } from '../unknown-fields.ts';
import { meshTold } from '../mesh-form.ts';
import { readSpec } from '../spec-reader.ts';
import { rootNamespace, WorkloadSelector } from './binding.ts';
import {
  covers,
  expressionOf,
  isPerhapsForMesh,
  type Levelled,
  levelParts,
  type Levels,
  levelsOf,
  type LevelValue,
  meet,
  meshScope,
  scopeIn,
  subjectOf,
} from './levels.ts';

type Demand = Extract<MeshDemand, { about: 'mutualTls' }>;
type Mode = Demand['mode'];

const Mtls = absent(z.strictObject({ mode: absent(z.enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'])) })).transform(
  (mtls): Mode | undefined => (mtls?.mode === 'UNSET' ? undefined : mtls?.mode),
);
const PortLevelMtls = ShortRecord.pipe(
  z.record(z.string().regex(/^[1-9][0-9]{0,4}$/, 'Must be the number of a port'), Mtls),
);
const knownFields: ReadonlySet<string> = new Set(['mtls', 'portLevelMtls', 'selector']);

export interface PeerPolicy extends Levelled {
  readonly is: 'peer';
  /** Undefined: UNSET. */
  readonly mode: Mode | undefined;
  readonly ports: readonly { readonly port: number; readonly mode: Mode | undefined }[];
  readonly unread: readonly string[];
}

export const peerAuthentications = defineJoinedKind({
  kind: 'PeerAuthentication',
  fields: { metadata: DatedMetadata, spec: LooseSpec },
  parts(object): ReturnType<typeof levelParts<PeerPolicy>> & { faults: readonly Fault[] } {
    const { spec, metadata } = object;
    const whom = readSpec(spec);
    const selector = whom.read('selector', WorkloadSelector) ?? {};
    const reader = readSpec(spec);
    const mode = reader.read('mtls', Mtls);
    const listed = Object.entries(reader.read('portLevelMtls', PortLevelMtls) ?? {});
    const unknown = unknownFields(spec, knownFields, ['spec']);
    const faults = [...whom.faults, ...reader.faults, ...unknown];
    const isWide = selectsAll(selector);
    if (!isWide && metadata.namespace === rootNamespace) return { parts: [], shared: [], faults };
    const policy: PeerPolicy = {
      is: 'peer',
      head: headOf(object),
      namespace: metadata.namespace,
      createdAt: metadata.creationTimestamp ?? '',
      selector: isWide ? undefined : selector,
      mode,
      ports: isWide ? [] : listed.map(([port, own]) => ({ port: Number(port), mode: own })),
      scopeUnread: pointersOf([...whom.faults, ...unknown]),
      unread: pointersOf([...reader.faults, ...unknown]),
      takesOut: whom.faults.length === 0 && (mode !== undefined || (!isWide && listed.length > 0)),
    };
    return { ...levelParts(policy), faults };
  },
});

interface Inherited {
  readonly mode: Mode;
  /** Set by a policy, and not the default of the mesh. */
  readonly isSet: boolean;
}

/** What the policies of a namespace, or of the mesh, come to. */
export function peerDrafts(values: readonly LevelValue<PeerPolicy>[]): ImposedBy[] {
  const levels = levelsOf(values);
  const [mesh] = levels.mesh;
  const ofMesh: Inherited = { mode: mesh?.mode ?? 'PERMISSIVE', isSet: mesh?.mode !== undefined };
  const wide = levels.wide.find(({ scopeUnread }) => scopeUnread.length === 0);
  const ofNamespace: Inherited = wide?.mode === undefined ? ofMesh : { mode: wide.mode, isSet: true };
  const bound = workloadsOf(levels);
  const takenOut = bound.filter(({ policy }) => policy.takesOut).map(({ expression }) => expression);
  return [
    ...(mesh === undefined || wide?.mode !== undefined ? [] : meshDraft(mesh, levels, takenOut)),
    ...levels.wide
      .filter((policy) => policy === wide || policy.scopeUnread.length > 0)
      .flatMap((policy) => draftOf(policy, isPerhapsForMesh(policy) ? 'mesh' : 'namespace', ofMesh, takenOut)),
    ...bound.flatMap(({ policy, older }) => draftOf(policy, 'workload', ofNamespace, older)),
  ];
}

/** Far more than people write: each policy names those that it meets. */
const scannedMax = 1_000;
const olderMax = 50;

/**
 * Of each policy for workloads: which labels older ones take out of it, and what it takes out of wider ones. Those that an
 * older one covers are left out.
 */
function workloadsOf({ workloads }: Levels<PeerPolicy>) {
  const bound: { policy: PeerPolicy; older: LabelExpression[]; expression: LabelExpression }[] = [];
  const labelled = workloads.map((policy) => ({ policy, labels: Object.entries(policy.selector?.matchLabels ?? {}) }));
  for (const [index, { policy, labels }] of labelled.entries()) {
    const own = new Map(labels);
    const older = labelled.slice(0, Math.min(index, scannedMax)).filter((other) => meet(other.labels, own));
    if (older.some((other) => covers(other.labels, own))) continue;
    const isCut = index > scannedMax || older.length > olderMax;
    const met = older.slice(0, olderMax);
    const taken = met.map((other) => expressionOf(other.labels));
    // What older ones take out of it they take out of wider policies, too.
    const left = met.filter((other) => !other.policy.takesOut).map((other) => expressionOf(other.labels));
    const all = expressionOf(labels);
    bound.push({
      policy: isCut ? { ...policy, scopeUnread: [...policy.scopeUnread, '/spec/selector'] } : policy,
      older: taken,
      expression: left.length === 0 ? all : { all: [all, { not: { any: left } }] },
    });
  }
  return bound;
}

function meshDraft(policy: PeerPolicy, levels: Levels<PeerPolicy>, takenOut: readonly LabelExpression[]): ImposedBy[] {
  if (policy.mode === undefined && policy.unread.length === 0) return [];
  const where = meshScope(levels, takenOut);
  if (where === undefined) return [];
  const { key, scope, others } = where;
  const rule = ruleOf(policy, 'mesh', { mode: 'PERMISSIVE', isSet: false });
  const draft = {
    key: `mutualTls${key}`,
    ...meshTold(rule, subjectOf(undefined, others, levels.namespace === undefined)),
    scope,
    rule,
  };
  return [{ source: policy.head, drafts: [draft] }];
}

function draftOf(
  policy: PeerPolicy,
  level: Demand['level'],
  wider: Inherited,
  takenOut: readonly LabelExpression[],
): ImposedBy[] {
  const { head, mode, ports, unread, scopeUnread, namespace, selector } = policy;
  if (mode === undefined && ports.length === 0 && unread.length === 0) return [];
  const rule = ruleOf(policy, level, wider);
  const draft: Draft = {
    key: 'mutualTls',
    ...meshTold(rule, subjectOf(selector, takenOut.length > 0, level === 'mesh')),
    scope: scopeIn(namespace, selector, takenOut, scopeUnread),
    rule,
  };
  return [{ source: head, drafts: [draft] }];
}

function ruleOf({ mode, ports, unread }: PeerPolicy, level: Demand['level'], wider: Inherited): MeshRule {
  const whole = mode ?? wider.mode;
  return {
    form: 'mesh',
    engine: 'istio',
    demand: {
      about: 'mutualTls',
      level,
      mode: whole,
      ...(mode === undefined ? { inherited: true } : {}),
      ...(ports.length === 0
        ? {}
        : {
            ports: ports
              .map(({ port, mode: own }) => ({
                port,
                mode: own ?? whole,
                ...(own === undefined ? { inherited: true as const } : {}),
              }))
              .toSorted((a, b) => a.port - b.port),
          }),
    },
    proxies: ['sidecar', 'ztunnel'],
    ...(unread.length === 0 ? {} : { unread: [...unread] }),
  };
}
