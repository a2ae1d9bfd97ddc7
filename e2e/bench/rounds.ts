/** Measurements that are made in turns, several rounds of each, so that what slows the machine slows all of them. */
import { systemClock as clock } from '../../kube/clock.ts';
import type { Component } from '../control-plane/component.ts';
import { percentiles, rounded } from './figures.ts';
import { hammer } from './socket-load.ts';
import { meter } from './usage.ts';

export const connections = 8;

/** One server with a question for it. */
export interface Loaded {
  readonly process: Component;
  readonly url: URL;
  readonly request: Buffer;
}

export interface Round {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Of the server's process, a request. */
  readonly cpuMs: number;
}

/** Asks the same over all connections for so long. */
export async function measure({ process, url, request }: Loaded, ms: number): Promise<Round> {
  const use = meter(process, clock);
  const load = await hammer(url, request, { connections, ms, clock });
  const { cpuMs } = use();
  const { p50, p99 } = percentiles(load.latenciesMs);
  return {
    perSecond: rounded((load.requests / load.ms) * 1_000),
    p50,
    p99,
    cpuMs: Math.round((cpuMs / load.requests) * 1_000) / 1_000,
  };
}

/** Each figure by itself: the middle of all rounds. */
export function medianOf(rounds: readonly Round[]): Round {
  const middle = (figure: (round: Round) => number) =>
    rounds.map(figure).toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN;
  return {
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    cpuMs: middle(({ cpuMs }) => cpuMs),
  };
}
