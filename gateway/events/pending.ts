/** What one reader is still to be told: one change a constraint, however often it changes meanwhile. */
import type { NamespaceChange } from '../catalog/changes.ts';
import { type BindingChange, isChange } from '../catalog/difference.ts';

export interface Pending {
  /** How many constraints. */
  readonly size: number;
  add(change: NamespaceChange): void;
  /** Some of what changed in the namespace that has waited longest. */
  take(changesMax: number): NamespaceChange | undefined;
  /** What was taken and could not be told: it comes before what has changed since, and its namespace after all others. */
  putBack(change: NamespaceChange): void;
  clear(): void;
}

/** Nothing, to begin with. @param onResize By how many there are more, or fewer. */
export function createPending(onResize: (more: number) => void = () => {}): Pending {
  const namespaces = new Map<string, Map<string, BindingChange>>();
  let size = 0;

  function resize(more: number): void {
    size += more;
    if (more !== 0) onResize(more);
  }

  /** @param join What a change becomes with one that waits. */
  function put(
    { namespace, changes }: NamespaceChange,
    join: (waiting: BindingChange, change: BindingChange) => BindingChange,
  ): void {
    const waiting = namespaces.get(namespace) ?? new Map<string, BindingChange>();
    const before = waiting.size;
    for (const change of changes) {
      const known = waiting.get(change.id);
      const joined = known === undefined ? change : join(known, change);
      if (isChange(joined)) waiting.set(change.id, joined);
      else waiting.delete(change.id);
    }
    if (waiting.size > 0) namespaces.set(namespace, waiting);
    else namespaces.delete(namespace);
    resize(waiting.size - before);
  }

  return {
    get size() {
      return size;
    },
    add: (change) => put(change, inOrder),
    take(changesMax) {
      for (const [namespace, waiting] of namespaces) {
        const changes = [...waiting.values()].slice(0, changesMax);
        if (changes.length === waiting.size) namespaces.delete(namespace);
        else for (const { id } of changes) waiting.delete(id);
        resize(-changes.length);
        return { namespace, changes };
      }
      return undefined;
    },
    putBack: (change) => put(change, (waiting, older) => inOrder(older, waiting)),
    clear() {
      namespaces.clear();
      resize(-size);
    },
  };
}

/** Two changes as one: who was told of neither needs to know of what lies between. */
function inOrder(first: BindingChange, second: BindingChange): BindingChange {
  return { id: first.id, before: first.before, after: second.after };
}
