/**
 * What changed in the catalog, told constraint by constraint. Report and full form of one change are written as two
 * objects, so what happens within a moment is told as one change.
 *
 * A changed cluster-wide policy may bind ten thousand namespaces, and to compare each of them takes a good part of a second. So
 * that is done in slices, with answers in between, and the store goes on to change meanwhile. What is told is exact all the
 * same: the difference between two moments, each of which is the store as it is now, but for what has changed since, of which
 * what there was before is known.
 *
 * Nothing is kept while nobody listens: what there was before a change is taken from the store just before it changes.
 */
import type { Clock } from '../../kube/clock.ts';
import type { Binding } from './binding.ts';
import type { StoredForm } from './detail.ts';
import { type BindingChange, isChange } from './difference.ts';
import { type Report, type ReportItem } from './report.ts';
import type { CatalogStore, FormsOf } from './store.ts';

/** From the first change to its telling; what else changes meanwhile is told with it. */
export const gatherMs = 100;
/** How long all else waits at most while changes are looked for. */
export const sliceMs = 5;

export interface NamespaceChange {
  readonly namespace: string;
  readonly changes: readonly BindingChange[];
}

type Listener = (changes: readonly NamespaceChange[]) => void;

export interface Changes {
  /** Tells what changes from now on, each change once. Returns what ends it. */
  subscribe(listener: Listener): () => void;
}

/** What happens from one moment to the next. */
interface Period {
  /** What there was at its beginning, of all that changes in it. */
  readonly reports: Map<string, Report | undefined>;
  readonly forms: Map<string, readonly StoredForm[]>;
  /** The one that begins where this one ends; undefined while this one goes on. */
  next: Period | undefined;
}

/** The changes of one period on their way to those who listened when it ended. */
interface Telling {
  readonly listeners: readonly Listener[];
  /** One step for each form and each namespace that is compared. */
  readonly steps: Iterator<NamespaceChange | undefined>;
}

