import type { Confidence } from './category.ts';
import type { About, Finding, Suspect, Suspects } from './finding.ts';

/** Suspects beyond which nobody can be said to know. */
const fewMax = 3;

/**
 * high: the text names the constraint and it binds here, or by its rule exactly one can have caused this; of what no
 * constraint causes, the component that refused says so in its own words. medium: what kind of thing it was is sure, and few
 * come into question, or none that is known here. low: anything else.
 */
export function confidenceOf(finding: Finding, { certain, possible }: Suspects, about: About): Confidence {
  const { certainty, policy, suspects } = finding;
  if (suspects === undefined) return certainty === 'stated' ? 'high' : certainty === 'likely' ? 'medium' : 'low';
  const [only, ...others] = certain;
  if (certainty === 'possible') return only !== undefined && others.length === 0 ? 'medium' : 'low';
  const isOne = only !== undefined && (policy !== undefined || (others.every(isOfPolicy(only)) && about.complete));
  if (certainty === 'stated' && isOne) return 'high';
  return certain.length + possible.length <= fewMax ? 'medium' : 'low';
}

/** One policy may impose several constraints that all did it, like two items of a LimitRange. */
function isOfPolicy({ candidate: first }: Suspect): (other: Suspect) => boolean {
  return ({ candidate: { kind, name, home } }) => kind === first.kind && name === first.name && home === first.home;
}
