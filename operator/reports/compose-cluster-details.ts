/**
 * The ClusterConstraintDetails of one cluster-scoped policy, or of the facts of the cluster, in parts that etcd takes.
 */
import { compareText, type Constraint } from '../../crds/constraint.ts';
import {
  type ClusterConstraintDetail,
  type ClusterFact,
  clusterDetailPartName,
  detailTextsBytesMax,
  storedBytes,
} from '../../crds/detail.ts';
import { storedConstraint } from './compose-details.ts';
import { inParts } from './parts.ts';

/** What one ClusterConstraintDetail is made of, all its parts together. */
export type ObservedClusterDetail =
  | {
      readonly subject: 'policy';
      readonly constraints: readonly Constraint[];
      /** JSON texts of StoredParameter, in their order: of objects that the constraints use for every request. */
      readonly parameters?: readonly string[];
    }
  | { readonly subject: 'cluster'; readonly facts: readonly ClusterFact[] };

export interface ClusterDetails {
  /** By object name. */
  readonly parts: ReadonlyMap<string, ClusterConstraintDetail>;
  /** Constraints whose full form alone is larger than a part may be: their summary is all that is published. */
  readonly oversized: readonly Constraint[];
}

/** Equal for equal input, whatever its order. `name` is that of the first part. */
export function composeClusterDetails(name: string, observed: ObservedClusterDetail): ClusterDetails {
  if (observed.subject === 'cluster') {
    const texts = observed.facts.map((fact) => JSON.stringify(fact)).toSorted(compareText);
    return { parts: partsNamed(name, { subject: 'cluster' }, texts), oversized: [] };
  }
  const stored = observed.constraints
    .toSorted((a, b) => compareText(a.id, b.id))
    .map((constraint) => ({ constraint, text: JSON.stringify(storedConstraint(constraint)) }));
  const fits = ({ text }: { readonly text: string }) => storedBytes(text) <= detailTextsBytesMax;
  const [first] = stored;
  if (first === undefined) return { parts: new Map(), oversized: [] };
  const { apiVersion, kind, name: policy } = first.constraint.source;
  return {
    parts: partsNamed(name, { subject: 'policy', source: { apiVersion, kind, name: policy } }, [
      ...stored.filter(fits).map(({ text }) => text),
      ...(observed.parameters ?? []),
    ]),
    oversized: stored.filter((item) => !fits(item)).map(({ constraint }) => constraint),
  };
}

function partsNamed(
  name: string,
  of: Pick<ClusterConstraintDetail, 'subject' | 'source'>,
  texts: readonly string[],
): ReadonlyMap<string, ClusterConstraintDetail> {
  return new Map(
    inParts(texts).map((partTexts, part) => [clusterDetailPartName(name, part), { ...of, part, texts: partTexts }]),
  );
}
