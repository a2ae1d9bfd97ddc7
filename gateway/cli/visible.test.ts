import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible, visibleEscaped } from './visible.ts';

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const controls = fc.constantFrom(
  '\u{1b}[2J',
  '\u{9b}31m',
  '\u{202e}',
  '\u{200b}',
  '\u{7f}',
  '\r',
  '\n',
  '\u{2028}',
  '\u{e0041}',
  '\u{d800}',
);
const text = fc.array(fc.oneof(controls, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''));

describe('text for a terminal', () => {
  test.each([
    ['plain text stays', 'Pods accept ingress on TCP 80', 'Pods accept ingress on TCP 80'],
    ['so do letters of other scripts', 'Grüße 命名空间 नेमस्पेस', 'Grüße 命名空间 नेमस्पेस'],
    ['escape sequences', 'a\u{1b}[31mb', String.raw`a\x1b[31mb`],
    ['the one-byte form of their beginning', 'a\u{9b}31m', String.raw`a\x9b31m`],
    ['line ends and tabs', 'a\nb\tc\r', String.raw`a\nb\tc\x0d`],
    ['directions', 'a\u{202e}b', String.raw`a\u202eb`],
    ['what has no width', 'a\u{200b}\u{feff}b', String.raw`a\u200b\ufeffb`],
    ['letters that are not drawn', 'a\u{3164}b', String.raw`a\u3164b`],
    ['tags', 'a\u{e0041}', String.raw`a\u{e0041}`],
    ['half of a character', 'a\u{d83d}', String.raw`a\ud83d`],
    ['the emoji form of a sign stays', '❤\u{fe0f}', '❤\u{fe0f}'],
    [
      'more marks than any script needs',
      `e${'\u{301}'.repeat(6)}`,
      `e${'\u{301}'.repeat(4)}${String.raw`\u301`.replace('301', '0301').repeat(2)}`,
    ],
  ])('%s', (_, given, shown) => {
    expect(visible(given)).toBe(shown);
  });

  test('nothing unseen passes', () => {
    fc.assert(fc.property(text, (given) => !unseen.test(visible(given))));
  });

  test('JSON says the same when it is escaped', () => {
    fc.assert(
      fc.property(text, (given) => {
        const escaped = visibleEscaped(JSON.stringify({ [given]: given }));
        expect(JSON.parse(escaped)).toEqual({ [given]: given });
        expect(escaped).not.toMatch(unseen);
      }),
    );
  });
});
