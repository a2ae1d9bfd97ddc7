/**
 * The full form of what a namespace's own policies impose, its facts and its workloads, as JSON texts in parts that etcd takes.
 */
import { compareText, type Constraint, homeNamespace, type StoredConstraint } from '../../crds/constraint.ts';
import {
  type ConstraintDetail,
  type DetailSubject,
  detailTextsBytesMax,
  detailName,
  type StoredWorkload,
  storedBytes,
} from '../../crds/detail.ts';
import type { Workload } from '../scope/workload.ts';
import type { Observed } from './compose-report.ts';
import { inParts } from './parts.ts';

export interface Details {
  /** By object name. */
  readonly parts: ReadonlyMap<string, ConstraintDetail>;
  /** Constraints whose full form alone is larger than a part may be: their summary is all that is published. */
  readonly oversized: readonly Constraint[];
}

/** Texts are ordered by their id or text and not by severity, so that a change moves as few of them as possible. */
export function composeDetails(observed: Observed): Details {
  const { namespace, constraints, elsewhere = [], workloads, facts = [], parameters = [] } = observed;
  const own = [...constraints.filter(({ source }) => homeNamespace(source) === namespace), ...elsewhere]
    .toSorted((a, b) => compareText(a.id, b.id))
    .map((constraint) => ({ constraint, text: JSON.stringify(storedConstraint(constraint)) }));
  const fits = ({ text }: { readonly text: string }) => storedBytes(text) <= detailTextsBytesMax;
  return {
    parts: new Map([
      ...partsOf('constraints', [...own.filter(fits).map(({ text }) => text), ...parameters]),
      ...partsOf(
        'namespace',
        facts.filter((text) => fits({ text })),
      ),
      ...partsOf(
        'workloads',
        workloads.map((workload) => JSON.stringify(storedWorkload(workload))).filter((text) => fits({ text })),
      ),
    ]),
    oversized: own.filter((item) => !fits(item)).map(({ constraint }) => constraint),
  };
}

/** Without what moves too often. */
export function storedConstraint(constraint: Constraint): StoredConstraint {
  const { metrics: _metrics, ...stored } = constraint;
  return stored;
}

function storedWorkload({ kind, name, labels, serviceAccount, ports, traits }: Workload): StoredWorkload {
  return {
    kind,
    name,
    labels: Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => compareText(a, b))),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    ...(ports === undefined ? {} : { ports: [...ports] }),
    ...(traits?.hostNetwork === true ? { hostNetwork: true } : {}),
  };
}

function partsOf(subject: DetailSubject, texts: readonly string[]): [string, ConstraintDetail][] {
  return inParts(texts).map((partTexts, part) => [detailName(subject, part), { subject, part, texts: partTexts }]);
}
