/**
 * JSON that is kept as a policy has it, in one order, no deeper than anything that follows can take and no larger than real
 * policies are.
 */
import { compareText } from '../../../crds/constraint.ts';
import { isJsonObject } from '../../../kube/object.ts';

/** Real rules stay far below; the API server lets ten thousand pass. */
const depthMax = 100;

/** The largest real rules have a few hundred values. */
const valuesMax = 5_000;

/** What is wrong with JSON that is not kept. */
export const notPlain = `Must not be nested deeper than ${depthMax} levels or have more than ${valuesMax} values to be read`;

/** The same JSON with sorted keys. Undefined when it is nested too deep, or is too large. */
export function plainJson(value: unknown): unknown {
  return isSmall(value) ? ordered(value) : undefined;
}

function isSmall(value: unknown): boolean {
  let level: unknown[] = [value];
  let count = 0;
  for (let depth = 0; depth <= depthMax; depth += 1) {
    if (level.length === 0) return true;
    count += level.length;
    if (count > valuesMax) return false;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const below of Object.values(item)) next.push(below);
      if (next.length > valuesMax) return false;
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
