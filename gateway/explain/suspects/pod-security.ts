/**
 * Which label of the namespace a message of Pod Security speaks of.
 */
import type { PodSecurityRule } from '../../../crds/rules/pod-security.ts';
import { shown } from '../../words.ts';
import type { Candidate } from '../candidates.ts';
import type { Suspect, Suspects } from '../finding.ts';

export type Standard = Pick<PodSecurityRule, 'level' | 'version'>;

/** @param standard What the message names; undefined where it is cut before that. */
export function podSecurityOf(
  candidates: readonly Candidate[],
  mode: PodSecurityRule['mode'],
  standard: Standard | undefined,
): Suspects {
  const certain: Suspect[] = [];
  const possible: Suspect[] = [];
  for (const candidate of candidates) {
    if (candidate.kind !== 'Namespace' || candidate.type !== 'Admission' || candidate.key !== mode) continue;
    if (candidate.full === undefined) {
      possible.push({ candidate, reason: `It is the ${mode} level of the namespace` });
      continue;
    }
    const { rule } = candidate.full;
    if (rule.form !== 'podSecurity') continue;
    const { level, version } = rule;
    const own = `${level}, ${shown(version, 40)}`;
    if (level === standard?.level && version === standard.version) {
      certain.push({ candidate, reason: `The namespace has exactly this level for ${mode} (${own})` });
    } else {
      possible.push({ candidate, reason: `By now the namespace has another level for ${mode} (${own})` });
    }
  }
  return { certain, possible };
}
