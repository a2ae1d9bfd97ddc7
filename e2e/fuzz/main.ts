/**
 * `npm run fuzz`: feeds mutated policy objects to all adapters: those of the cases and, where it is at hand, of the corpus beside
 * the project. Nothing may throw or take long, and every constraint must hold to its schema. Prints one JSON line; what was found
 * comes before it, with the number that makes it again.
 */
import { asStored, loadCases } from '../../crds/cases/load-cases.ts';
import { Constraint } from '../../crds/constraint.ts';
import { adapters } from '../../operator/adapters/all.ts';
import type { Adapter, Reading } from '../../operator/adapters/define.ts';
import { noParametersRead } from '../../operator/adapters/parameters.ts';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { mutate } from '../../operator/testing/mutate.ts';
import { corpusMissing, sharedCorpus } from '../eval/corpus.ts';
import { policyManifests } from '../eval/policy-manifests.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';

const msMax = 50;
/** A pause of the garbage collector is no slowness of an adapter: it does not come again with the same object. */
const tries = 3;
const printedMax = 20;
/** Of one file. */
const objectsMax = 5;

const usage = `Usage: npm run fuzz -- [--objects N] [--from N]

Prints one JSON line; before it what was found, with the number that makes it again.
--objects N   how many objects are mutated and read; 200000 unless told
--from N      the seed of the first, each of the others has the next; 0 unless told`;

const numbers = orUsage(() =>
  readNumbers(process.argv.slice(2), usage, {
    objects: { ifAbsent: 200_000, min: 1, max: 1_000_000_000 },
    from: { ifAbsent: 0, min: 0, max: 1_000_000_000 },
  }),
);
const count = numbers('objects');
const from = numbers('from');

interface Sample {
  readonly adapter: Adapter;
  readonly objects: readonly unknown[];
}

const cases = adapters.flatMap((adapter): readonly Sample[] =>
  loadCases(adapter.id).map(({ objects }) => ({ adapter, objects: objects.map(asStored) })),
);
/** Files of which not all is read at once: a policy beside what puts it into force. */
const files = corpusMissing === undefined ? policyManifests(sharedCorpus, adapters) : [];
const found = [...Map.groupBy(files, ({ adapter, file }) => `${adapter.id} ${file}`).values()];
const samples: readonly Sample[] = [
  ...cases,
  ...found.flatMap((manifests): readonly Sample[] => {
    const [first] = manifests;
    const objects = manifests.map(({ stored }) => stored).slice(0, objectsMax);
    return first === undefined ? [] : [{ adapter: first.adapter, objects }];
  }),
];
const replacements: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  1.5,
  1e308,
  true,
  [],
  {},
  [null],
  ['a', 'a'],
  { a: { b: [] } },
  '*',
  '*/*',
  'In',
  'CREATE',
  '99999999999999999999Gi',
  '-1m',
  '10.0.0.0/8',
  '__proto__',
  'é\u2028\n\0',
  '𝒳'.repeat(700),
  'a'.repeat(100_000),
  Array.from({ length: 2_000 }, (_, index) => ({ key: `k${index}`, operator: 'In', values: [`${index}`] })),
];

let constraints = 0;
let problems = 0;
let slowestMs = 0;
const faults = { threw: 0, slow: 0, unsound: 0 };
let printed = 0;

for (let seed = from; seed < from + count; seed += 1) check(seed);

process.stdout.write(
  `${JSON.stringify({ objects: count, from, adapters: adapters.length, samples: samples.length, constraints, problems, slowestMs: Math.round(slowestMs * 100) / 100, ...faults })}\n`,
);
if (faults.threw + faults.slow + faults.unsound > 0) process.exitCode = 1;

function check(seed: number): void {
  const random = seededRandom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const sample = samples[pick(samples.length)];
  if (sample === undefined) throw new Error('there are no cases');
  const target = pick(sample.objects.length);
  const objects = sample.objects.map((object, index) => {
    let mutated: unknown = object;
    if (index !== target) return mutated;
    for (let left = 1 + pick(4); left > 0; left -= 1) {
      const path = Array.from({ length: pick(10) }, () => pick(13));
      mutated = mutate(mutated, path, replacements[pick(replacements.length)]);
    }
    return mutated;
  });
  try {
    const { readings, ms } = timed(sample.adapter, objects);
    slowestMs = Math.max(slowestMs, ms);
    if (ms > msMax) tell('slow', seed, `${sample.adapter.id}: ${ms.toFixed(1)} ms`);
    for (const reading of readings) {
      constraints += reading.constraints.length;
      problems += reading.problems.length;
      for (const constraint of reading.constraints) {
        const sound = Constraint.safeParse(constraint);
        if (!sound.success) tell('unsound', seed, `${sample.adapter.id}: ${sound.error.message}`);
      }
    }
  } catch (error) {
    tell(
      'threw',
      seed,
      `${sample.adapter.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

/** The quickest of a few tries, when the first was slow. */
function timed(
  adapter: Adapter,
  objects: readonly unknown[],
): { readonly readings: readonly Reading[]; readonly ms: number } {
  let readings: readonly Reading[] = [];
  let quickest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < tries && quickest > msMax; attempt += 1) {
    const startedAt = performance.now();
    readings = readAll(adapter, objects);
    quickest = Math.min(quickest, performance.now() - startedAt);
  }
  return { readings, ms: quickest };
}

function readAll(adapter: Adapter, objects: readonly unknown[]): Reading[] {
  const readings = objects.map((object) => adapter.read(object));
  const parts = readings.flatMap((reading) => reading.parts ?? []);
  const shared = readings.flatMap((reading) => reading.shared ?? []);
  const joined = [...Map.groupBy(parts, ({ key }) => key).values()].flatMap((own) => {
    const values = [...own.map(({ value }) => value), ...shared];
    return adapter.join?.(values, noParametersRead) ?? [];
  });
  return [...readings, ...joined];
}

function tell(what: keyof typeof faults, seed: number, text: string): void {
  faults[what] += 1;
  printed += 1;
  if (printed <= printedMax) process.stdout.write(`${what}: --from ${seed} --objects 1: ${text}\n`);
}
