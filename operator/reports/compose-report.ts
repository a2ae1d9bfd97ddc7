/**
 * The report of a namespace from what binds it. Pure: ordered, bounded, and equal for equal input, so that a report that
 * would say the same is not written again.
 */
import assert from 'node:assert/strict';
import type { Condition } from '../../crds/condition.ts';
import { compareConstraints, type Constraint, homeNamespace, type Severity } from '../../crds/constraint.ts';
import {
  type AffectedWorkloads,
  affectedItemsMax,
  moreIdsMax,
  type ReportEntry,
  type ReportStatus,
  reportBytesMax,
  reportEntriesMax,
} from '../../crds/report.ts';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import type { DefaultPriorityClass } from '../scope/class-index.ts';
import type { Workload } from '../scope/workload.ts';
import { createWorkloadLookup, type WorkloadLookup } from '../scope/workload-lookup.ts';
import { bindsEveryWorkload, bindsWorkload } from '../scope/workload-scope.ts';
import { apartFromFigures, type Composed, contentDigest, contentHash } from './content.ts';
import { readyCondition } from './ready-condition.ts';

/** What is known of a namespace, from the caches alone. */
export interface Observed {
  readonly namespace: string;
  /** What binds it, in any order. */
  readonly constraints: readonly Constraint[];
  /** What policies that live here impose in other namespaces only: no part of the report, but stored here in full. */
  readonly elsewhere?: readonly Constraint[] | undefined;
  readonly workloads: readonly Workload[];
  /** JSON texts of StoredNamespaceFact, in their order. They are no part of the report. */
  readonly facts?: readonly string[] | undefined;
  /** JSON texts of StoredParameter, in their order: of objects here that rules which bind the namespace use. */
  readonly parameters?: readonly string[] | undefined;
  /** What pods get that name no PriorityClass; absent while it is not known. */
  readonly defaultPriorityClass?: DefaultPriorityClass | undefined;
  /** Kinds of policy that have not been read yet, because the API server does not give them: `plural.group: why`. */
  readonly unread: readonly string[];
}

export interface PublishedEntry {
  readonly hash: string;
  readonly severity: Severity;
  readonly lastChanged: string;
}

/** What stands in etcd of a report, as far as the next one depends on it. */
export interface PublishedReport {
  readonly resourceVersion: string;
  /** Of all but figures of usage and timestamps. */
  readonly hash: string;
  readonly figuresHash: string;
  readonly lastChanged: string;
  /** By id. */
  readonly entries: ReadonlyMap<string, PublishedEntry>;
  readonly conditions: readonly Condition[];
}

/** `now` is the time that changed parts carry; unchanged parts keep theirs. */
export function composeReport(
  observed: Observed,
  published: PublishedReport | undefined,
  now: string,
): Composed<ReportStatus> {
  const ordered = observed.constraints.toSorted(compareConstraints);
  const lookup = createWorkloadLookup(observed.workloads);
  const constraints: ReportEntry[] = [];
  const inherited: string[] = [];
  let bytes = 0;
  let shown = 0;
  for (const constraint of ordered.slice(0, reportEntriesMax)) {
    const isOwn = homeNamespace(constraint.source) === observed.namespace;
    const entry = isOwn ? dated(entryOf(constraint, observed, lookup), published, now) : inheritedLine(constraint);
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > reportBytesMax) break;
    if (typeof entry === 'string') inherited.push(entry);
    else constraints.push(entry);
    shown += 1;
  }
  const more = ordered.slice(shown, shown + moreIdsMax).map(({ id }) => id);

  const content: Omit<ReportStatus, 'lastChanged'> = {
    total: ordered.length,
    ...countBySeverity(ordered),
    constraints,
    inherited,
    ...(more.length === 0 ? {} : { more }),
    conditions: [readyCondition(completeness(observed.unread), published?.conditions, now)],
  };
  assert(content.constraints.length + content.inherited.length <= reportEntriesMax);
  assert.equal(content.critical + content.warning + content.info, content.total);
  const lasting = apartFromFigures(content);
  const { hash, bytes: size } = contentDigest(lasting.content);
  if (published === undefined || published.hash !== hash) {
    return { status: { ...content, lastChanged: now }, change: 'content', bytes: size };
  }
  if (published.figuresHash !== contentHash(lasting.figures)) {
    return { status: { ...content, lastChanged: now }, change: 'figures', bytes: size };
  }
  return { status: { ...content, lastChanged: published.lastChanged }, change: 'none', bytes: size };
}

/** How many there are of each severity, in the words of the reports. */
export function countBySeverity(constraints: Iterable<Constraint>): Record<'critical' | 'warning' | 'info', number> {
  const count: Record<Severity, number> = { Critical: 0, Warning: 0, Info: 0 };
  for (const { severity } of constraints) count[severity] += 1;
  return { critical: count.Critical, warning: count.Warning, info: count.Info };
}

function entryOf(constraint: Constraint, observed: Observed, lookup: WorkloadLookup): Omit<ReportEntry, 'lastChanged'> {
  const affectedWorkloads = affectedBy(constraint, observed, lookup);
  return {
    id: constraint.id,
    name: constraint.name,
    key: constraint.key,
    type: constraint.type,
    severity: constraint.severity,
    effect: constraint.effect,
    message: constraint.summary,
    source: { kind: constraint.source.kind, name: constraint.source.name },
    ...(affectedWorkloads === undefined ? {} : { affectedWorkloads }),
    ...(constraint.metrics === undefined ? {} : { metrics: constraint.metrics }),
  };
}

/** The workloads it binds or may bind: what is not known is not hidden. Undefined when it is not about pods. */
function affectedBy(
  { scope }: Constraint,
  { workloads, defaultPriorityClass }: Observed,
  lookup: WorkloadLookup,
): AffectedWorkloads | undefined {
  const ofPods = scope.workloads;
  if (ofPods === undefined) return undefined;
  const names = new Set<string>();
  for (const workload of lookup.candidates(ofPods.selector)) {
    if (bindsWorkload(ofPods, workload, defaultPriorityClass) !== 'no') names.add(`${workload.kind}/${workload.name}`);
  }
  if (bindsEveryWorkload(ofPods, workloads)) return { total: names.size, all: true };
  return { total: names.size, items: [...names].slice(0, affectedItemsMax) };
}

function dated(
  entry: Omit<ReportEntry, 'lastChanged'>,
  published: PublishedReport | undefined,
  now: string,
): ReportEntry {
  const before = published?.entries.get(entry.id);
  return { ...entry, lastChanged: before?.hash === contentHash(entry) ? before.lastChanged : now };
}

/** The same bytes in every namespace that the policy binds: nothing of the namespace is in it. */
function inheritedLine(constraint: Constraint): string {
  const { severity, effect, type, source, id, summary } = constraint;
  const name = homeNamespace(source) === undefined ? constraint.name : handleOf(id);
  return formatReportLine({ severity, effect, type, kind: source.kind, name, id, summary });
}

function completeness(unread: readonly string[]): Pick<Condition, 'status' | 'reason' | 'message'> {
  return unread.length === 0
    ? { status: 'True', reason: 'Complete', message: 'Every policy that Potoo may read is in this report.' }
    : {
        status: 'False',
        reason: 'PoliciesUnread',
        message: `Some policies could not be read yet: ${unread.join('; ')}`.slice(0, 2_000),
      };
}
