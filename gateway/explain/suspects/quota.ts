/**
 * Which quotas an error speaks of.
 */
import type { Candidate } from '../candidates.ts';
import { namedIn } from '../candidates.ts';
import { figuresOf } from '../../answer/metrics.ts';
import { listed } from '../../words.ts';
import type { Suspect, Suspects } from '../finding.ts';

/** Both count by the same plugin and with the same words. */
const kinds = ['ResourceQuota', 'ClusterResourceQuota'];

/** A property that pods of the kind in question have. */
export interface ScopeDemand {
  readonly scopeName: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** @param resources Those that had no room or were not stated, as far as the text tells. */
export function quotasNamed(
  candidates: readonly Candidate[],
  name: string,
  resources: readonly string[] = [],
): Suspects {
  const certain = namedIn(candidates, { kinds, name }).map((candidate): Suspect => {
    const counted = countedBy(candidate);
    const foreign = counted === undefined ? [] : resources.filter((each) => !counted.has(each));
    return {
      candidate,
      reason: 'The message names it',
      ...(foreign.length === 0 ? {} : { doubt: `it has no limit for ${listed(foreign)}` }),
    };
  });
  return { certain, possible: [] };
}

/** What it has limits for; undefined while that is not known. */
function countedBy({ binding, full }: Candidate): ReadonlySet<string> | undefined {
  if (binding.metrics !== undefined) return new Set(Object.keys(binding.metrics));
  return full?.rule.form === 'quota' ? new Set(Object.keys(full.rule.hard)) : undefined;
}

/** Quotas whose names begin like this, where the text was cut within one. */
export function quotasBeginning(candidates: readonly Candidate[], name: string): Suspects {
  const possible = candidates
    .filter((candidate) => kinds.includes(candidate.kind) && candidate.name.startsWith(name))
    .map((candidate) => ({ candidate, fullest: fullestOf(candidate) }))
    .toSorted((a, b) => b.fullest - a.fullest)
    .map(({ candidate, fullest }) => ({
      candidate,
      reason: fullest < 0 ? 'A quota of the namespace' : `A quota of the namespace, ${fullest} % of which are used`,
    }));
  return { certain: [], possible };
}

/** The used share in percent of what is nearest its limit; -1 while that is not known. */
function fullestOf({ binding }: Candidate): number {
  const figures = Object.values(figuresOf(binding.metrics) ?? {});
  return figures.reduce((most, { percent_used: percent }) => Math.max(most, percent), -1);
}

/** Quotas that have such a scope, though of other values at that time. Which scopes one has is not shown to everybody. */
export function quotasInScopes(candidates: readonly Candidate[], scopes: readonly ScopeDemand[]): Suspects {
  const possible = candidates.flatMap((candidate) => {
    if (!kinds.includes(candidate.kind)) return [];
    if (candidate.full === undefined) return [{ candidate, reason: 'What it counts is not shown to you' }];
    const { rule } = candidate.full;
    const own = rule.form === 'quota' ? rule.scopes : [];
    const same = own.filter(({ scopeName }) => scopes.some((scope) => scope.scopeName === scopeName));
    const texts = same.map(({ scopeName, operator, values = [] }) => [scopeName, operator, ...values].join(' '));
    return same.length === 0 ? [] : [{ candidate, reason: `It counts pods in scope ${listed(texts)}` }];
  });
  return { certain: [], possible };
}

/** Quotas that have a limit for such a resource, though not for this object at that time. */
export function quotasCounting(candidates: readonly Candidate[], resources: readonly string[]): Suspects {
  const possible = candidates.flatMap((candidate) => {
    if (!kinds.includes(candidate.kind)) return [];
    const counted = Object.keys(candidate.binding.metrics ?? {}).filter((name) => resources.includes(name));
    return counted.length === 0 ? [] : [{ candidate, reason: `It has a limit for ${listed(counted)}` }];
  });
  return { certain: [], possible };
}
