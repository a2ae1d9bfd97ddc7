/**
 * Runs histories of the whole operator by seed, as many as wanted: `npm run simulate -- --seeds 1000 --from 0`. The last
 * line is one JSON line with the figures; each failing seed is told before it with the shortest history that fails.
 */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { systemClock } from '../../kube/clock.ts';
import { historyOf } from '../../operator/testing/history.ts';
import { shrink, simulate, tell } from '../../operator/testing/simulation.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';

const usage = `Usage: npm run simulate -- [--seeds N] [--from N]

Prints one JSON line; before it each seed that failed, with the shortest history that fails.
--seeds N   how many histories are run; 1000 unless told
--from N    the seed of the first, each of the others has the next; 0 unless told`;

const Work = z.object({ from: z.int(), to: z.int(), step: z.int() });
const Failure = z.object({ seed: z.int(), wrongs: z.array(z.string()), story: z.string() });
type Failure = z.infer<typeof Failure>;

/** Failures beyond are counted, not shortened: one fault of ours fails many seeds. */
const shortenedMax = 3;

async function runSeeds({ from, to, step }: z.infer<typeof Work>): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (let seed = from; seed < to; seed += step) {
    const history = historyOf(seed);
    // Errors by the thousand are made on purpose, and where each was made is an eighth of the time.
    Error.stackTraceLimit = 0;
    if ((await simulate(history, seed)).length === 0) continue;
    Error.stackTraceLimit = 20;
    const wrongs = await simulate(history, seed);
    const short = failures.length < shortenedMax ? await shrink(history, seed) : history;
    failures.push({ seed, wrongs: [...wrongs], story: tell(short) });
  }
  return failures;
}

/** Nearly all that a history makes is garbage by its end: with little room for it V8 mostly collects. */
const resourceLimits = { maxYoungGenerationSizeMb: 128 };

async function inWorker(work: z.infer<typeof Work>): Promise<Failure[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: work, resourceLimits });
  const { promise, resolve, reject } = Promise.withResolvers<Failure[]>();
  worker.once('message', (message: unknown) => resolve(z.array(Failure).parse(message)));
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it had told anything`)));
  return promise;
}

if (isMainThread) {
  const numbers = orUsage(() =>
    readNumbers(process.argv.slice(2), usage, {
      seeds: { ifAbsent: 1_000, min: 1, max: 1_000_000_000 },
      from: { ifAbsent: 0, min: 0, max: 1_000_000_000 },
    }),
  );
  const seeds = numbers('seeds');
  const from = numbers('from');
  const workers = Math.min(seeds, availableParallelism());
  const startedAt = systemClock.monotonic();
  const cpuAtStart = process.cpuUsage();
  const found = await Promise.all(
    Array.from({ length: workers }, (_, index) => inWorker({ from: from + index, to: from + seeds, step: workers })),
  );
  const failures = found.flat().toSorted((a, b) => a.seed - b.seed);
  for (const { seed, wrongs, story } of failures) {
    process.stdout.write(`seed ${seed} (alone: npm run simulate -- --seeds 1 --from ${seed})\n`);
    process.stdout.write(`${wrongs.join('\n')}\n--- shortest history ---\n${story}\n\n`);
  }
  const seconds = (systemClock.monotonic() - startedAt) / 1_000;
  const perMinute = Math.round((seeds / seconds) * 60);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const cpuMsPerHistory = Math.round((user + system) / 1_000 / seeds);
  const figure = { figure: 'simulation', seeds, from, failures: failures.map(({ seed }) => seed), perMinute };
  process.stdout.write(`${JSON.stringify({ ...figure, cpuMsPerHistory, workers })}\n`);
  if (failures.length > 0) process.exitCode = 1;
} else {
  parentPort?.postMessage(await runSeeds(Work.parse(workerData)));
}
