/**
 * What the gateway knows: Potoo's own resources, indexed by namespace and id. Values are replaced, never changed, so what
 * was taken from here stays consistent while an answer is made.
 */
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { compareText } from '../../crds/constraint.ts';
import type { StoredWorkload } from '../../crds/detail.ts';
import { type Binding, bindingBeyond, comparePositions, inheritedBinding, ownBinding } from './binding.ts';
import type { ConstraintPart, DetailPart, FormReader, StoredForm, WorkloadPart } from './detail.ts';
import type { Report } from './report.ts';

/** All that binds one namespace, as of one moment. */
export interface NamespaceView {
  readonly report: Report;
  /** In the order of answers. */
  readonly bindings: readonly Binding[];
  /** What runs there; undefined while the operator has not said. */
  readonly workloads: readonly StoredWorkload[] | undefined;
}

/** What answers are made from. */
export interface Catalog {
  /** Whether all there is was seen once. Before that an answer would be a guess. */
  readonly synced: boolean;
  /** Undefined where there is no report: no such namespace, one that is left out, or one that was just created. */
  view(namespace: string): NamespaceView | undefined;
  /** All reports as of one moment, by namespace. */
  reports(): readonly Report[];
  clusterReport(): ClusterReportStatus | undefined;
  /** Whether an operator keeps all this up to date, and whether the gateway would see it if it changed. */
  freshness(): { readonly operatorAlive: boolean; readonly watching: boolean };
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
  putClusterDetail(name: string, part: ConstraintPart): void;
  removeClusterDetail(name: string): void;
  putClusterReport(status: ClusterReportStatus | undefined): void;
  sizes(): CatalogSizes;
}

/** An empty store; the watches fill it. */
export function createCatalogStore(reader: FormReader): CatalogStore {
  const reports = new Map<string, Report>();
  /** Parts of full forms by namespace and object name; the parts of cluster-wide policies under ''. */
  const forms = new Map<string, Map<string, ReadonlyMap<string, StoredForm>>>();
  const workloads = new Map<string, Map<string, WorkloadPart>>();
  /** Every full form by id, for what binds a namespace from outside. */
  const byId = new Map<string, StoredForm>();
  let sorted: readonly Report[] | undefined;
  let clusterReport: ClusterReportStatus | undefined;

  function putForms(home: string, name: string, part: ConstraintPart): void {
    removeForms(home, name);
    inner(forms, home).set(name, new Map(part.forms.map((form) => [form.id, form])));
    for (const form of part.forms) byId.set(form.id, form);
  }

  function removeForms(home: string, name: string): void {
    for (const [id, form] of forms.get(home)?.get(name) ?? []) {
      // It may have moved to another part in the meantime.
      if (byId.get(id) === form) byId.delete(id);
    }
    removeInner(forms, home, name);
  }

  function read(form: StoredForm | undefined): Binding['form'] {
    const value = form === undefined ? undefined : reader.constraint(form);
    return form === undefined || value === undefined ? undefined : { home: form.home, value };
  }

  /** Only what is stored in the namespace itself speaks for its own policies: others could name the same id. */
  function ownForm(namespace: string, id: string): Binding['form'] {
    for (const part of forms.get(namespace)?.values() ?? []) {
      const form = part.get(id);
      if (form !== undefined) return read(form);
    }
    return undefined;
  }

  function bindingsOf(report: Report): Binding[] {
    const { namespace, lastChanged } = report;
    const bindings = report.own.map((entry) => ownBinding(entry, ownForm(namespace, entry.id)));
    for (const entry of report.inherited) {
      bindings.push(inheritedBinding(entry, lastChanged, read(byId.get(entry.id))));
    }
    for (const id of report.more) {
      const form = ownForm(namespace, id) ?? read(byId.get(id));
      if (form !== undefined) bindings.push(bindingBeyond(namespace, lastChanged, form));
    }
    return bindings.toSorted(comparePositions);
  }

  function workloadsOf(namespace: string): readonly StoredWorkload[] | undefined {
    const parts = workloads.get(namespace);
    if (parts === undefined) return undefined;
    return [...parts.values()].toSorted((a, b) => a.part - b.part).flatMap((part) => reader.workloads(part));
  }

  return {
    putReport(report) {
      reports.set(report.namespace, report);
      sorted = undefined;
    },
    removeReport(namespace) {
      reports.delete(namespace);
      sorted = undefined;
    },
    putDetail(namespace, name, part) {
      // An object may change its subject; what it said before must not stay.
      removeForms(namespace, name);
      removeInner(workloads, namespace, name);
      if (part.subject === 'constraints') putForms(namespace, name, part);
      else inner(workloads, namespace).set(name, part);
    },
    removeDetail(namespace, name) {
      removeForms(namespace, name);
      removeInner(workloads, namespace, name);
    },
    putClusterDetail(name, part) {
      putForms('', name, part);
    },
    removeClusterDetail(name) {
      removeForms('', name);
    },
    putClusterReport(status) {
      clusterReport = status;
    },
    view(namespace) {
      const report = reports.get(namespace);
      if (report === undefined) return undefined;
      return { report, bindings: bindingsOf(report), workloads: workloadsOf(namespace) };
    },
    reports() {
      sorted ??= [...reports.values()].toSorted((a, b) => compareText(a.namespace, b.namespace));
      return sorted;
    },
    clusterReport: () => clusterReport,
    sizes: () => ({ reports: reports.size, forms: byId.size }),
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
