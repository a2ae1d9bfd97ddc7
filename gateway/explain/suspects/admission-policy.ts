/**
 * Constraints against a ValidatingAdmissionPolicy or MutatingAdmissionPolicy that a message names, and against what made it:
 * Gatekeeper writes such policies for its templates, Kyverno for its policies.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/controllers/admissionpolicygenerator (names of policies and bindings)
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/controller/constrainttemplate/constrainttemplate_controller.go
 */
import type { Effect } from '../../../crds/constraint.ts';
import type { Candidate } from '../candidates.ts';
import { namedIn } from '../candidates.ts';
import type { Suspect, Suspects } from '../finding.ts';
import { suspectsWith } from './named-policy.ts';

/** As the message names it. */
export interface NamedPolicy {
  readonly kind: 'ValidatingAdmissionPolicy' | 'MutatingAdmissionPolicy';
  readonly policy: string;
  readonly binding: string | undefined;
}

/** @param effects Of constraints that can have said it. */
export function policyBindings(
  { kind, policy, binding }: NamedPolicy,
  candidates: readonly Candidate[],
  effects: readonly Effect[],
): Suspects {
  const named = namedIn(candidates, { kinds: [kind], name: policy });
  const bound = binding === undefined ? named : named.filter((candidate) => mayBeBound(candidate, binding));
  const makers = makersOf({ kind, policy, binding }, candidates).map(
    (candidate): Suspect => ({ candidate, reason: 'The policy that the message names was made from it' }),
  );
  const certain = [...suspectsWith(effects, bound), ...makers];
  if (certain.length > 0) return { certain, possible: [] };
  return {
    certain: [],
    possible: named.map((candidate) => ({
      candidate,
      reason: 'It is the policy that the message names, but by another binding',
    })),
  };
}

/** Where the binding is not shown, it may be any. */
function mayBeBound({ full, key }: Candidate, binding: string): boolean {
  const rule = full?.rule;
  if (rule?.form === 'cel' && rule.binding !== undefined) return rule.binding === binding;
  return key === undefined || key === binding;
}

const kyvernoKinds: readonly (readonly [string, readonly string[]])[] = [
  ['cpol-', ['ClusterPolicy']],
  ['vpol-', ['ValidatingPolicy']],
  ['mpol-', ['MutatingPolicy']],
];

function makersOf({ policy, binding }: NamedPolicy, candidates: readonly Candidate[]): readonly Candidate[] {
  for (const [prefix, kinds] of kyvernoKinds) {
    if (policy.startsWith(prefix)) return namedIn(candidates, { kinds, name: policy.slice(prefix.length) });
  }
  const prefix = 'gatekeeper-';
  if (!policy.startsWith(prefix) || binding?.startsWith(prefix) !== true) return [];
  const template = policy.slice(prefix.length);
  const rest = binding.slice(prefix.length);
  // Before 3.23 the binding was called after the constraint alone.
  const names = [rest, ...(rest.startsWith(`${template}-`) ? [rest.slice(template.length + 1)] : [])];
  return candidates.filter(({ kind, name }) => kind.toLowerCase() === template && names.includes(name));
}

/** Which engine writes policies of this name; undefined for others. A name is no proof. */
export function makerOf(policy: string): 'Gatekeeper' | 'Kyverno' | undefined {
  if (policy.startsWith('gatekeeper-')) return 'Gatekeeper';
  return kyvernoKinds.some(([prefix]) => policy.startsWith(prefix)) ? 'Kyverno' : undefined;
}
