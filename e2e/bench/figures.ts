/** What the bench prints: one JSON line a figure. */
import { availableParallelism, loadavg } from 'node:os';

export interface Figure {
  /** Stays the same, so that runs can be compared by it. */
  readonly figure: string;
  readonly unit: string;
  readonly [detail: string]: unknown;
}

/** What the others were measured on, and how busy it was before. */
export function machineFigure(details: Readonly<Record<string, unknown>> = {}): Figure {
  return {
    figure: 'machine',
    unit: 'facts',
    cores: availableParallelism(),
    loadAtStart: loadavg().map(rounded),
    node: process.version,
    ...details,
  };
}

/** At least one sample. Nearest rank: each percentile is one of the samples, and nothing is interpolated. */
export function percentiles(samples: readonly number[]): {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
} {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new Error('percentiles need one sample at least');
    return rounded(value);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1), samples: sorted.length };
}

/** Two decimals: finer than anything here can be measured. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** `of` may be 0: then there is no quotient. */
export function quotient(value: number, of: number): number | null {
  return of === 0 ? null : rounded(value / of);
}
