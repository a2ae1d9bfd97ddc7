import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines } from './lines.ts';

async function linesOf(chunks: readonly Uint8Array[], bytesMax = 1_000): Promise<string[]> {
  const lines: string[] = [];
  const source = (async function* () {
    yield* chunks;
  })();
  for await (const line of readLines(source, { bytesMax, tooLong: () => new Error('too long') })) lines.push(line);
  return lines;
}

const encode = (text: string) => new TextEncoder().encode(text);

test('gives the same lines wherever the bytes are cut, inside a character too', async () => {
  const lines = fc.array(fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/[\n\ud800-\udfff]/.test(text)));
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), async (expected, sizes) => {
      const bytes = encode(expected.map((line) => `${line}\n`).join(''));
      const chunks: Uint8Array[] = [];
      for (let start = 0, index = 0; start < bytes.length; index += 1) {
        const size = sizes[index % sizes.length] ?? 1;
        chunks.push(bytes.subarray(start, start + size));
        start += size;
      }
      // A line that is nothing but a byte order mark is empty.
      const told = expected.map((line) => line.replace(/^\ufeff/, '')).filter((line) => line !== '');
      expect(await linesOf(chunks)).toEqual(told);
    }),
  );
});

test('leaves out empty lines and what has no newline at the end', async () => {
  expect(await linesOf([encode('a\n\nb\nc')])).toEqual(['a', 'b']);
});

test('refuses a line that is too long, whether it ends or not', async () => {
  await expect(linesOf([encode('12345\n')], 4)).rejects.toThrow('too long');
  await expect(linesOf([encode('123'), encode('45')], 4)).rejects.toThrow('too long');
  expect(await linesOf([encode('1234\n')], 4)).toEqual(['1234']);
});

test('refuses bytes that are no text', async () => {
  await expect(linesOf([new Uint8Array([0xff, 0xfe, 0x0a])])).rejects.toThrow(TypeError);
});
