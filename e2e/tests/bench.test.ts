import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../control-plane/admin.ts';

// A bench of a small size: what its figures are is not asserted, but that all are there, and those that count are right.

const main = fileURLToPath(new URL('../bench/main.ts', import.meta.url));
const small = ['--namespaces', '5', '--cluster-policies', '4', '--changes', '5', '--quiet-seconds', '2'];

let bench: ReturnType<typeof start> | undefined;
let figures: readonly unknown[];
beforeAll(async () => {
  bench = start();
  const [printed, progress] = await Promise.all([text(bench.stdout), text(bench.stderr), once(bench, 'close')]);
  if (bench.exitCode !== 0) throw new Error(`the bench ended with ${bench.exitCode ?? bench.signalCode}:\n${progress}`);
  figures = printed
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
});

afterAll(() => void bench?.kill());

function start() {
  return spawn(process.execPath, [main, ...small], { stdio: ['ignore', 'pipe', 'pipe'] });
}

const figure = (name: string) => figures.find((each) => at(each, 'figure') === name);

test('every figure is printed, each on a line of its own', () => {
  expect(figures.map((each) => at(each, 'figure'))).toEqual([
    'machine',
    'load',
    'idle-apiserver-cpu',
    'cold-start',
    'cold-start-writes',
    'cold-start-apiserver-cpu-per-write',
    'cold-start-operator-cpu',
    'cold-start-operator-peak-rss',
    'gateway-start',
    'writes-in-quiet',
    'quiet-operator-cpu',
    'quiet-apiserver-cpu',
    'change-to-report',
    'change-to-report',
    'change-to-gateway',
    'change-to-gateway',
    'change-apiserver-cpu-per-write',
    'change-operator-cpu',
    'change-gateway-cpu',
    'operator-peak-rss',
    'gateway-peak-rss',
    'operator-cpu',
    'gateway-cpu',
    'fan-out',
    'fan-out-apiserver-cpu',
    'fan-out-operator-cpu',
    'fan-out-beside-changes',
    'change-to-report-beside-fan-out',
    'restart',
    'writes-after-restart',
    'restart-operator-peak-rss',
    'restart-operator-cpu',
  ]);
});

test('nothing is written while nothing changes', () => {
  expect(figure('writes-in-quiet')).toMatchObject({ value: 0, seconds: 2 });
});

test('an operator that starts again writes nothing', () => {
  expect(figure('writes-after-restart')).toMatchObject({ value: 0 });
});

test('every change was measured up to the report and up to the answer', () => {
  expect(figure('change-to-report')).toMatchObject({ samples: 5 });
  expect(figure('change-to-gateway')).toMatchObject({ samples: 5 });
});
