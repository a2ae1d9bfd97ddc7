/**
 * What stands in etcd of our own resources, pruned to what the next write depends on: versions, hashes and times. Fed by the
 * watch and by the answers to our own writes, which come first; the newer version wins.
 */
import { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { ClusterConstraintDetail, clusterDetailNameOfPart, ConstraintDetail } from '../../crds/detail.ts';
import { ReportStatus } from '../../crds/report.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { PublishedReport } from './compose-report.ts';
import type { PublishedTotals } from './compose-totals.ts';
import { apartFromFigures, contentHash } from './content.ts';

export interface PublishedDetail {
  readonly resourceVersion: string;
  readonly hash: string;
}

/** What the next report of a namespace depends on. A status that is not ours has a hash that equals none of ours. */
export function readReport(object: KubeObject): PublishedReport {
  const { resourceVersion } = object.metadata;
  const parsed = ReportStatus.safeParse(object['status']);
  // No status yet, or one that somebody else made: its hash equals none of ours, so it is written anew.
  if (!parsed.success) {
    return { resourceVersion, hash: '', figuresHash: '', lastChanged: '', entries: new Map(), conditions: [] };
  }
  const { lastChanged, ...content } = parsed.data;
  // Over what the server sent and not over what was parsed: a field that we do not know is a difference too.
  const stored = apartFromFigures(object['status']);
  return {
    resourceVersion,
    hash: contentHash(stored.content),
    figuresHash: contentHash(stored.figures),
    lastChanged,
    entries: new Map(
      content.constraints.map((entry) => [
        entry.id,
        { hash: contentHash(entry), severity: entry.severity, lastChanged: entry.lastChanged },
      ]),
    ),
    conditions: content.conditions ?? [],
  };
}

/** Version and hash of a ConstraintDetail. */
export function readDetail(object: KubeObject): PublishedDetail {
  const parsed = ConstraintDetail.safeParse(object);
  return {
    resourceVersion: object.metadata.resourceVersion,
    hash: parsed.success ? contentHash(parsed.data) : '',
  };
}

/** Version and hash of a ClusterConstraintDetail. */
export function readClusterDetail(object: KubeObject): PublishedDetail {
  const parsed = ClusterConstraintDetail.safeParse(object);
  return {
    resourceVersion: object.metadata.resourceVersion,
    hash: parsed.success ? contentHash(parsed.data) : '',
  };
}

/** What the next ClusterConstraintReport depends on. */
export function readTotals(object: KubeObject): PublishedTotals {
  const { resourceVersion } = object.metadata;
  const parsed = ClusterReportStatus.safeParse(object['status']);
  if (!parsed.success) return { resourceVersion, hash: '', lastChanged: '', conditions: [] };
  return {
    resourceVersion,
    hash: contentHash(object['status']),
    lastChanged: parsed.data.lastChanged,
    conditions: parsed.data.conditions ?? [],
  };
}

interface Versioned {
  readonly resourceVersion: string;
}

/** The published objects of one kind by key, `namespace/name` or `name`. */
export interface PublishedObjects<T extends Versioned> {
  get(key: string): T | undefined;
  /** Names of the objects of a group: of a namespace, unless they are grouped otherwise. */
  namesIn(group: string): readonly string[];
  /** Every group that holds something. */
  groups(): Iterable<string>;
  /** Returns false for what is known already, or older than what is known. */
  set(key: string, value: T): boolean;
  /** What a GET gave is what stands there, whatever was known: after a restore of etcd versions begin again lower. */
  replace(key: string, value: T): void;
  /** `value` is the last one that the watch saw. Returns false when something newer has been written since. */
  remove(key: string, value: Versioned): boolean;
  /**
   * After a complete list: forgets what was not in it, unless it was written since. Returns the keys. The watch cannot tell
   * of an object that it never saw, or saw only before our own last write.
   */
  forgetMissing(list: { readonly resourceVersion: string; has(key: string): boolean }): readonly string[];
}

/** Nothing is known yet. */
export function createPublishedObjects<T extends Versioned>(
  groupOf: (key: string) => string = namespaceOfKey,
): PublishedObjects<T> {
  /** Group → key → what is known. */
  const byGroup = new Map<string, Map<string, T>>();
  function objectsWith(key: string): Map<string, T> {
    const group = groupOf(key);
    const objects = byGroup.get(group) ?? new Map<string, T>();
    byGroup.set(group, objects);
    return objects;
  }
  function removeUpTo(key: string, { resourceVersion }: Versioned): boolean {
    const group = groupOf(key);
    const objects = byGroup.get(group);
    const known = objects?.get(key);
    if (objects === undefined || known === undefined || isNewer(known.resourceVersion, resourceVersion)) return false;
    objects.delete(key);
    if (objects.size === 0) byGroup.delete(group);
    return true;
  }
  return {
    get: (key) => byGroup.get(groupOf(key))?.get(key),
    namesIn: (group) => [...(byGroup.get(group)?.keys() ?? [])].map((key) => key.slice(key.indexOf('/') + 1)),
    groups: () => byGroup.keys(),
    set(key, value) {
      const objects = objectsWith(key);
      const known = objects.get(key);
      if (known !== undefined && !isNewer(value.resourceVersion, known.resourceVersion)) return false;
      objects.set(key, value);
      return true;
    },
    replace: (key, value) => void objectsWith(key).set(key, value),
    remove: removeUpTo,
    forgetMissing(list) {
      const keys = [...byGroup.values()].flatMap((objects) => [...objects.keys()]);
      return keys.filter((key) => !list.has(key) && removeUpTo(key, list));
    },
  };
}

/** Grouped by the ClusterConstraintDetail that they are parts of. */
export function createPublishedClusterDetails(): PublishedObjects<PublishedDetail> {
  return createPublishedObjects(clusterDetailNameOfPart);
}

/** Of `namespace/name`; that of a cluster-scoped object is empty. */
export function namespaceOfKey(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

/**
 * Resource versions of one kind are ordered numbers.
 *
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version
 */
function isNewer(version: string, than: string): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}
