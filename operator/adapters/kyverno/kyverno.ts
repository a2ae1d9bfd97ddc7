/**
 * Kyverno's policies of the group kyverno.io: ClusterPolicy and Policy with the PolicyExceptions that name them, and cleanup
 * policies. Each rule is a constraint, or one for each action that it has in some namespaces.
 *
 * - A violation is refused only where the action resolves to Enforce; the default is Audit, which reports (action.ts).
 * - Whom a rule binds: match-fields.ts, rule-scope.ts; what Kyverno makes of rules on pods: autogen.ts.
 * - Exceptions are told of and never take a constraint away (policy-exception.ts).
 *
 * Not read: status, settings of Kyverno in ConfigMaps and flags. Its webhooks are read as those of others are.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/
 * @see https://github.com/kyverno/kyverno/tree/v1.19.1/api/kyverno
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import { isJsonObject } from '../../../kube/object.ts';
import { type Draft, Metadata, NamespacedMetadata, type ObjectHead, type Part } from '../define.ts';
import { defineJoinedKind, defineJoiningAdapter, headOf, type JoinedKind } from '../join.ts';
import { newKey } from '../new-key.ts';
import { cleanupDraft } from './cleanup.ts';
import { type Policy, readPolicy } from './policy-fields.ts';
import { exceptionsFor, isPattern, type PolicyException, readException } from './policy-exception.ts';
import { draftsOf, unreadDraft } from './rule-drafts.ts';

interface Cleanup {
  readonly is: 'cleanup';
  readonly head: ObjectHead;
  readonly draft: Draft;
}
type Value = Policy | PolicyException | Cleanup;

const spec = z.custom<Readonly<Record<string, unknown>>>(isJsonObject, 'Must be an object');

/** As exceptions name policies. */
function nameOf({ namespace, name }: ObjectHead['metadata']): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function policies(kind: string, metadata: typeof Metadata | typeof NamespacedMetadata): JoinedKind<Value> {
  return defineJoinedKind({
    kind,
    fields: { metadata, spec },
    parts(object) {
      const { policy, faults } = readPolicy(object);
      return { parts: [{ key: `policy ${nameOf(object.metadata)}`, value: policy }] satisfies Part<Value>[], faults };
    },
  });
}

function cleanups(kind: string, metadata: typeof Metadata | typeof NamespacedMetadata): JoinedKind<Value> {
  return defineJoinedKind({
    kind,
    fields: { metadata, spec },
    parts(object) {
      const { draft, faults } = cleanupDraft(object);
      const { namespace = '', name } = object.metadata;
      const head = headOf(object);
      const value = draft === undefined ? undefined : { is: 'cleanup' as const, head, draft };
      const parts: Part<Value>[] = value === undefined ? [] : [{ key: `${kind} ${namespace}/${name}`, value }];
      return { parts, faults };
    },
  });
}

const exceptions: JoinedKind<Value> = defineJoinedKind({
  kind: 'PolicyException',
  fields: { metadata: NamespacedMetadata, spec },
  parts(object) {
    const { exception, faults } = readException(object);
    const names = new Set(exception.excepted.map(({ policyName }) => policyName));
    const literal = [...names].filter((name) => !isPattern(name));
    const parts: Part<Value>[] = literal.map((name) => ({ key: `policy ${name}`, value: exception }));
    return { parts, ...(literal.length === names.size ? {} : { shared: [exception] }), faults };
  },
});

const group = 'kyverno.io';

export const kyverno = defineJoiningAdapter<Value>({
  id: 'kyverno',
  resources: ['cleanuppolicies', 'clustercleanuppolicies', 'clusterpolicies', 'policies', 'policyexceptions'].map(
    (plural) => ({ group, plural }),
  ),
  kinds: [
    policies('ClusterPolicy', Metadata),
    policies('Policy', NamespacedMetadata),
    cleanups('ClusterCleanupPolicy', Metadata),
    cleanups('CleanupPolicy', NamespacedMetadata),
    exceptions,
  ],
  join(values) {
    // An exception names thousands of policies that are not there as easily as one.
    if (values.every(({ is }) => is === 'exception')) return [];
    const sorted = inOrder(values.filter((value) => value.is === 'exception'));
    return values.flatMap((value) => {
      switch (value.is) {
        case 'exception':
          return [];
        case 'cleanup':
          return [{ source: value.head, drafts: [value.draft] }];
        case 'policy':
          return [{ source: value.head, drafts: draftsIn(value, sorted) }];
        default:
          return value satisfies never;
      }
    });
  },
});

function draftsIn(policy: Policy, excepting: readonly PolicyException[]): Draft[] {
  const naming = exceptionsFor(nameOf(policy.head.metadata), excepting);
  const drafts = [...policy.rules.flatMap((rule) => draftsOf(policy, rule, naming)), ...unreadDraft(policy)];
  const taken = new Map<string, number>();
  return drafts.map((draft) => ({ ...draft, key: newKey(draft.key, taken) }));
}

/** Each once: one that names policies both in full and by patterns is given twice. */
function inOrder(excepting: readonly PolicyException[]): PolicyException[] {
  return [...new Set(excepting)].toSorted((a, b) => compareText(a.by, b.by));
}
