import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Column, tableLines, type TableOptions } from './table.ts';
import { cutTo, padTo, widthOf, wrap } from './width.ts';

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly says: string;
}
const columns: readonly Column<Row>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'KIND', wide: true, cell: ({ kind }) => kind },
  { header: 'MESSAGE', sentence: true, cell: ({ says }) => says, paint: (_, text) => `<${text}>` },
];
const plain: TableOptions = { wide: false, headers: true, colours: false, width: undefined };
const rows: readonly Row[] = [
  { name: 'deny-all', kind: 'NetworkPolicy', says: 'No pod may be reached from outside' },
  { name: '配额', kind: '', says: 'Short' },
];

describe('width', () => {
  test.each([
    ['ascii', 5],
    ['Größe', 5],
    ['e\u{301}', 1],
    ['配额', 4],
    ['ﾊﾝｶｸ', 4],
    ['ＡＢ', 4],
    ['한글', 4],
    ['😀', 2],
    ['❤\u{fe0f}', 2],
  ])('of %s is %i', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  test('a text is cut between letters, and a wide one that would be halved goes', () => {
    expect(cutTo('配额配额', 6)).toBe('配额…');
    expect(cutTo('e\u{301}e\u{301}e\u{301}', 2)).toBe('e\u{301}…');
    expect(cutTo('word word', 6)).toBe('word…');
    expect(cutTo('abc', 0)).toBe('');
    expect(padTo('配', 4)).toBe('配  ');
  });

  test('lines are broken at blanks, and words that are too long inside', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(wrap('配额', 1)).toEqual(['配', '额']);
    expect(wrap('', 10)).toEqual(['']);
  });
});

describe('a table', () => {
  test('has columns three blanks apart', () => {
    expect(tableLines(columns, rows, plain)).toEqual([
      'NAME       MESSAGE',
      'deny-all   No pod may be reached from outside',
      '配额       Short',
    ]);
  });

  test('says <none> where nothing stands, so that columns can be counted', () => {
    expect(tableLines(columns, rows, { ...plain, wide: true, headers: false })).toEqual([
      'deny-all   NetworkPolicy   No pod may be reached from outside',
      '配额       <none>          Short',
    ]);
  });

  test('cuts sentences first', () => {
    expect(tableLines(columns, rows, { ...plain, width: 30 })).toEqual([
      'NAME       MESSAGE',
      'deny-all   No pod may be reac…',
      '配额       Short',
    ]);
  });

  test('cuts one very long name before it leaves little of every sentence', () => {
    const long = { name: 'a'.repeat(60), kind: 'Webhook', says: 'x'.repeat(60) };
    const [, , line = ''] = tableLines(columns, [...rows, long].slice(1), { ...plain, width: 80 });
    const [name, says] = line.split(/ +/);
    expect([name?.length, says?.length]).toEqual([45, 32]);
  });

  test('goes without a spare column before a name is cut', () => {
    const some: readonly Column<Row>[] = [
      ...columns.slice(0, 1),
      { header: 'KIND', spare: true, cell: ({ kind }) => kind },
      ...columns.slice(2),
    ];
    expect(tableLines(some, rows, { ...plain, width: 30 })[1]).toBe('deny-all   No pod may be reac…');
    expect(tableLines(some, rows, { ...plain, width: 50 })[1]).toBe(
      'deny-all   NetworkPolicy   No pod may be reached…',
    );
  });

  test('is coloured outside of the blanks', () => {
    const [, first] = tableLines(columns, rows, { ...plain, colours: true, width: 30 });
    expect(first).toBe('deny-all   <No pod may be reac…>');
  });

  const cell = fc.string({ unit: 'grapheme' });
  const anyRow = fc.record({ name: cell, kind: cell, says: cell });
  test('never has a line that is wider than the terminal, nor more lines than rows', () => {
    fc.assert(
      fc.property(fc.array(anyRow), fc.integer({ min: 1, max: 120 }), fc.boolean(), (some, width, wide) => {
        const lines = tableLines(columns, some, { ...plain, wide, width });
        expect(lines).toHaveLength(some.length + 1);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test('holds every cell in full where lines are not cut', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1 }), (some) => {
        const lines = tableLines(columns, some, { ...plain, headers: false });
        for (const [index, { says }] of some.entries()) {
          if (/^[ -~]*$/.test(says)) expect(lines[index]).toContain(says.trim());
        }
      }),
    );
  });

  test('breaks no text into lines that are too wide, and loses none of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
