/**
 * Which PodDisruptionBudget held an eviction up.
 */
import { keyOfWorkload } from '../../catalog/workloads.ts';
import { shown } from '../../words.ts';
import { type Candidate, namedIn } from '../candidates.ts';
import { type About, noSuspects, type Suspect, type Suspects } from '../finding.ts';
import type { Refusal } from '../signatures/disruption.ts';
import { takesIn, workloadOfPod } from './pods.ts';

const kinds = ['PodDisruptionBudget'];

/** A budget binds its own namespace alone, so what the text says of another one is none of this. */
export function budgetSuspects(refusal: Refusal): (candidates: readonly Candidate[], about: About) => Suspects {
  const { budget, pod } = refusal;
  return (candidates, about) => {
    const namespace = budget?.namespace ?? pod?.namespace;
    if (namespace !== undefined && namespace !== about.namespace && !placeholders.has(namespace)) return noSuspects;
    if (budget === undefined) return byPod(refusal, candidates, about);
    const certain = namedIn(candidates, { kinds, name: budget.name }).map((candidate) => ({
      candidate,
      reason: namedReason(candidate, refusal),
      ...(candidate.effect === 'allow' ? { doubt: 'it lets every eviction pass' } : {}),
    }));
    return { certain, possible: [] };
  };
}

/** What people and tools write where the name of a namespace was. */
const placeholders: ReadonlySet<string> = new Set(['ns', 'namespace']);

function namedReason({ full, effect }: Candidate, { needs }: Refusal): string {
  if (effect === 'allow')
    return 'The text names it; as it is now it lets every eviction pass, so it may have changed since';
  const rule = full?.rule;
  const bound = rule?.form === 'disruption' ? rule.minAvailable : undefined;
  if (typeof bound === 'number' && needs !== undefined && bound !== needs) {
    return `The text names it; it now asks for ${bound} available pods where the text says ${needs}`;
  }
  return 'The text names it';
}

function byPod({ pod, why }: Refusal, candidates: readonly Candidate[], about: About): Suspects {
  const workload = workloadOfPod(pod, about);
  // What lets every eviction pass holds none up, other than beside a second budget.
  const budgets = candidates.filter(
    ({ kind, effect }) => kinds.includes(kind) && (why === 'several' || effect !== 'allow'),
  );
  const held = budgets.map((candidate) => ({ candidate, takes: takesIn(candidate, workload) }));
  const open = held.filter(({ takes }) => takes !== false);
  const selecting = open.filter(({ takes }) => takes === true);
  const suspect = ({ candidate, takes }: (typeof held)[number]): Suspect => ({
    candidate,
    reason:
      takes === true && workload !== undefined
        ? `It selects the pods of ${shown(keyOfWorkload(workload))}`
        : unknownReason(candidate),
  });
  const isOnly = open.length === 1 && (selecting.length === 1 || pod?.namespace === about.namespace);
  if (isOnly || (why === 'several' && selecting.length > 1)) {
    return { certain: (selecting.length > 0 ? selecting : open).map(suspect), possible: [] };
  }
  const ranked = open.toSorted((a, b) => rankOf(a) - rankOf(b));
  return { certain: [], possible: ranked.map(suspect) };
}

/** Those that are known to select the pod first, then those that let no eviction pass. */
function rankOf({ candidate, takes }: { readonly candidate: Candidate; readonly takes: boolean | undefined }): number {
  return (takes === true ? 0 : 2) + (candidate.effect === 'deny' ? 0 : 1);
}

function unknownReason({ effect }: Candidate): string {
  return effect === 'deny'
    ? 'It lets no pod be evicted; whether it selects this one is not known'
    : 'Whether it selects the pod is not known';
}
