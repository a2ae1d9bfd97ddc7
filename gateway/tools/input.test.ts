import { expect, test } from 'vitest';
import * as z from 'zod';
import { createInputReader } from './input.ts';

const read = createInputReader(z.object({ namespace: z.string(), limit: z.number().int().max(5).default(5) }));

test.each([
  [{}, 'namespace: is missing'],
  [{ namespace: null }, 'namespace: is missing'],
  [{ namespce: 'shop', limit: 6 }, 'namespace: is missing; limit: Too big: expected number to be <=5'],
  [{ namespace: 7 }, 'namespace: Invalid input: expected string, received number'],
])('%j is refused with %s', (body, error) => {
  expect(read(body)).toEqual({ ok: false, code: 'INVALID_REQUEST', error });
});
