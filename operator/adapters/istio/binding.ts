/**
 * Whom a policy of Istio binds: workloads by labels, or objects that it names.
 *
 * - Without selector and targets it binds every workload of its namespace; in the root namespace those of every namespace.
 *   The root namespace is set in MeshConfig, which stands in a ConfigMap and is never read: the default is taken.
 * - A selector has labels and no expressions; an empty one selects everything. That of a policy in the root namespace
 *   selects in every namespace.
 * - Targets stand in its own namespace: Gateway, Service, ServiceEntry; a GatewayClass counts only in the root namespace.
 *   A policy with targets binds what passes gateways and waypoints and no sidecar; one with a selector binds no waypoint.
 *
 * Pods on the network of their node get no proxy. Which pods have one is not read.
 *
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 * @see https://istio.io/latest/docs/reference/config/type/workload-selector/
 * @see https://github.com/istio/istio/blob/1.28.0/pilot/pkg/model/policyattachment.go
 */
import * as z from 'zod';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { MeshRule, MeshTarget } from '../../../crds/rules/mesh.ts';
import type { Scope } from '../../../crds/scope.ts';
import type { Fault } from '../define.ts';
import { absent, SelectorField, selectsAll } from '../fields.ts';
import { ShortRecord } from '../mesh-fields.ts';
import { shortListOf } from '../bounded-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import type { MeshSubject } from '../mesh-text.ts';
import { readSpec } from '../spec-reader.ts';

export const rootNamespace = 'istio-system';

/** Only labels: what else a selector might hold is not understood. */
export const WorkloadSelector = z
  .strictObject({ matchLabels: absent(ShortRecord.pipe(z.record(z.string(), z.string()))) })
  .transform(({ matchLabels }): LabelSelector => SelectorField.parse({ matchLabels }));

const TargetRef = z.strictObject({
  group: absent(z.string()),
  kind: z.string(),
  name: z.string(),
  namespace: absent(z.string()),
});
const TargetRefs = shortListOf(TargetRef);
type TargetRef = z.infer<typeof TargetRef>;

const targetKinds: ReadonlySet<string> = new Set([
  'Gateway.gateway.networking.k8s.io',
  'GatewayClass.gateway.networking.k8s.io',
  'Service.',
  'ServiceEntry.networking.istio.io',
]);

export interface Binding {
  readonly scope: Scope;
  readonly subject: MeshSubject;
  /** For the rule. */
  readonly parts: Pick<MeshRule, 'targets' | 'proxies'>;
  readonly faults: readonly Fault[];
}

/**
 * @param proxies Kinds of proxy that enforce it on workloads by labels.
 * @returns No scope when it binds nobody.
 */
export function bindingOf(
  spec: Readonly<Record<string, unknown>>,
  namespace: string,
  proxies: NonNullable<MeshRule['proxies']>,
  unknown: readonly Fault[],
): Binding | { readonly scope: undefined; readonly faults: readonly Fault[] } {
  const reader = readSpec(spec);
  const selector = reader.read('selector', WorkloadSelector) ?? {};
  const one = reader.read('targetRef', TargetRef);
  const several = reader.read('targetRefs', TargetRefs) ?? [];
  const named = [...(one === undefined ? [] : [one]), ...several];
  const faults = [
    ...reader.faults,
    ...several.flatMap((target, index) => targetFaults(target, namespace, ['spec', 'targetRefs', index])),
    ...(one === undefined ? [] : targetFaults(one, namespace, ['spec', 'targetRef'])),
  ];
  const unreadFaults = [...faults, ...unknown];
  const unread = unreadFaults.length === 0 ? {} : { unread: pointersOf(unreadFaults) };
  if (named.length === 0) {
    return {
      scope: {
        namespaces: namespace === rootNamespace ? {} : { names: [namespace] },
        workloads: { ...(selectsAll(selector) ? {} : { selector }), hostNetwork: false },
        ...unread,
      },
      subject: { selector, targets: [], everywhere: namespace === rootNamespace },
      parts: { proxies },
      faults,
    };
  }
  const targets = named
    .filter(({ kind }) => kind !== 'GatewayClass' || namespace === rootNamespace)
    .map((target) => targetOf(target, namespace));
  if (targets.length === 0) return { scope: undefined, faults };
  const isEverywhere = targets.some(({ kind }) => kind === 'GatewayClass');
  const throughGateways = targets.some(({ kind }) => kind === 'Gateway');
  return {
    scope: { namespaces: isEverywhere ? {} : { names: [namespace] }, ...unread },
    subject: { selector: undefined, targets },
    parts: { targets, proxies: throughGateways ? ['gateway', 'waypoint'] : ['waypoint'] },
    faults,
  };
}

function targetOf({ group = '', kind, name, namespace: named = '' }: TargetRef, namespace: string): MeshTarget {
  return {
    group: group === 'core' ? '' : group,
    kind,
    ...(kind === 'GatewayClass' ? {} : { namespace: named === '' ? namespace : named }),
    name,
  };
}

function targetFaults(target: TargetRef, namespace: string, path: readonly PropertyKey[]): Fault[] {
  const { group, kind } = targetOf(target, namespace);
  const { namespace: named = '' } = target;
  return [
    ...(targetKinds.has(`${kind}.${group}`)
      ? []
      : [{ path: [...path, 'kind'], message: 'Must be Gateway, GatewayClass, Service or ServiceEntry of its group' }]),
    ...(named === '' || named === namespace
      ? []
      : [{ path: [...path, 'namespace'], message: 'Must be absent: a target is in the namespace of the policy' }]),
  ];
}
