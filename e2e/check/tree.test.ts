import { expect, test } from 'vitest';
import { isTest, readSources, readTracked, trackedFiles } from './sources.ts';

const linesMax = { product: 350, test: 500 };

test('a file stays short enough to hold in mind', () => {
  const long = readSources()
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ path, lines }) => lines > (isTest(path) || path.startsWith('e2e/') ? linesMax.test : linesMax.product));
  expect(long).toEqual([]);
});

test('nothing is left to be done in a comment', () => {
  const word = ['TO', 'DO'].join('');
  const marks = new RegExp(`\\b(${word}|${['FIX', 'ME'].join('')})\\b`);
  const left = readSources().filter(({ text }) => marks.test(text));
  expect(left.map(({ path }) => path)).toEqual([]);
});

test('folders and files have kebab-case names', () => {
  const wrong = trackedFiles()
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.property)?(\.test|\.config)?\.ts$/.test(path));
  expect(wrong).toEqual([]);
});

test('every exported function says what it does', () => {
  const silent = readSources()
    .filter(({ path }) => !isTest(path) && !path.startsWith('e2e/'))
    .flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, index) => {
        const exported = /^export (?:async )?function\*? (\w+)/.exec(line);
        return exported === null || lines[index - 1]?.endsWith('*/') ? [] : [`${path}: ${exported[1]}`];
      });
    });
  expect(silent).toEqual([]);
});

test('the lock file names no address of a registry', () => {
  expect(readTracked('package-lock.json')).not.toMatch(/"resolved": "http/);
});
