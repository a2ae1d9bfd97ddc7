/**
 * Constraints as candidates of an explanation, without a catalog.
 */
import { homeNamespace, type StoredConstraint } from '../../crds/constraint.ts';
import { handleOf } from '../../crds/report-line.ts';
import type { DetailLevel } from '../answer/levels.ts';
import { inheritedBinding, ownBinding } from '../catalog/binding.ts';
import { type Candidate, candidateOf } from '../explain/candidates.ts';
import { changedAt, entryOf } from './objects.ts';

/** All of them bind the namespace; those that live elsewhere are known by handle or name as in its report. */
export function candidatesOf(
  constraints: readonly StoredConstraint[],
  { namespace, level = 'full' }: { readonly namespace: string; readonly level?: DetailLevel },
): readonly Candidate[] {
  return constraints.map((constraint) => {
    const { id, name, type, severity, effect, summary, source } = constraint;
    const home = homeNamespace(source);
    const form = () => ({ home, text: JSON.stringify(constraint), value: constraint });
    const binding =
      home === namespace
        ? ownBinding(entryOf(constraint), form)
        : inheritedBinding(
            { id, type, severity, effect, summary, kind: source.kind, name: home === undefined ? name : handleOf(id) },
            changedAt,
            form,
          );
    return candidateOf(binding, level, namespace);
  });
}
