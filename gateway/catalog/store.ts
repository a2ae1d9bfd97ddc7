/**
 * What the gateway knows: Potoo's own resources, indexed by namespace and id. Values are replaced, never changed, so what
 * was taken from here stays consistent while an answer is made.
 */
import assert from 'node:assert/strict';
import { LRUCache } from 'lru-cache';
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { compareText, homeNamespace } from '../../crds/constraint.ts';
import type { ClusterFact } from '../../crds/detail.ts';
import { handleOf, type InheritedEntry } from '../../crds/report-line.ts';
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
  FormOutline,
  FormReader,
  StoredForm,
  WorkloadPart,
} from './detail.ts';
import type { Report } from './report.ts';
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
}

/** Bindings and workloads that are kept ready, over all namespaces. */
const readyMax = 200_000;

/** A form that can be read, with what tells whether it may speak for a constraint. */
interface ReadableForm {
  readonly stored: StoredForm;
  readonly outline: FormOutline;
}

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
      const others = byId.get(form.id)?.filter((each) => each !== form) ?? [];
      if (others.length === 0) byId.delete(form.id);
      else byId.set(form.id, others);
    }
    for (const form of has.difference(had)) {
      const others = byId.get(form.id);
      byId.set(form.id, others === undefined ? [form] : [...others, form]);
    }
    if (after.length === 0) removeInner(forms, home, name);
    else inner(forms, home).set(name, after);
    formsVersion += 1;
  }

  function removeWorkloads(namespace: string, name: string): void {
    if (workloads.get(namespace)?.has(name) !== true) return;
    removeInner(workloads, namespace, name);
    readyWorkloads.delete(namespace);
  }

  /** The form that speaks for an id, of those that may: the newest, and none where two places claim it. */
  function formOf(id: string, maySpeak: (form: ReadableForm) => boolean): ReadableForm | undefined {
    let found: ReadableForm | undefined;
    for (const stored of byId.get(id) ?? []) {
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
      get value() {
        const value = reader.constraint(stored);
        assert(value !== undefined, 'a form that has an outline can be read');
        return value;
      },
    };
  }

  function bindingsOf(report: Report): readonly Binding[] {
    const { namespace, lastChanged } = report;
    const ownForm = (id: string) => formOf(id, isStoredIn(namespace));
    const bindings = report.own.map((entry) => ownBinding(entry, bound(ownForm(entry.id))));
    for (const entry of report.inherited) {
      bindings.push(inheritedBinding(entry, lastChanged, bound(formOf(entry.id, speaksFor(entry)))));
    }
    for (const id of report.more) {
      const form = ownForm(id) ?? formOf(id, isStoredIn(undefined)) ?? formOf(id, isAtHome);
      const value = bound(form);
      if (form !== undefined && value !== undefined) {
        bindings.push(bindingBeyond(namespace, lastChanged, form.outline, value));
      }
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
      reports.set(report.namespace, report);
      sorted = undefined;
    },
    removeReport(namespace) {
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

type MaySpeak = (form: ReadableForm) => boolean;

/** Only what is stored in a namespace itself speaks for its own policies: others could name the same id. */
function isStoredIn(home: string | undefined): MaySpeak {
  return ({ stored }) => stored.home === home;
}

/** Whether it is the form of a policy that lives in the namespace where the form is stored. */
function isAtHome({ stored, outline }: ReadableForm): boolean {
  return stored.home !== undefined && homeNamespace(outline.source) === stored.home;
}

/**
 * A line names a cluster-wide policy, and then only what is stored cluster-wide speaks for it; or it has a handle, and
 * then the policy lives in a namespace, and only that namespace speaks for it.
 */
function speaksFor(entry: InheritedEntry): MaySpeak {
  const isHandle = entry.name === handleOf(entry.id);
  return (form) => {
    if (form.outline.source.kind !== entry.kind) return false;
    return isHandle ? isAtHome(form) : form.stored.home === undefined && form.outline.name === entry.name;
  };
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
