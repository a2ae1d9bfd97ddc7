/**
 * A value as it comes out of a wire: it shares nothing with what went in, and has no undefined fields. For small objects by
 * far faster than structuredClone and than JSON texts, which is what a simulation mostly did.
 */
export function overWire<T>(value: T): T;
export function overWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => overWire(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) if (child !== undefined) copy[key] = overWire(child);
  return copy;
}
