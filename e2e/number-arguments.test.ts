import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readNumbers, UsageError } from './number-arguments.ts';

const options = { seeds: { ifAbsent: 10, min: 1, max: 100 }, from: { ifAbsent: 0, min: 0, max: 50 } };
const read = (...args: readonly string[]) => {
  const numbers = readNumbers(args, 'Usage: this one', options);
  return { seeds: numbers('seeds'), from: numbers('from') };
};

test('what is not given is as told, and the rest as given', () => {
  expect(read()).toEqual({ seeds: 10, from: 0 });
  expect(read('--seeds', '100', '--from=0')).toEqual({ seeds: 100, from: 0 });
});

test.each([['--seeds', 'x'], ['--seeds', '0'], ['--seeds', '101'], ['--from', '-1'], ['--from='], ['--from', '1.5']])(
  'a number that is none, or is out of bounds, is refused with the usage: %s %s',
  (...args) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(/\n\nUsage: this one$/);
  },
);

test.each([['--seeds'], ['--sedes', '1'], ['5']])('so is what is no option: %s', (...args) => {
  expect(() => read(...args)).toThrow(/\n\nUsage: this one$/);
});

test.each([
  ['simulate', '--seeds'],
  ['fuzz', '--objects'],
])('npm run %s with a number that is none tells its usage, without a stack, and fails', (program, option) => {
  const file = fileURLToPath(new URL(`${program}/main.ts`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, option, 'x'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`${option} is "x" and must be a whole number from 1 to`);
  expect(stderr).toContain(`\n\nUsage: npm run ${program} `);
  expect(stderr).not.toContain('main.ts');
});
