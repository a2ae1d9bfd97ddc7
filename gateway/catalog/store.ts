/**
 * What the gateway knows: Potoo's own resources, indexed by namespace and id. Values are replaced, never changed, so what
 * was taken from here stays consistent while an answer is made.
 */
import assert from 'node:assert/strict';
import { LRUCache } from 'lru-cache';
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { compareText } from '../../crds/constraint.ts';
import type { ClusterFact } from '../../crds/detail.ts';
import {
  type Binding,
  bindingBeyond,
  type BoundForm,
  comparePositions,
  inheritedBinding,
  ownBinding,
} from './binding.ts';
import type {
  ClusterDetailPart,
  ClusterFactsPart,
  DetailPart,
  FormReader,
  StoredForm,
  WorkloadPart,
} from './detail.ts';
import { imposedIds, itemsOf, type Report, type ReportItem } from './report.ts';
import { isAtHome, isStoredIn, type MaySpeak, type ReadableForm, speaksFor } from './speaker.ts';
import { type Workloads, workloadsOf } from './workloads.ts';

/** All that binds one namespace, as of one moment. */
export interface NamespaceView {
  readonly report: Report;
  /** In the order of answers. */
  readonly bindings: readonly Binding[];
  /** What runs there; undefined while the operator has not said. */
  readonly workloads: Workloads | undefined;
}

export interface Freshness {
  readonly operatorAlive: boolean;
  /** False as soon as the API server is out of reach, or one of these is not followed. */
  readonly watching: boolean;
  /** Resources of which changes are not seen. */
  readonly lost: readonly string[];
  /** What could not be looked at, in sentences: where one person reads, with rights of its own. */
  readonly unread?: readonly string[] | undefined;
}

/** What answers are made from. */
export interface Catalog {
  /** Whether all there is was seen once. Before that an answer would be a guess. */
  readonly synced: boolean;
  /**
   * Undefined where there is no report: no such namespace, one that is left out, or one that was just created. The same object
   * as before as long as nothing in it has changed, so that what was made from it still holds.
   */
  view(namespace: string): NamespaceView | undefined;
  /** All reports as of one moment, by namespace. */
  reports(): readonly Report[];
  clusterReport(): ClusterReportStatus | undefined;
  /** What the cluster serves, and names of classes; empty while the operator has not said. */
  clusterFacts(): readonly ClusterFact[];
  /** Whether an operator keeps all this up to date, and whether the gateway would see it if it changed. */
  freshness(): Freshness;
  /** What all replicas know and no caller can read; undefined until the operator's Lease was seen. */
  readonly sharedSecret: string | undefined;
}

export interface CatalogSizes {
  readonly reports: number;
  readonly forms: number;
}

export interface CatalogStore extends Omit<Catalog, 'synced' | 'freshness' | 'sharedSecret'> {
  putReport(report: Report): void;
  removeReport(namespace: string): void;
  putDetail(namespace: string, name: string, part: DetailPart): void;
  removeDetail(namespace: string, name: string): void;
  putClusterDetail(name: string, part: ClusterDetailPart): void;
  removeClusterDetail(name: string): void;
  putClusterReport(status: ClusterReportStatus | undefined): void;
  sizes(): CatalogSizes;
  /** Tells one listener of changes from now on; undefined: nobody. */
  listen(listener: StoreListener | undefined): void;
  report(namespace: string): Report | undefined;
  formsOf: FormsOf;
  /** What an item of a report binds; undefined for an id without a form. @param formsOf The forms of another moment. */
  bindingOf(report: Report, item: ReportItem, formsOf: FormsOf): Binding | undefined;
  reportedNamespaces(): Iterable<string>;
  /** Whether any report names the id as what is imposed from elsewhere. */
  isImposed(id: string): boolean;
}

/** The full forms that have an id. What it gives is never changed. */
export type FormsOf = (id: string) => Iterable<StoredForm>;

/** Hears of each change before it is made, with what there was. */
export interface StoreListener {
  report(namespace: string, before: Report | undefined): void;
  form(id: string, before: Iterable<StoredForm>): void;
}

/** Bindings and workloads that are kept ready, over all namespaces. */
const readyMax = 200_000;

