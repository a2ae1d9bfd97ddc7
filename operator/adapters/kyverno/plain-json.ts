/**
 * JSON that is kept as a policy has it, in one order and no deeper than anything that follows can take.
 */
import { compareText } from '../../../crds/constraint.ts';
import { isJsonObject } from '../../../kube/object.ts';

/** Real rules stay far below; the API server lets ten thousand pass. */
const depthMax = 100;

/** The same JSON with sorted keys. Undefined when it is nested too deep. */
export function plainJson(value: unknown): unknown {
  return isShallow(value) ? ordered(value) : undefined;
}

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= depthMax; depth += 1) {
    if (level.length === 0) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const below of Object.values(item)) next.push(below);
    }
    level = next;
  }
  return false;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, ordered(item)]));
}
