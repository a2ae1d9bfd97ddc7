/**
 * Whom a policy of Calico binds: pods, and host endpoints, which are interfaces of nodes, in no namespace and without a
 * ServiceAccount.
 */
import type { NetworkRule } from '../../../crds/rules/network.ts';
import type { HostScope, Scope } from '../../../crds/scope.ts';
import { boundPodsText, labelsText, namespacesText } from '../../../kube/scope-text.ts';
import type { Fault } from '../define.ts';
import { selectsAll } from '../fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { type NetworkSubject, somePodsText } from '../network-text.ts';
import { readSpec } from '../spec-reader.ts';
import { type BoundPods, boundHosts, boundPods } from './selected.ts';
import { allOf, type Condition, conditionOf, type Field, type World } from './selection.ts';
import { SelectorText } from './selector-field.ts';
import type { Selector } from './selector.ts';

export interface Subject {
  readonly pods: BoundPods | undefined;
  readonly hosts: HostScope | undefined;
  readonly faults: readonly Fault[];
}

/** @param home The namespace of the policy; undefined for a kind that is in none, and may bind host endpoints. */
export function subjectOf(spec: Readonly<Record<string, unknown>>, home: string | undefined): Subject {
  const reader = readSpec(spec);
  const selectors: readonly [Field, Selector | undefined][] = [
    ['own', reader.read('selector', SelectorText)],
    ['serviceAccount', reader.read('serviceAccountSelector', SelectorText)],
    ['namespace', home === undefined ? reader.read('namespaceSelector', SelectorText) : undefined],
  ];
  const isMeant = (world: World): Condition =>
    allOf(selectors.map(([field, selector]) => selector === undefined || conditionOf(selector, field, world)));
  return {
    pods: boundPods(isMeant({ objects: 'pods', namespace: home }), home),
    hosts: home === undefined ? boundHosts(isMeant({ objects: 'global' })) : undefined,
    faults: reader.faults,
  };
}

/** One scope of a policy; a hook where it is not about pods. */
export interface Bound extends Pick<NetworkSubject, 'whom'> {
  readonly hook: NetworkRule['hook'];
  readonly scope: Scope;
}

/** Whom a policy binds with what it says of host endpoints, in one part or two, or in none when it binds nobody. */
export function boundBy(
  { pods, hosts }: Subject,
  onHosts: NetworkRule['hook'],
  unreadParts: readonly Fault[],
): readonly Bound[] {
  const unread = unreadParts.length === 0 ? {} : { unread: pointersOf(unreadParts) };
  // These act on host endpoints alone.
  const ofPods = onHosts === 'preDnat' || onHosts === 'untracked' ? undefined : pods;
  // Without a hook of their own, they are bound as pods are.
  const isOne = ofPods !== undefined && onHosts === undefined;
  return [
    ...(ofPods === undefined ? [] : [podsBound(ofPods, isOne ? hosts : undefined, unread)]),
    ...(hosts === undefined || isOne ? [] : [hostsBound(hosts, onHosts ?? 'host', unread)]),
  ];
}

function podsBound(
  { namespaces, workloads }: BoundPods,
  hosts: HostScope | undefined,
  unread: Pick<Scope, 'unread'>,
): Bound {
  const scope = {
    namespaces,
    workloads: { ...workloads, hostNetwork: false as const },
    ...(hosts === undefined ? {} : { hosts }),
    ...unread,
  };
  if (hosts === undefined) return { hook: undefined, scope };
  // The summary is for people who look at a namespace.
  const full = `${boundPodsText(workloads)}${namespacesText(namespaces)} and ${isEvery(hosts) ? 'all ' : ''}host endpoints`;
  const labels = labelsText(hosts.selector ?? {}, hosts.expression);
  return { hook: undefined, scope, whom: { short: somePodsText(workloads), full: `${full}${labels}` } };
}

function hostsBound(hosts: HostScope, hook: NetworkRule['hook'], unread: Pick<Scope, 'unread'>): Bound {
  const full = `${isEvery(hosts) ? 'All host' : 'Host'} endpoints${labelsText(hosts.selector ?? {}, hosts.expression)}`;
  return {
    hook,
    scope: { namespaces: { names: [] }, hosts, ...unread },
    whom: { short: isEvery(hosts) ? 'All host endpoints' : 'Some host endpoints', full },
  };
}

function isEvery({ selector = {}, expression }: HostScope): boolean {
  return selectsAll(selector) && expression === undefined;
}
