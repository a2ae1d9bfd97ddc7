import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileText } from '../testing/hostile-text.ts';
import { isPlain } from '../words.ts';
import { commandLine, quoted } from './quote.ts';

/** What a shell makes of these lines: the arguments of each, which `kubectl` stands in front of. */
function parsedByShell(lines: readonly string[]): string[][] {
  const script = String.raw`kubectl() { printf '%s\0' "$@"; printf '\n'; }`;
  // An empty PATH: what is not the function above cannot run, and complains.
  const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', [script, ...lines].join('\n')], {
    encoding: 'utf8',
    env: { PATH: '' },
    maxBuffer: 64 * 1_024 * 1_024,
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\0').slice(0, -1));
}

test('a shell makes of each command exactly the words that were meant', () => {
  const words = fc.array(fc.oneof(hostileText, fc.string({ unit: 'grapheme', maxLength: 20 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.array(words, { minLength: 200, maxLength: 200 }), (commands) => {
      const meant = commands.filter((each) => each.every((word) => quoted(word) !== undefined));
      expect(meant.length).toBeGreaterThan(20);
      expect(parsedByShell(meant.map((each) => commandLine(['kubectl', ...each]) ?? ''))).toEqual(meant);
    }),
    { numRuns: 10 },
  );
});

test.each([
  ['shop', 'shop'],
  ['-n', '-n'],
  ['a=b', 'a=b'],
  ['=ls', "'=ls'"],
  ['~', "'~'"],
  ["it's", String.raw`'it'\''s'`],
  ['$(id)', "'$(id)'"],
  ['', "''"],
  ['größe', "'größe'"],
])('%j is written as %s', (word, expected) => {
  expect(quoted(word)).toBe(expected);
});

test.each(['a\nb', '\u001b[2J', '\u0000', '\u202eabc', 'a\u200bb', '\ud800', '\u{e0041}', 'x'.repeat(1_025)])(
  'what one must not paste stands in no command: %j',
  (word) => {
    expect(quoted(word)).toBeUndefined();
    expect(commandLine(['kubectl', word])).toBeUndefined();
  },
);

test('a value that a program would take for an option, or for nothing, stands in no command', () => {
  for (const value of ['-rf', '--kubeconfig=x', '-', '']) {
    expect(commandLine(['kubectl', 'get', { value }])).toBeUndefined();
  }
  expect(commandLine(['kubectl', 'get', { value: 'a-b' }, '-n', 'shop'])).toBe('kubectl get a-b -n shop');
});

test('every word that is quoted is plain', () => {
  fc.assert(fc.property(hostileText, (word) => quoted(word) === undefined || isPlain(word)));
});
