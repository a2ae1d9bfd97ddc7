/**
 * A ConstraintReport as the catalog keeps it. What cannot be read of a report is left out and said, so that one bad entry
 * does not hide the others.
 */
import * as z from 'zod';
import { reportName } from '../../crds/api.ts';
import { constraintTypes, Effect, severities } from '../../crds/constraint.ts';
import { moreIdsMax, ReportEntry } from '../../crds/report.ts';
import type { InheritedEntry } from '../../crds/report-line.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import type { LineInterner } from './intern.ts';
import type { OnProblem } from './problem.ts';

export interface Report {
  readonly namespace: string;
  readonly total: number;
  readonly critical: number;
  readonly warning: number;
  readonly info: number;
  readonly lastChanged: string;
  /** Of the namespace's own policies, gravest first. */
  readonly own: readonly ReportEntry[];
  /** Of cluster-wide policies and those of other namespaces, gravest first. */
  readonly inherited: readonly InheritedEntry[];
  /** Ids of what found no room in the report. */
  readonly more: readonly string[];
}

const count = z.int().min(0);
const Head = z.object({
  total: count,
  critical: count,
  warning: count,
  info: count,
  lastChanged: z.string(),
  constraints: z.array(z.unknown()),
  inherited: z.array(z.unknown()),
  more: z.array(z.string()).max(moreIdsMax).default([]),
});

/** Undefined for what is not the report of a namespace, or has no status yet. */
export function readReport(object: KubeObject, intern: LineInterner, onProblem: OnProblem): Report | undefined {
  const { name, namespace } = object.metadata;
  const status = object['status'];
  if (name !== reportName || namespace === undefined || status === undefined) return undefined;
  const at = `ConstraintReport ${keyOf(object.metadata)}`;
  const head = Head.safeParse(status);
  if (!head.success) {
    onProblem({ object: at, path: 'status', message: firstIssue(head.error) });
    return undefined;
  }
  const { constraints, inherited, ...rest } = head.data;
  const share = createSharing();
  return {
    namespace,
    ...rest,
    own: readEach(constraints, (item, index) => {
      const entry = ReportEntry.safeParse(item);
      if (entry.success) return share(entry.data);
      onProblem({ object: at, path: `status.constraints[${index}]`, message: firstIssue(entry.error) });
      return undefined;
    }),
    inherited: readEach(inherited, (line, index) => {
      const entry = typeof line === 'string' ? intern(line) : undefined;
      if (entry === undefined) {
        onProblem({ object: at, path: `status.inherited[${index}]`, message: 'is no line of a report' });
      }
      return entry;
    }),
  };
}

/**
 * Entries of one report say much the same: kinds, times, workloads. Each such text is kept once; parsed JSON has one for every
 * place, and those of all reports together would take more than what the entries say.
 */
function createSharing(): (entry: ReportEntry) => ReportEntry {
  const known = new Map<string, string>();
  const same = <T extends string>(text: T, values: readonly T[]): T => values.find((value) => value === text) ?? text;
  const once = (text: string) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    known.set(text, text);
    return text;
  };
  return (entry) => {
    const { key, affectedWorkloads: affected } = entry;
    const { name } = entry;
    const kind = once(entry.source.kind);
    return {
      ...entry,
      ...(key === undefined ? {} : { key: once(key) }),
      type: same(entry.type, constraintTypes),
      severity: same(entry.severity, severities),
      effect: same(entry.effect, Effect.options),
      lastChanged: once(entry.lastChanged),
      source: { kind, name: entry.source.name === name ? name : entry.source.name },
      ...(affected?.items === undefined ? {} : { affectedWorkloads: { ...affected, items: affected.items.map(once) } }),
    };
  };
}

function readEach<T>(items: readonly unknown[], read: (item: unknown, index: number) => T | undefined): T[] {
  const result: T[] = [];
  for (const [index, item] of items.entries()) {
    const value = read(item, index);
    if (value !== undefined) result.push(value);
  }
  return result;
}

/** Where a value departs from its schema first, in words. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'is not readable' : `${issue.path.join('.')}: ${issue.message}`.slice(0, 300);
}

/** An own policy, a line, or the id of what found no room. */
export type ReportItem = ReportEntry | InheritedEntry | string;

/** All that a report names. */
export function* itemsOf(report: Report): Generator<ReportItem> {
  yield* report.own;
  yield* report.inherited;
  yield* report.more;
}

/** Ids of what is imposed from outside the namespace, or may be: where an id found no room, nothing says which. */
export function imposedIds({ inherited, more }: Report): string[] {
  return [...inherited.map(({ id }) => id), ...more];
}
