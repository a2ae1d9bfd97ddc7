/**
 * Objects of the cluster as answers carry them: without what the API server keeps for itself, no deeper than a reader can
 * follow, and as small as the answer needs them.
 */
import { isJsonObject, type JsonObject } from '../../kube/object.ts';

/** What `kubectl apply` writes for itself: the manifest once more, with every value that was ever in it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Without managedFields and the last applied manifest. */
export function pruned(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isJsonObject(metadata)) return object;
  const { managedFields: _managed, annotations, ...kept } = metadata;
  if (!isJsonObject(annotations)) return { ...object, metadata: kept };
  const { [lastApplied]: _applied, ...others } = annotations;
  return { ...object, metadata: { ...kept, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) } };
}

interface Bounds {
  readonly textMax: number;
  readonly itemsMax: number;
  readonly depthMax: number;
}

/** Nothing that people or programs write is deeper; what is would be too deep for JSON.stringify. */
const depthMax = 40;

/** From everything to hardly anything. */
const steps: readonly Bounds[] = [
  { textMax: Number.POSITIVE_INFINITY, itemsMax: Number.POSITIVE_INFINITY, depthMax },
  { textMax: 1_000, itemsMax: 200, depthMax },
  { textMax: 200, itemsMax: 50, depthMax: 16 },
  { textMax: 100, itemsMax: 10, depthMax: 8 },
  { textMax: 60, itemsMax: 5, depthMax: 4 },
];

export interface Fitted {
  readonly value: JsonObject;
  /** Whether texts, lists or depths were cut, each where it says so. */
  readonly cut: boolean;
}

/** The object, cut as little as needed; undefined when nothing of it fits into `bytesMax` as JSON. */
export function fitted(object: JsonObject, bytesMax: number): Fitted | undefined {
  for (const bounds of steps) {
    const found = { cut: false };
    const value = bounded(object, bounds, 0, found);
    if (!isJsonObject(value)) return undefined;
    if (Buffer.byteLength(JSON.stringify(value)) <= bytesMax) return { value, cut: found.cut };
  }
  return undefined;
}

function bounded(value: unknown, bounds: Bounds, depth: number, found: { cut: boolean }): unknown {
  const { textMax, itemsMax } = bounds;
  const marked = (mark: string): string => {
    found.cut = true;
    return mark;
  };
  if (typeof value === 'string') {
    if (value.length <= textMax) return value;
    const more = `… (${value.length - textMax} more characters)`;
    return marked(`${value.slice(0, textMax).toWellFormed()}${more}`);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= bounds.depthMax) return marked('… (deeper than is shown here)');
  if (Array.isArray(value)) {
    const items = value.slice(0, itemsMax).map((item: unknown) => bounded(item, bounds, depth + 1, found));
    return items.length === value.length ? items : [...items, marked(`… (${value.length - items.length} more)`)];
  }
  const entries = Object.entries(value);
  const kept = entries.slice(0, itemsMax).map(([key, each]) => [key, bounded(each, bounds, depth + 1, found)] as const);
  if (kept.length < entries.length) kept.push(['…', marked(`${entries.length - kept.length} more`)]);
  return Object.fromEntries(kept);
}
