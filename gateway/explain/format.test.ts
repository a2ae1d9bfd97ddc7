import { expect, test } from 'vitest';
import { readErrorText } from './error-text.ts';
import { format, quoted, text, word } from './format.ts';

const exceeded = format`exceeded quota: ${word('quota')}, requested: ${word('requested')}, used: ${word('used')}`;
const denied = format`webhook "${quoted('hook')}" denied the request: ${text('reason')}`;

test('parts reach to the next fixed words, whatever case these are in', () => {
  const found = exceeded.read(readErrorText('Exceeded quota: a-b, requested: cpu=1,memory=2Gi, used: cpu=3.'), 0);
  expect(found?.parts).toEqual({ quota: 'a-b', requested: 'cpu=1,memory=2Gi', used: 'cpu=3' });
  expect(found?.cut).toBe(false);
});

test('what is another message is none of this format', () => {
  for (const other of [
    'exceeded quota',
    'exceeded quota: a b, requested: ',
    'exceeded quota: , requested: x, used: y',
  ]) {
    expect(exceeded.read(readErrorText(`${other} and so on`), 0)?.parts.quota).toBeUndefined();
  }
});

test('a text that is cut gives what is whole: half a name is another name', () => {
  expect(exceeded.read(readErrorText('exceeded quota: a-'), 0)).toMatchObject({ parts: {}, cut: true });
  expect(exceeded.read(readErrorText('exceeded quota: a-b, reques'), 0)).toMatchObject({ parts: {}, cut: true });
  expect(exceeded.read(readErrorText('exceeded quota: a-b, requested: c'), 0)).toMatchObject({
    parts: { quota: 'a-b' },
    cut: true,
  });
});

test('the last part of a message ends with its line', () => {
  const found = denied.read(readErrorText('webhook "x.y" denied the request: no\nnext line'), 0);
  expect(found?.parts).toEqual({ hook: 'x.y', reason: 'no' });
});
