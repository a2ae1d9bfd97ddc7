/**
 * NetworkPolicy and GlobalNetworkPolicy of Calico, and their staged kinds: whom one binds, in which directions, and its rules.
 *
 * - A NetworkPolicy binds pods of its namespace, a GlobalNetworkPolicy those of every one, and host endpoints, which are
 *   interfaces of nodes; selector, serviceAccountSelector and namespaceSelector narrow that. Host endpoints are in no namespace
 *   and run as no ServiceAccount.
 * - preDNAT and doNotTrack bind host endpoints alone, before addresses are translated or connections tracked, and drop nothing
 *   at the end of a tier. applyOnForward makes a policy bind what host endpoints forward, too: a constraint of its own.
 * - The API of Calico fills in types; an object stored without them is in force in both directions.
 * - A staged policy is not enforced. One with the action Delete says that another is to go, and so says nothing.
 *
 * Not read: performanceHints, which change nothing that is seen.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/backend/syncersv1/updateprocessors/globalnetworkpolicyprocessor.go
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/felix/calc/policy_sorter.go
 */
import * as z from 'zod';
import type { NetworkClause, NetworkRule } from '../../../crds/rules/network.ts';
import type { Scope } from '../../../crds/scope.ts';
import { type Fault, faultsMax } from '../define.ts';
import { listOf } from '../fields.ts';
import { type Clauses, unreadClauses } from '../network-clauses.ts';
import { unknownFields } from '../unknown-fields.ts';
import type { NetworkSubject } from '../network-text.ts';
import { readSpec, type SpecReader } from '../spec-reader.ts';
import { clausesOf } from './rules.ts';
import { boundBy, subjectOf } from './subject.ts';
import { defaultTier } from './tier.ts';

/** What a policy imposes in one direction on some of those that it binds, whatever its tier does. */
export interface Imposing extends NetworkSubject {
  readonly key: string;
  readonly rule: NetworkRule;
  readonly scope: Scope;
}

export interface ReadPolicy {
  readonly tier: string;
  readonly order: number | undefined;
  readonly imposes: readonly Imposing[];
  readonly faults: readonly Fault[];
}

type Direction = NetworkRule['direction'];

const subjectFields = ['selector', 'serviceAccountSelector'];
const termFields = ['tier', 'order', 'types', 'ingress', 'egress', 'performanceHints'];
const globalFields = ['namespaceSelector', 'preDNAT', 'doNotTrack', 'applyOnForward'];

export const StagedAction = z.enum(['Set', 'Delete', 'Learn', 'Ignore']);

/** @param home The namespace of the policy; undefined for a kind that is in none. */
export function readPolicy(
  spec: Readonly<Record<string, unknown>>,
  isStaged: boolean,
  home: string | undefined,
): ReadPolicy {
  const known = new Set([
    ...subjectFields,
    ...termFields,
    ...(home === undefined ? globalFields : []),
    ...(isStaged ? ['stagedAction'] : []),
  ]);
  const unknown = unknownFields(spec, known, ['spec']);
  const reader = readSpec(spec);
  const tier = reader.read('tier', z.string()) || defaultTier;
  const order = reader.read('order', z.number());
  const isDeletion = isStaged && reader.read('stagedAction', StagedAction) === 'Delete';
  const hook = home === undefined ? hookOf(reader) : undefined;
  const types = directionsOf(reader);
  const rules = {
    Ingress: reader.read('ingress', z.array(z.unknown())) ?? [],
    Egress: reader.read('egress', z.array(z.unknown())) ?? [],
  };
  const subject = subjectOf(spec, home);
  const bound = boundBy(subject, hook, [...subject.faults, ...unknown]);
  const faults = [...reader.faults, ...types.faults, ...unknown];
  const unread = unreadClauses(['spec'], faults);

  const imposes: Imposing[] = [];
  const read: Clauses[] = [];
  // Before addresses are translated nothing goes out.
  const directions = types.directions.filter((direction) => hook !== 'preDnat' || direction === 'Ingress');
  for (const direction of isDeletion ? [] : directions) {
    for (const whom of bound) {
      const asWhat = whom.hook === undefined ? 'pods' : 'hosts';
      const clauses = clausesOf(rules[direction], { direction, home, bound: asWhat });
      read.push(clauses);
      imposes.push(imposing(whom, direction, [...unread, ...clauses.clauses], { isStaged, home }));
    }
  }
  return { tier, order, imposes, faults: [...subject.faults, ...faults, ...distinct(read)] };
}

function imposing(
  { hook, ...whom }: ReturnType<typeof boundBy>[number],
  direction: Direction,
  clauses: readonly NetworkClause[],
  { isStaged, home }: { readonly isStaged: boolean; readonly home: string | undefined },
): Imposing {
  return {
    key: hook === undefined ? direction : `${direction}/${hook}`,
    rule: {
      form: 'network',
      direction,
      clauses: [...clauses],
      ...(isStaged ? { staged: true } : {}),
      ...(hook === undefined ? {} : { hook }),
    },
    ...whom,
    home,
  };
}

/** Where a policy acts on host endpoints. */
function hookOf(reader: SpecReader): NetworkRule['hook'] {
  const [preDnat, doNotTrack, onForward] = ['preDNAT', 'doNotTrack', 'applyOnForward'].map((field) =>
    reader.read(field, z.boolean()),
  );
  if (preDnat === true) return 'preDnat';
  if (doNotTrack === true) return 'untracked';
  return onForward === true ? 'forward' : undefined;
}

const everyDirection: readonly Direction[] = ['Ingress', 'Egress'];

function directionsOf(reader: SpecReader): { readonly directions: readonly Direction[]; readonly faults: Fault[] } {
  const types = reader.read('types', listOf(z.string())) ?? [];
  const faults: Fault[] = [];
  for (const [index, type] of types.entries()) {
    if (type === 'Ingress' || type === 'Egress') continue;
    faults.push({ path: ['spec', 'types', index], message: 'Must be Ingress or Egress' });
    if (faults.length >= faultsMax) break;
  }
  return { directions: everyDirection.filter((one) => types.length === 0 || types.includes(one)), faults };
}

/** The same rules are read once for pods and once for host endpoints. */
function distinct(read: readonly Clauses[]): Fault[] {
  const faults = read.flatMap((clauses) => clauses.faults);
  return [...new Map(faults.map((fault) => [`${JSON.stringify(fault.path)} ${fault.message}`, fault])).values()];
}
