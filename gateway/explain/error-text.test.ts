import { expect, test } from 'vitest';
import { readErrorText, type Span, textLengthMax } from './error-text.ts';

const whole = (text: string): Span => ({ start: 0, end: text.length });

test.each([
  ['white space of every kind is single blanks', 'a  b\t\r\n c\u00a0d\u200be', 'a b c d e'],
  [
    'escapes of JSON, also several times over',
    String.raw`{"m":"a \"b\" \\\"c\\\"\n  d\u003ce\u003e"}`,
    '{"m":"a "b" "c" d<e>"}',
  ],
  ['colours of terminals', '\u001b[31mERROR\u001b[0m a\u001b[1;33mb', 'ERROR ab'],
  ['escaped colours', String.raw`a \u001b[31mred\u001b[0m`, 'a red'],
  ['entities of HTML', '&lt;a&gt; &quot;b&quot; &amp;&#39;', `<a> "b" &'`],
  ['typographic quotation marks and Markdown', '“a” ‘b’ `c` **d**', `"a" 'b' c d`],
  ['nothing', '', ''],
  ['white space alone', ' \n\t ', ''],
])('%s', (_, pasted, flat) => {
  expect(readErrorText(pasted).flat.trim()).toBe(flat);
});

test('a place leads back to the words as they were pasted', () => {
  const text = readErrorText('one  \\"two\\"\n   “three”  four');
  const start = text.flat.indexOf('"two');
  expect(text.quote({ start, end: text.flat.indexOf('four') })).toBe('\\"two\\"\n   “three”');
});

test.each([
  [
    'a quotation mark',
    String.raw`violates \"restricted:latest\": more`,
    '"restricted:latest"',
    String.raw`\"restricted:latest\"`,
  ],
  ['one that is escaped twice', String.raw`violates \\\"a\\\" more`, '"a"', String.raw`\\\"a\\\"`],
  ['an entity at the end', 'is &quot;a&quot;', '"a"', '&quot;a&quot;'],
  ['a code point', String.raw`is \u003ca\u003e more`, '<a>', String.raw`\u003ca\u003e`],
])('a quotation ends behind what was escaped: %s', (_, pasted, words, quoted) => {
  const text = readErrorText(pasted);
  const start = text.flat.indexOf(words);
  expect(text.quote({ start, end: start + words.length })).toBe(quoted);
});

test('lines keep their indentation, escaped ones too', () => {
  const text = readErrorText('head\n\n  a:\\n    b: c\nend');
  const lines = text.linesFrom(0, 1_000).map(({ start, end, indent }) => [indent, text.flat.slice(start, end)]);
  expect(lines).toEqual([
    [0, 'head'],
    [2, 'a:'],
    [4, 'b: c'],
    [0, 'end'],
  ]);
  expect(text.lineEnd(1)).toBe(4);
  expect(text.lineEnd(text.flat.length - 1)).toBe(text.flat.length);
});

test('lower has the length of flat, whatever letters there are', () => {
  const { flat, lower } = readErrorText('İSTANBUL ẞ ABC');
  expect(lower).toHaveLength(flat.length);
  expect(lower).toContain('abc');
});

test('of a text that is too long the beginning and the end are read, and it is said', () => {
  const text = readErrorText(`first ${'x'.repeat(textLengthMax)} last`);
  expect(text.shortened).toBe(true);
  expect(text.flat.startsWith('first ')).toBe(true);
  expect(text.flat.endsWith(' last')).toBe(true);
  expect(text.quote(whole('first'))).toBe('first');
});
