/**
 * The value with one of the values in it, at any depth, replaced, or given a neighbour. Each step of the path chooses among the
 * fields or items at its depth, whatever their number.
 */
export function mutate(value: unknown, path: readonly number[], replacement: unknown): unknown {
  if (typeof value !== 'object' || value === null || path.length === 0) return replacement;
  const [step = 0, ...rest] = path;
  if (Array.isArray(value)) {
    if (value.length === 0) return [replacement];
    const at = step % (value.length + 1);
    if (at === value.length) return [...value, replacement];
    return value.map((item, index) => (index === at ? mutate(item, rest, replacement) : item));
  }
  const entries = Object.entries(value);
  const at = step % (entries.length + 1);
  if (at === entries.length) return { ...value, [`extra${step}`]: replacement };
  return Object.fromEntries(
    entries.map(([key, item], index) => (index === at ? [key, mutate(item, rest, replacement)] : [key, item])),
  );
}
