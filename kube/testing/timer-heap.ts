export interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

interface Entry extends Timer {
  readonly order: number;
  cancelled: boolean;
}

/** Timers in the order of their time, and of their making where that is the same. */
export interface TimerHeap {
  /** Those that are neither taken nor cancelled. */
  readonly size: number;
  /** Returns what cancels it. */
  add(due: number, fire: () => void): () => void;
  nextDue(): number | undefined;
  /** Takes the first that is due by then. */
  take(until: number): Timer | undefined;
}

/** A binary heap: a simulated hour makes and cancels tens of thousands of timers. */
export function createTimerHeap(): TimerHeap {
  let heap: Entry[] = [];
  let size = 0;
  let order = 0;

  function rise(from: number): void {
    let index = from;
    const entry = heap[index];
    if (entry === undefined) return;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  function sink(from: number): void {
    let index = from;
    const entry = heap[index];
    if (entry === undefined) return;
    for (;;) {
      const left = heap[index * 2 + 1];
      const right = heap[index * 2 + 2];
      if (left === undefined) break;
      const [child, at] = right !== undefined && isBefore(right, left) ? [right, index * 2 + 2] : [left, index * 2 + 1];
      if (isBefore(entry, child)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = entry;
  }

  function dropFirst(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink(0);
  }

  function first(): Entry | undefined {
    while (heap[0]?.cancelled === true) dropFirst();
    return heap[0];
  }

  /** Most timers are cancelled, and those far ahead would otherwise stay until their time. */
  function sweep(): void {
    if (heap.length < 64 || heap.length < size * 2) return;
    heap = heap.filter(({ cancelled }) => !cancelled);
    for (let index = heap.length >> 1; index >= 0; index -= 1) sink(index);
  }

  return {
    get size() {
      return size;
    },
    add(due, fire) {
      const entry: Entry = { due, fire, order: (order += 1), cancelled: false };
      sweep();
      heap.push(entry);
      size += 1;
      rise(heap.length - 1);
      return () => {
        if (entry.cancelled) return;
        entry.cancelled = true;
        size -= 1;
      };
    },
    nextDue: () => first()?.due,
    take(until) {
      const entry = first();
      if (entry === undefined || entry.due > until) return undefined;
      dropFirst();
      // Taken is as good as cancelled: cancelling it later must not be counted.
      entry.cancelled = true;
      size -= 1;
      return entry;
    },
  };
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
