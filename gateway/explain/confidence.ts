import type { Confidence } from './category.ts';
import type { About, Finding, Suspect, Suspects } from './finding.ts';
import { elsewhere } from './named-objects.ts';

/** Suspects beyond which nobody can be said to know. */
const fewMax = 3;

/**
 * high: the text names the constraint, which binds here and is the only one of that name, or by its rule exactly one can have
 * caused this; of what no constraint causes, the component that refused says so in its own words. medium: what kind of thing
 * it was is sure, and few come into question, or none that is known here; also what is named where something speaks against
 * it: it does not do this as it is now, or lives in this namespace and the text speaks of another one. low: anything else.
 */
export function confidenceOf(finding: Finding, { certain, possible }: Suspects, about: About): Confidence {
  const { certainty, policy, suspects } = finding;
  if (suspects === undefined) return certainty === 'stated' ? 'high' : certainty === 'likely' ? 'medium' : 'low';
  const [only, ...others] = certain;
  if (certainty === 'possible') return only !== undefined && others.length === 0 ? 'medium' : 'low';
  const isOne =
    only !== undefined &&
    (policy === undefined ? others.every(isOfPolicy(only)) && about.complete : !others.some(isNamesake(only, policy)));
  const isOpposed = only?.doubt !== undefined || (isAtHome(only, about) && elsewhere(about) !== undefined);
  if (certainty === 'stated' && isOne && !isOpposed) return 'high';
  return certain.length + possible.length <= fewMax ? 'medium' : 'low';
}

/** Whether it binds nothing but what is in the namespace that was asked about. */
function isAtHome(suspect: Suspect | undefined, { namespace }: About): boolean {
  return suspect !== undefined && suspect.candidate.home === namespace;
}

/**
 * Which of two policies that bear the name is meant nobody can tell. Of webhooks the text names no configuration, and two that
 * hold the same webhook are mostly made by the same program.
 */
function isNamesake(first: Suspect, named: string): (other: Suspect) => boolean {
  const isSame = isOfPolicy(first);
  const { name } = first.candidate;
  const isNamed = named === name || named.endsWith(`/${name}`);
  return (other) => isNamed && !isSame(other) && other.candidate.name === name;
}

/** One policy may impose several constraints that all did it, like two items of a LimitRange. */
function isOfPolicy({ candidate: first }: Suspect): (other: Suspect) => boolean {
  return ({ candidate: { kind, name, home } }) => kind === first.kind && name === first.name && home === first.home;
}