/** An empty store; the watches fill it. */
export function createCatalogStore(reader: FormReader): CatalogStore {
  const reports = new Map<string, Report>();
  /** Forms by namespace and name of the object that stores them; those of cluster-wide policies under ''. */
  const forms = new Map<string, Map<string, readonly StoredForm[]>>();
  const workloads = new Map<string, Map<string, WorkloadPart>>();
  const clusterFacts = new Map<string, ClusterFactsPart>();
  /** Every full form by id. Several may have one: it moves from part to part, or somebody makes it up. */
  const byId = new Map<string, readonly StoredForm[]>();
  /** Grows when any form comes or goes: what binds a namespace may be stored anywhere. */
  let formsVersion = 0;
  let listener: StoreListener | undefined;
  /** How many reports name an id as imposed from elsewhere: what none names need not be looked for in all of them. */
  const imposed = new Map<string, number>();
  const formsNow: FormsOf = (id) => byId.get(id) ?? [];
  const readyViews = new LRUCache<string, Ready>({ maxSize: readyMax, sizeCalculation: sizeOfReady });
  const readyWorkloads = new LRUCache<string, Workloads>({ maxSize: readyMax, sizeCalculation: sizeOfWorkloads });
  let sorted: readonly Report[] | undefined;
  let clusterReport: ClusterReportStatus | undefined;

  /** What an object stores from now on. A text that it had before keeps its form, and with it what was read from it. */
  function putForms(home: string, name: string, given: readonly StoredForm[]): void {
    const before = forms.get(home)?.get(name) ?? [];
    if (before.length === 0 && given.length === 0) return;
    const known = new Map(before.map((form) => [form.id, form]));
    const after = given.map((form) => {
      const same = known.get(form.id);
      return same !== undefined && same.text === form.text ? same : form;
    });
    const [had, has] = [new Set(before), new Set(after)];
    for (const form of had.difference(has)) {
      listener?.form(form.id, formsNow(form.id));
      const others = byId.get(form.id)?.filter((each) => each !== form) ?? [];
      if (others.length === 0) byId.delete(form.id);
      else byId.set(form.id, others);
    }
    for (const form of has.difference(had)) {
      listener?.form(form.id, formsNow(form.id));
      const others = byId.get(form.id);
      byId.set(form.id, others === undefined ? [form] : [...others, form]);
    }
    if (after.length === 0) removeInner(forms, home, name);
    else inner(forms, home).set(name, after);
    formsVersion += 1;
  }

  function countImposed(report: Report | undefined, by: 1 | -1): void {
    if (report === undefined) return;
    for (const id of imposedIds(report)) {
      const count = (imposed.get(id) ?? 0) + by;
      if (count === 0) imposed.delete(id);
      else imposed.set(id, count);
    }
  }

  function removeWorkloads(namespace: string, name: string): void {
    if (workloads.get(namespace)?.has(name) !== true) return;
    removeInner(workloads, namespace, name);
    readyWorkloads.delete(namespace);
  }

  /** The form that speaks for an id, of those that may: the newest, and none where two places claim it. */
  function formOf(candidates: Iterable<StoredForm>, maySpeak: MaySpeak): ReadableForm | undefined {
    let found: ReadableForm | undefined;
    for (const stored of candidates) {
      const outline = reader.outline(stored);
      if (outline === undefined || !maySpeak({ stored, outline })) continue;
      if (found !== undefined && found.stored.home !== stored.home) return undefined;
      found = { stored, outline };
    }
    return found;
  }

  function bound(form: ReadableForm | undefined): BoundForm | undefined {
    if (form === undefined) return undefined;
    const { stored } = form;
    return {
      home: stored.home,
      get text() {
        return stored.text;
      },
      get value() {
        const value = reader.constraint(stored);
        assert(value !== undefined, 'a form that has an outline can be read');
        return value;
      },
    };
  }

  function bindingOf(report: Report, item: ReportItem, formsOf: FormsOf): Binding | undefined {
    const { namespace, lastChanged } = report;
    const isOwn = isStoredIn(namespace);
    if (typeof item !== 'string') {
      // Those of now, whenever they are read: what was taken from here stays as it is.
      const candidates = formsOf(item.id);
      const spoken = (maySpeak: MaySpeak) => () => bound(formOf(candidates, maySpeak));
      return 'summary' in item
        ? inheritedBinding(item, lastChanged, spoken(speaksFor(item)))
        : ownBinding(item, spoken(isOwn));
    }
    const found = (maySpeak: MaySpeak) => formOf(formsOf(item), maySpeak);
    const form = found(isOwn) ?? found(isStoredIn(undefined)) ?? found(isAtHome);
    const value = bound(form);
    if (form === undefined || value === undefined) return undefined;
    return bindingBeyond(namespace, lastChanged, form.outline, value);
  }

  function bindingsOf(report: Report): readonly Binding[] {
    const bindings: Binding[] = [];
    for (const item of itemsOf(report)) {
      const binding = bindingOf(report, item, formsNow);
      if (binding !== undefined) bindings.push(binding);
    }
    return bindings.toSorted(comparePositions);
  }

  /** Whether every form that may speak for what binds here is where it was, and no other has come. */
  function hasSameForms(ready: Ready): boolean {
    if (ready.formsVersion === formsVersion) return true;
    if (ready.forms.some(([id, stored]) => byId.get(id) !== stored)) return false;
    ready.formsVersion = formsVersion;
    return true;
  }

  function viewOf(report: Report): NamespaceView {
    const { namespace } = report;
    const known = readyViews.get(namespace);
    const ready = known?.view.report === report && hasSameForms(known) ? known : undefined;
    const runs = workloadsIn(namespace);
    if (ready !== undefined && ready.view.workloads === runs) return ready.view;
    const view = { report, bindings: ready?.view.bindings ?? bindingsOf(report), workloads: runs };
    const ids = [...report.own, ...report.inherited].map(({ id }) => id).concat(report.more);
    readyViews.set(namespace, { view, formsVersion, forms: ids.map((id) => [id, byId.get(id)]) });
    return view;
  }

  function workloadsIn(namespace: string): Workloads | undefined {
    const parts = workloads.get(namespace);
    if (parts === undefined) return undefined;
    const ready = readyWorkloads.get(namespace);
    if (ready !== undefined) return ready;
    const inOrder = [...parts.values()].toSorted((a, b) => a.part - b.part);
    const known = workloadsOf(inOrder.flatMap((part) => reader.workloads(part)));
    readyWorkloads.set(namespace, known);
    return known;
  }

  return {
    putReport(report) {
      const before = reports.get(report.namespace);
      listener?.report(report.namespace, before);
      countImposed(before, -1);
      countImposed(report, 1);
      reports.set(report.namespace, report);
      sorted = undefined;
    },
    removeReport(namespace) {
      const before = reports.get(namespace);
      listener?.report(namespace, before);
      countImposed(before, -1);
      reports.delete(namespace);
      readyViews.delete(namespace);
      sorted = undefined;
    },
    putDetail(namespace, name, part) {
      // An object may change its subject; what it said before must not stay.
      putForms(namespace, name, part.subject === 'constraints' ? part.forms : []);
      removeWorkloads(namespace, name);
      if (part.subject !== 'workloads') return;
      inner(workloads, namespace).set(name, part);
      readyWorkloads.delete(namespace);
    },
    removeDetail(namespace, name) {
      putForms(namespace, name, []);
      removeWorkloads(namespace, name);
    },
    putClusterDetail(name, part) {
      putForms('', name, part.subject === 'constraints' ? part.forms : []);
      clusterFacts.delete(name);
      if (part.subject !== 'constraints') clusterFacts.set(name, part);
    },
    removeClusterDetail(name) {
      clusterFacts.delete(name);
      putForms('', name, []);
    },
    putClusterReport(status) {
      clusterReport = status;
    },
    view(namespace) {
      const report = reports.get(namespace);
      return report === undefined ? undefined : viewOf(report);
    },
    reports() {
      sorted ??= [...reports.values()].toSorted((a, b) => compareText(a.namespace, b.namespace));
      return sorted;
    },
    clusterReport: () => clusterReport,
    clusterFacts: () => [...clusterFacts.values()].toSorted((a, b) => a.part - b.part).flatMap(({ facts }) => facts),
    sizes: () => ({ reports: reports.size, forms: byId.size }),
    listen(next) {
      listener = next;
    },
    report: (namespace) => reports.get(namespace),
    formsOf: formsNow,
    bindingOf,
    reportedNamespaces: () => reports.keys(),
    isImposed: (id) => imposed.has(id),
  };
}

/** A view that is kept ready, and the forms that there were for each id in it. */
interface Ready {
  readonly view: NamespaceView;
  /** As of which `formsVersion` they were seen to be the same. */
  formsVersion: number;
  readonly forms: readonly (readonly [id: string, stored: readonly StoredForm[] | undefined])[];
}

function sizeOfReady({ forms }: Ready): number {
  return forms.length + 1;
}

function sizeOfWorkloads({ list }: Workloads): number {
  return list.length + 1;
}

function inner<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const known = outer.get(key);
  if (known !== undefined) return known;
  const created = new Map<string, T>();
  outer.set(key, created);
  return created;
}

function removeInner<T>(outer: Map<string, Map<string, T>>, key: string, name: string): void {
  const parts = outer.get(key);
  parts?.delete(name);
  if (parts?.size === 0) outer.delete(key);
}