/** Changes of one store. */
export function createChanges(options: {
  readonly store: Pick<
    CatalogStore,
    'listen' | 'report' | 'formsOf' | 'bindingOf' | 'reportedNamespaces' | 'isImposed'
  >;
  readonly clock: Clock;
}): Changes {
  const { store, clock } = options;
  const listeners = new Set<Listener>();
  let period = newPeriod();
  /** In order. The first one may be told in part. */
  let tellings: Telling[] = [];
  let cancelTelling: (() => void) | undefined;
  let cancelSlice: (() => void) | undefined;

  function endPeriod(): void {
    cancelTelling?.();
    cancelTelling = undefined;
    const ended = period;
    period = newPeriod();
    ended.next = period;
    tellings.push({ listeners: [...listeners], steps: changesIn(ended) });
    if (cancelSlice === undefined) tellSlice();
  }

  function forget(): void {
    cancelTelling?.();
    cancelSlice?.();
    cancelTelling = undefined;
    cancelSlice = undefined;
    period = newPeriod();
    tellings = [];
  }

  function tellSlice(): void {
    cancelSlice = undefined;
    const until = clock.monotonic() + sliceMs;
    for (let [telling] = tellings; telling !== undefined; [telling] = tellings) {
      const found: NamespaceChange[] = [];
      let step = telling.steps.next();
      for (; step.done !== true; step = telling.steps.next()) {
        if (step.value !== undefined) found.push(step.value);
        if (clock.monotonic() >= until) break;
      }
      if (step.done === true) tellings.shift();
      if (found.length > 0) for (const each of telling.listeners) if (listeners.has(each)) each(found);
      if (clock.monotonic() >= until) break;
    }
    if (tellings.length > 0) cancelSlice ??= clock.after(0, tellSlice);
  }

  /** Of the moment at which the period ended. */
  function reportAfter({ next }: Period, namespace: string): Report | undefined {
    for (let later = next; later !== undefined; later = later.next) {
      if (later.reports.has(namespace)) return later.reports.get(namespace);
    }
    return store.report(namespace);
  }

  /** Likewise. */
  function formsAfter({ next }: Period, id: string): Iterable<StoredForm> {
    for (let later = next; later !== undefined; later = later.next) {
      const forms = later.forms.get(id);
      if (forms !== undefined) return forms;
    }
    return store.formsOf(id);
  }

  function* changesIn(ended: Period): Generator<NamespaceChange | undefined> {
    const { reports, forms } = ended;
    const formsThen: FormsOf = (id) => formsAfter(ended, id);
    const formsBefore: FormsOf = (id) => forms.get(id) ?? formsThen(id);
    const changedForms = new Set<string>();
    const namespaces = new Set(reports.keys());
    for (const [id, before] of forms) {
      yield undefined;
      const after = [...formsThen(id)];
      if (!sayOther(before, after)) continue;
      changedForms.add(id);
      for (const { home } of [...before, ...after]) if (home !== undefined) namespaces.add(home);
    }
    // Whether one of them is imposed on a namespace is seen when that is compared.
    for (let later = ended.next; later !== undefined; later = later.next) {
      for (const namespace of later.reports.keys()) namespaces.add(namespace);
    }
    if (changedForms.values().some((id) => store.isImposed(id))) {
      for (const namespace of store.reportedNamespaces()) namespaces.add(namespace);
    }
    for (const namespace of namespaces) {
      const after = reportAfter(ended, namespace);
      const before = reports.has(namespace) ? reports.get(namespace) : after;
      const changes = changesBetween(
        { report: before, formsOf: formsBefore },
        { report: after, formsOf: formsThen },
        changedForms,
      );
      yield changes.length > 0 ? { namespace, changes } : undefined;
    }
  }

  function changesBetween(before: Moment, after: Moment, changedForms: ReadonlySet<string>): BindingChange[] {
    // Of a report that is the same, only what has another form can have changed.
    const isSame = before.report === after.report;
    const looked = isSame ? changedForms : undefined;
    const was = itemsById(before.report, looked);
    const is = isSame ? was : itemsById(after.report, looked);
    const changes: BindingChange[] = [];
    for (const id of new Set([...was.keys(), ...is.keys()])) {
      const [itemBefore, itemAfter] = [was.get(id), is.get(id)];
      // Equal lines are one object, so this spares most of the work of a change that concerns one of many.
      if (itemBefore === itemAfter && !changedForms.has(id)) continue;
      const change = { id, before: bindingOf(before, itemBefore), after: bindingOf(after, itemAfter) };
      if (isChange(change)) changes.push(change);
    }
    return changes;
  }

  function bindingOf({ report, formsOf }: Moment, item: ReportItem | undefined): Binding | undefined {
    return report === undefined || item === undefined ? undefined : store.bindingOf(report, item, formsOf);
  }

  function tellLater(): void {
    cancelTelling ??= clock.after(gatherMs, endPeriod);
  }

  return {
    subscribe(listener) {
      // What has changed by now is no news to whoever comes now.
      if (cancelTelling !== undefined) endPeriod();
      if (listeners.size === 0) {
        store.listen({
          report(namespace, before) {
            if (!period.reports.has(namespace)) period.reports.set(namespace, before);
            tellLater();
          },
          form(id, before) {
            if (!period.forms.has(id)) period.forms.set(id, [...before]);
            tellLater();
          },
        });
      }
      // A function of its own each time, so that one who subscribes twice is told twice.
      const own: Listener = (changes) => listener(changes);
      listeners.add(own);
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        store.listen(undefined);
        forget();
      };
    },
  };
}

/** What binds a namespace at one moment. */
interface Moment {
  readonly report: Report | undefined;
  readonly formsOf: FormsOf;
}

function newPeriod(): Period {
  return { reports: new Map(), forms: new Map(), next: undefined };
}

/** The first of those with one id: own policies before lines. @param looked The ids that matter; undefined: all. */
function itemsById(
  report: Report | undefined,
  looked: ReadonlySet<string> | undefined,
): ReadonlyMap<string, ReportItem> {
  const items = new Map<string, ReportItem>();
  if (report === undefined) return items;
  const add = (id: string, item: ReportItem) => {
    if ((looked === undefined || looked.has(id)) && !items.has(id)) items.set(id, item);
  };
  // Not by itemsOf: this is most of the work where ten thousand reports are looked through for one id.
  for (const entry of report.own) add(entry.id, entry);
  for (const entry of report.inherited) add(entry.id, entry);
  for (const id of report.more) add(id, id);
  return items;
}

/** Whether the forms of an id are others than before, or come in another order: the newest speaks. */
function sayOther(before: readonly StoredForm[], after: readonly StoredForm[]): boolean {
  return (
    before.length !== after.length ||
    before.some(({ home, text }, index) => home !== after[index]?.home || text !== after[index]?.text)
  );
}
