/**
 * What one call of `potoo_explain` costs without HTTP: `npm run -s bench:explain [-- --rounds N]`. 500 constraints of all engines
 * bind the namespace, and the caller may see them all. CPU of the whole process, so that of collecting garbage is in it. One
 * JSON line a figure on stdout.
 */
import { createPaces } from '../../gateway/answer/pace.ts';
import { explain } from '../../gateway/tools/explain.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { callOver } from '../eval/explain-asking.ts';
import { catalogOf, constraintsOf } from '../eval/explain-catalog.ts';
import { manyPolicies } from '../eval/explain-distractors.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';
import { type BenchText, hostileTexts, linesText, realisticTexts } from './explain-texts.ts';
import { type Figure, machineFigure, percentiles, rounded } from './figures.ts';

const namespace = 'shop';
const constraintCount = 500;
const kB = 1_024;

const usage = `Usage: npm run -s bench:explain [-- --rounds N]

--rounds N  questions about each text of 64 kB; 60 unless told`;

const numbers = orUsage(() =>
  readNumbers(process.argv.slice(2), usage, { rounds: { ifAbsent: 60, min: 1, max: 10_000 } }),
);
await run(numbers('rounds'));

async function run(rounds: number): Promise<void> {
  print(machineFigure({ constraints: constraintCount }));
  const around = {
    labels: { 'kubernetes.io/metadata.name': namespace },
    workloads: ['web', 'database'].map((name) => ({ kind: 'Deployment', name, labels: { app: name } })),
  };
  const constraints = constraintsOf(manyPolicies(namespace, constraintCount)).slice(0, constraintCount);
  const freshCatalog = () => catalogOf(namespace, constraints, around);
  const warm = freshCatalog();
  const texts = realisticTexts(64 * kB);

  const cold: number[] = [];
  for (const text of texts) cold.push((await ask(text, freshCatalog())).cpuMs);
  print({ figure: 'explain-cold', unit: 'ms CPU', ...percentiles(cold) });
  for (const text of texts) for (let round = 0; round < 10; round += 1) await ask(text, warm);
  const all: number[] = [];
  for (const text of texts) {
    const taken: number[] = [];
    for (let round = 0; round < rounds; round += 1) taken.push((await ask(text, warm)).cpuMs);
    all.push(...taken);
    print({ figure: 'explain-64-kB', unit: 'ms CPU', text: text.name, ...percentiles(taken) });
  }
  print({ figure: 'explain-64-kB-all', unit: 'ms CPU', ...percentiles(all) });

  const unseen: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    for (const text of texts) unseen.push((await ask(text, freshCatalog())).cpuMs);
  }
  print({ figure: 'explain-64-kB-new-catalog', unit: 'ms CPU', ...percentiles(unseen) });

  for (const [name, kilobytes] of [
    ['1-MiB', 1_024],
    ['4-MiB', 4_096],
  ] as const) {
    for (const text of realisticTexts(kilobytes * kB)) await tellOnce(`explain-${name}`, text);
  }
  await tellOnce('explain-lines', linesText(10_000));
  for (const [name, kilobytes] of [
    ['64-kB', 64],
    ['1-MiB', 1_024],
    ['4-MiB', 4_096],
  ] as const) {
    await tellWorst(`explain-hostile-${name}`, hostileTexts(kilobytes * kB));
  }

  async function tellOnce(figure: string, text: BenchText): Promise<void> {
    const { cpuMs, heldMs } = await ask(text, warm);
    print({ figure, unit: 'ms CPU', text: text.name, value: rounded(cpuMs), heldMs: rounded(heldMs) });
  }

  async function tellWorst(figure: string, hostile: Iterable<BenchText>): Promise<void> {
    let worst = { name: '', cpuMs: 0, heldMs: 0 };
    let heldMs = 0;
    let asked = 0;
    for (const text of hostile) {
      asked += 1;
      const taken = await ask(text, warm);
      heldMs = Math.max(heldMs, taken.heldMs);
      if (taken.cpuMs > worst.cpuMs) worst = { name: text.name, ...taken };
    }
    print({
      figure,
      unit: 'ms CPU',
      texts: asked,
      worst: worst.name,
      value: rounded(worst.cpuMs),
      heldMs: rounded(heldMs),
    });
  }
}

async function ask({ name, text }: BenchText, catalog: ReturnType<typeof catalogOf>) {
  // How long others would have waited for their turn.
  let heldMs = 0;
  let since = clock.monotonic();
  let asking = true;
  const look = () => {
    const now = clock.monotonic();
    heldMs = Math.max(heldMs, now - since);
    since = now;
    if (asking) setImmediate(look);
  };
  await clock.sleep(0);
  since = clock.monotonic();
  setImmediate(look);
  const deadline = clock.monotonic() + 30_000;
  const call = { ...callOver(catalog), clock, deadline, pace: createPaces(clock)(deadline) };
  const before = process.cpuUsage();
  const { answer } = await explain.answer({ error_message: text, namespace }, call);
  const { user, system } = process.cpuUsage(before);
  await clock.sleep(0);
  asking = false;
  look();
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer).slice(0, 300)}`);
  return { cpuMs: (user + system) / 1_000, heldMs };
}

function print(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
