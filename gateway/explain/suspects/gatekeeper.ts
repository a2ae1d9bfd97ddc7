/**
 * Constraints of Gatekeeper held against what a message names. Their kinds are defined in each cluster, so where nothing but
 * kind and name is shown, a constraint of Gatekeeper is what judges requests and is of no kind that another engine has.
 */
import type { Effect } from '../../../crds/constraint.ts';
import type { Candidate } from '../candidates.ts';
import { noSuspects, type Suspect, type Suspects } from '../finding.ts';
import type { GatekeeperTold } from '../signatures/gatekeeper-told.ts';
import { celKinds, ruleKinds } from './kyverno-kinds.ts';

const mutatorKinds: ReadonlySet<string> = new Set(['Assign', 'AssignImage', 'AssignMetadata', 'ModifySet']);

/** Kinds of others whose constraints are about admission. */
const othersKinds: ReadonlySet<string> = new Set([
  ...ruleKinds,
  ...celKinds,
  ...mutatorKinds,
  'CleanupPolicy',
  'ClusterCleanupPolicy',
  'DeletingPolicy',
  'NamespacedDeletingPolicy',
  'PolicyException',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'AdmissionPolicy',
  'AdmissionPolicyGroup',
  'ClusterAdmissionPolicy',
  'ClusterAdmissionPolicyGroup',
  'PolicyServer',
  'Namespace',
  'PodDisruptionBudget',
  'CapsuleConfiguration',
  'GlobalTenantResource',
  'Tenant',
  'TenantResource',
  'ClusterQueue',
  'LocalQueue',
  'SecurityContextConstraints',
]);
const suspectsMax = 8;

/** By name, and by kind where the text says it; several kinds may have the name. */
export function gatekeeperSuspects(
  told: Pick<GatekeeperTold, 'constraint' | 'kind' | 'outcome'>,
): (candidates: readonly Candidate[]) => Suspects {
  return (candidates) => {
    if (told.outcome === 'notMutated') return { certain: [], possible: mutators(candidates) };
    const { constraint, kind } = told;
    const all = candidates.filter(
      (candidate) =>
        candidate.type === 'Admission' &&
        !othersKinds.has(candidate.kind) &&
        (kind === undefined || candidate.kind === kind) &&
        (constraint === undefined || candidate.name === constraint) &&
        isConstraint(candidate),
    );
    if (all.length === 0) return noSuspects;
    const fit = all.filter(({ effect }) => fitting[told.outcome].includes(effect));
    if (constraint !== undefined) {
      const certain = fit.length > 0 ? fit.map(named) : all.map((candidate) => otherwise(candidate, told.outcome));
      return { certain, possible: [] };
    }
    const reason = 'It is a constraint of Gatekeeper that judges requests';
    return { certain: [], possible: fit.slice(0, suspectsMax).map((candidate) => ({ candidate, reason })) };
  };
}

/** What a constraint does when a message of this kind comes from it. */
const fitting: Readonly<Record<GatekeeperTold['outcome'], readonly Effect[]>> = {
  refused: ['deny', 'unknown'],
  warned: ['warn', 'unknown'],
  noted: ['audit', 'warn', 'deny', 'unknown'],
  notMutated: ['mutate', 'unknown'],
};

function named(candidate: Candidate): Suspect {
  return { candidate, reason: 'The message names it' };
}

function otherwise(candidate: Candidate, outcome: GatekeeperTold['outcome']): Suspect {
  const does = candidate.effect === 'deny' ? 'refuses' : candidate.effect === 'warn' ? 'only warns' : 'refuses nothing';
  const now = outcome === 'warned' && candidate.effect === 'audit' ? 'only notes' : does;
  return {
    candidate,
    reason: `The message names it; it ${now} now, and may have been changed since`,
    ...(outcome === 'refused' ? { doubt: `it ${does}` } : {}),
  };
}

/** Where its group is shown that decides: a kind of Gatekeeper may have any name, and so may the kinds of others. */
function isConstraint({ full }: Candidate): boolean {
  return full === undefined || full.source.apiVersion.startsWith('constraints.gatekeeper.sh/');
}

function mutators(candidates: readonly Candidate[]): Suspect[] {
  const all = candidates.filter(({ kind, effect }) => mutatorKinds.has(kind) && fitting.notMutated.includes(effect));
  const reason = 'It is a mutator of Gatekeeper';
  return all.slice(0, suspectsMax).map((candidate) => ({ candidate, reason }));
}
