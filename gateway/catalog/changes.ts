/**
 * What changed in the catalog, told constraint by constraint. Report and full form of one change are written as two
 * objects, so what happens within a moment is told as one change.
 *
 * Nothing is kept while nobody listens: what there was before a change is taken from the store just before it changes.
 */
import type { Clock } from '../../kube/clock.ts';
import type { Binding } from './binding.ts';
import type { StoredForm } from './detail.ts';
import { type BindingChange, isChange } from './difference.ts';
import { itemsOf, type Report, type ReportItem } from './report.ts';
import type { CatalogStore, FormsOf } from './store.ts';

/** From the first change to its telling; what else changes meanwhile is told with it. */
export const gatherMs = 100;

export interface NamespaceChange {
  readonly namespace: string;
  readonly changes: readonly BindingChange[];
}

export interface Changes {
  /** Tells what changes from now on, each change once. Returns what ends it. */
  subscribe(listener: (changes: readonly NamespaceChange[]) => void): () => void;
}

/** Changes of one store. */
export function createChanges(options: {
  readonly store: Pick<CatalogStore, 'listen' | 'report' | 'formsOf' | 'bindingOf' | 'namespacesUnder'>;
  readonly clock: Clock;
}): Changes {
  const { store, clock } = options;
  const listeners = new Set<(changes: readonly NamespaceChange[]) => void>();
  /** What there was before the first change that is not told yet. */
  let reportsBefore = new Map<string, Report | undefined>();
  let formsBefore = new Map<string, readonly StoredForm[]>();
  let cancelTelling: (() => void) | undefined;

  function tellLater(): void {
    cancelTelling ??= clock.after(gatherMs, tell);
  }

  function forget(): void {
    cancelTelling?.();
    cancelTelling = undefined;
    reportsBefore = new Map();
    formsBefore = new Map();
  }

  function tell(): void {
    const [reports, forms] = [reportsBefore, formsBefore];
    forget();
    const changes = changesSince(reports, forms);
    if (changes.length > 0) for (const listener of listeners) listener(changes);
  }

  function changesSince(
    reports: ReadonlyMap<string, Report | undefined>,
    forms: ReadonlyMap<string, readonly StoredForm[]>,
  ): NamespaceChange[] {
    const changedForms = new Set<string>();
    const namespaces = new Set(reports.keys());
    for (const [id, before] of forms) {
      const after = [...store.formsOf(id)];
      if (!sayOther(before, after)) continue;
      changedForms.add(id);
      for (const { home } of [...before, ...after]) if (home !== undefined) namespaces.add(home);
    }
    for (const namespace of store.namespacesUnder(changedForms)) namespaces.add(namespace);
    const formsOf: FormsOf = (id) => forms.get(id) ?? store.formsOf(id);
    const result: NamespaceChange[] = [];
    for (const namespace of namespaces) {
      const after = store.report(namespace);
      const before = reports.has(namespace) ? reports.get(namespace) : after;
      const changes = changesBetween(before, after, formsOf, changedForms);
      if (changes.length > 0) result.push({ namespace, changes });
    }
    return result;
  }

  function changesBetween(
    before: Report | undefined,
    after: Report | undefined,
    formsOf: FormsOf,
    changedForms: ReadonlySet<string>,
  ): BindingChange[] {
    // Of a report that is the same, only what has another form can have changed.
    const looked = before === after ? changedForms : undefined;
    const was = itemsById(before, looked);
    const is = before === after ? was : itemsById(after, looked);
    const changes: BindingChange[] = [];
    for (const id of new Set([...was.keys(), ...is.keys()])) {
      const [itemBefore, itemAfter] = [was.get(id), is.get(id)];
      // Equal lines are one object, so this spares most of the work of a change that concerns one of many.
      if (itemBefore === itemAfter && !changedForms.has(id)) continue;
      const change = {
        id,
        before: bindingOf(before, itemBefore, formsOf),
        after: bindingOf(after, itemAfter, store.formsOf),
      };
      if (isChange(change)) changes.push(change);
    }
    return changes;
  }

  function bindingOf(report: Report | undefined, item: ReportItem | undefined, formsOf: FormsOf): Binding | undefined {
    return report === undefined || item === undefined ? undefined : store.bindingOf(report, item, formsOf);
  }

  return {
    subscribe(listener) {
      // What has changed by now is no news to whoever comes now.
      if (cancelTelling !== undefined) tell();
      if (listeners.size === 0) {
        store.listen({
          report(namespace, before) {
            if (!reportsBefore.has(namespace)) reportsBefore.set(namespace, before);
            tellLater();
          },
          form(id, before) {
            if (!formsBefore.has(id)) formsBefore.set(id, [...before]);
            tellLater();
          },
        });
      }
      // A function of its own each time, so that one who subscribes twice is told twice.
      const own = (changes: readonly NamespaceChange[]) => listener(changes);
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

/** The first of those with one id: own policies before lines. @param looked The ids that matter; undefined: all. */
function itemsById(
  report: Report | undefined,
  looked: ReadonlySet<string> | undefined,
): ReadonlyMap<string, ReportItem> {
  const items = new Map<string, ReportItem>();
  if (report === undefined) return items;
  for (const item of itemsOf(report)) {
    const id = typeof item === 'string' ? item : item.id;
    if (looked?.has(id) !== false && !items.has(id)) items.set(id, item);
  }
  return items;
}

/** Whether the forms of an id are others than before, or come in another order: the newest speaks. */
function sayOther(before: readonly StoredForm[], after: readonly StoredForm[]): boolean {
  return (
    before.length !== after.length ||
    before.some(({ home, text }, index) => home !== after[index]?.home || text !== after[index]?.text)
  );
}
