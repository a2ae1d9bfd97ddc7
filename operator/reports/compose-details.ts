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
    .map((constraint) => {
      const text = storedText(constraint);
      return { constraint, text, isStored: fits(text) };
    });
  return {
    parts: new Map([
      ...partsOf('constraints', [...own.filter(({ isStored }) => isStored).map(({ text }) => text), ...parameters]),
      ...partsOf('namespace', facts.filter(fits)),
      ...partsOf('workloads', workloads.map((workload) => JSON.stringify(storedWorkload(workload))).filter(fits)),
    ]),
    oversized: own.filter(({ isStored }) => !isStored).map(({ constraint }) => constraint),
  };
}

/** It takes no fewer bytes than it has characters, and to count those of a megabyte takes long. */
function fits(text: string): boolean {
  return text.length <= detailTextsBytesMax && storedBytes(text) <= detailTextsBytesMax;
}

/** Shorter texts are sooner made than kept. */
const keptLengthMin = 16_384;
const keptTexts = new WeakMap<Constraint, string>();

/** A policy of a megabyte takes tens of milliseconds, and its namespace may have dozens and change every second. */
function storedText(constraint: Constraint): string {
  const kept = keptTexts.get(constraint);
  if (kept !== undefined) return kept;
  const text = JSON.stringify(storedConstraint(constraint));
  if (text.length >= keptLengthMin) keptTexts.set(constraint, text);
  return text;
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
