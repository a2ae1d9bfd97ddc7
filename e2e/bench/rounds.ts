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
async function measure({ process, url, request }: Loaded, ms: number): Promise<Round> {
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

/** All of them in turns, once each round; each with the median of what was measured of it. */
export async function measureInTurns<Subject extends Loaded>(
  subjects: readonly Subject[],
  options: {
    readonly warmUpMs: number;
    readonly ms: number;
    readonly rounds: number;
    readonly say: (line: string) => void;
  },
): Promise<readonly (Subject & Round)[]> {
  const { warmUpMs, ms, rounds, say } = options;
  for (const subject of subjects) await measure(subject, warmUpMs);
  const measured = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]));
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds} …`);
    for (const [subject, results] of measured) results.push(await measure(subject, ms));
  }
  return [...measured].map(([subject, results]) => ({ ...subject, ...medianOf(results) }));
}

/** Each figure by itself: the middle of all rounds. */
function medianOf(rounds: readonly Round[]): Round {
  const middle = (figure: (round: Round) => number) =>
    rounds.map(figure).toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN;
  return {
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    cpuMs: middle(({ cpuMs }) => cpuMs),
  };
}
