import type { NamespaceView } from '../catalog/store.ts';

/** How many bind the namespace of which nothing but the id is known. */
export function untoldOf({ report, bindings }: NamespaceView): number {
  if (report.more.length === 0) return 0;
  const told = new Set(bindings.map(({ id }) => id));
  return report.more.filter((id) => !told.has(id)).length;
}
