/**
 * How often figures of usage alone are written: they move with every pod, and each write reaches everybody who watches.
 */
import type { Clock } from '../../kube/clock.ts';

/** Between a write of a report and one of nothing but newer figures. */
const figuresMs = 10_000;

export interface FigurePace {
  /** Milliseconds until figures alone may be written; 0 at once. */
  waitMs(namespace: string): number;
  /** The report was written, whatever for: its figures are the newest. */
  written(namespace: string): void;
  forget(namespace: string): void;
}

/** Nothing has been written yet: figures that differ from what an earlier process wrote need not wait. */
export function createFigurePace(clock: Clock): FigurePace {
  const writtenAt = new Map<string, number>();
  return {
    waitMs(namespace) {
      const at = writtenAt.get(namespace);
      return at === undefined ? 0 : Math.max(0, Math.ceil(at + figuresMs - clock.monotonic()));
    },
    written: (namespace) => void writtenAt.set(namespace, clock.monotonic()),
    forget: (namespace) => void writtenAt.delete(namespace),
  };
}
