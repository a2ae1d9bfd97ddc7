/**
 * Whether two contents are the same, however their fields are ordered: the API server sends fields back in an order of its own.
 */
import { createHash } from 'node:crypto';
import { compareText } from '../../crds/constraint.ts';

/** Fields that say when, not what. They never make a difference. */
const timestamps = new Set(['lastChanged', 'lastTransitionTime', 'lastDiscovery']);

/** A digest of everything in a JSON value but its timestamps. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalText(value)).digest('base64').slice(0, 27);
}

function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(
          Object.entries(child)
            .filter(([key]) => !timestamps.has(key))
            .toSorted(([a], [b]) => compareText(a, b)),
        )
      : child,
  );
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
