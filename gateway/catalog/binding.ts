/**
 * What binds a namespace, one line of its report joined with the stored full form: nothing of the form is in it but what
 * every reader of the namespace may know. The rest is behind `form`, for callers whose right was asked for.
 */
import {
  compareText,
  constraintTypes,
  homeNamespace,
  type ConstraintType,
  type Effect,
  type Metrics,
  type Severity,
  severities,
  type StoredConstraint,
} from '../../crds/constraint.ts';
import type { FormOutline } from './detail.ts';
import type { AffectedWorkloads, ReportEntry } from '../../crds/report.ts';
import { handleOf, type InheritedEntry } from '../../crds/report-line.ts';

export interface Binding {
  readonly id: string;
  /** As a reader of the namespace may know it: of a policy of another namespace, its handle. */
  readonly name: string;
  readonly key: string | undefined;
  readonly type: ConstraintType;
  readonly severity: Severity;
  readonly effect: Effect;
  readonly summary: string;
  readonly kind: string;
  /** Whether the policy lives in the namespace. */
  readonly own: boolean;
  /** When the entry last changed; of an inherited line, when the report did. */
  readonly lastChanged: string;
  readonly affected: AffectedWorkloads | undefined;
  /** Whether the report says which workloads are bound; then an absent `affected` means none. */
  readonly listsAffected: boolean;
  readonly metrics: Metrics | undefined;
  /** The full form and the namespace of the object that stores it (undefined: cluster-scoped); absent if unknown. */
  readonly form: BoundForm | undefined;
}

export interface BoundForm {
  readonly home: string | undefined;
  /** As it is stored. */
  readonly text: string;
  /** Read when it is asked for. */
  readonly value: StoredConstraint;
}

type Form = Binding['form'];
/** Which form speaks for a constraint is known once the forms that have its id were read: only what an answer shows is. */
type FormLookup = () => Form;

/** Of a structured entry: a policy of the namespace itself. */
export function ownBinding(entry: ReportEntry, lookUp: FormLookup): Binding {
  const form = once(lookUp);
  return {
    id: entry.id,
    name: entry.name,
    key: entry.key,
    type: entry.type,
    severity: entry.severity,
    effect: entry.effect,
    summary: entry.message,
    kind: entry.source.kind,
    own: true,
    lastChanged: entry.lastChanged,
    affected: entry.affectedWorkloads,
    listsAffected: true,
    metrics: entry.metrics,
    get form() {
      return form();
    },
  };
}

/** Of a line: a cluster-wide policy, or one of another namespace. */
export function inheritedBinding(entry: InheritedEntry, lastChanged: string, lookUp: FormLookup): Binding {
  const form = once(lookUp);
  return {
    id: entry.id,
    name: entry.name,
    key: undefined,
    type: entry.type,
    severity: entry.severity,
    effect: entry.effect,
    summary: entry.summary,
    kind: entry.kind,
    own: false,
    lastChanged,
    affected: undefined,
    listsAffected: false,
    metrics: undefined,
    get form() {
      return form();
    },
  };
}

/** What it makes, made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Of an id that found no room in the report: what the report would have said, taken from the full form. */
export function bindingBeyond(namespace: string, lastChanged: string, outline: FormOutline, form: BoundForm): Binding {
  const own = form.home === namespace;
  const nameIsKnown = own || homeNamespace(outline.source) === undefined;
  return {
    id: outline.id,
    name: nameIsKnown ? outline.name : handleOf(outline.id),
    key: own ? outline.key : undefined,
    type: outline.type,
    severity: outline.severity,
    effect: outline.effect,
    summary: outline.summary,
    kind: outline.source.kind,
    own,
    lastChanged,
    affected: undefined,
    listsAffected: false,
    metrics: undefined,
    form,
  };
}

/** Where a binding stands in every answer. The same at every level, or paging would depend on it. */
export interface Position {
  readonly severity: Severity;
  readonly type: ConstraintType;
  readonly kind: string;
  readonly name: string;
  readonly key?: string | undefined;
  readonly id: string;
}

/** Gravest first; the id decides last, so no two are equal. */
export function comparePositions(a: Position, b: Position): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    constraintTypes.indexOf(a.type) - constraintTypes.indexOf(b.type) ||
    compareText(a.kind, b.kind) ||
    compareText(a.name, b.name) ||
    compareText(a.key ?? '', b.key ?? '') ||
    compareText(a.id, b.id)
  );
}
