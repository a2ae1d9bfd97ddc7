/**
 * Constraints as those who explain hold them against a text, without a catalog.
 */
import { homeNamespace, type StoredConstraint } from '../../crds/constraint.ts';
import { handleOf } from '../../crds/report-line.ts';
import type { DetailLevel } from '../answer/levels.ts';
import { inheritedBinding, ownBinding } from '../catalog/binding.ts';
import { type Candidate, candidateOf } from '../explain/candidates.ts';
import type { About } from '../explain/finding.ts';
import { changedAt, entryOf } from './objects.ts';

/**
 * A constraint that binds `namespace`; one that lives elsewhere is known by handle or name as in its report.
 *
 * @param level At which it is seen.
 */
export function candidate(constraint: StoredConstraint, level: DetailLevel = 'full', namespace = 'shop'): Candidate {
  const home = homeNamespace(constraint.source);
  const form = () => ({ home, text: JSON.stringify(constraint), value: constraint });
  if (home === namespace) return candidateOf(ownBinding(entryOf(constraint), form), () => level, namespace);
  const { id, type, severity, effect, summary, source } = constraint;
  const name = home === undefined ? constraint.name : handleOf(id);
  const entry = { id, type, severity, effect, summary, kind: source.kind, name };
  return candidateOf(inheritedBinding(entry, changedAt, form), () => level, namespace);
}

/** All of them bind the namespace. */
export function candidatesOf(
  constraints: readonly StoredConstraint[],
  { namespace, level = 'full' }: { readonly namespace: string; readonly level?: DetailLevel },
): readonly Candidate[] {
  return constraints.map((constraint) => candidate(constraint, level, namespace));
}

/** A question about namespace shop, of which nothing else is known. */
export function aboutShop(changes: Partial<About> = {}): About {
  return {
    namespace: 'shop',
    workloadName: undefined,
    named: [],
    workloads: undefined,
    complete: true,
    contact: undefined,
    ...changes,
  };
}
