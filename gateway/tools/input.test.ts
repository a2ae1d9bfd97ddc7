import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createInputReader } from './input.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { reportObject } from '../testing/objects.ts';

const read = createInputReader(
  z.object({
    namespace: z.string(),
    limit: z.number().int().max(5).default(5),
    ratio: z.number().min(0).optional(),
    names: z.array(z.string().max(3)).optional(),
    mode: z.enum(['on', 'off']).optional(),
    dry: z.boolean().optional(),
  }),
);

test.each([
  [{}, 'namespace: is missing'],
  [{ namespace: null }, 'namespace: is missing'],
  [{ namespce: 'shop', limit: 6 }, 'namespace: is missing; limit: a whole number up to 5'],
  [{ namespace: 7 }, 'namespace: a text'],
  [{ namespace: 'a', limit: 1.5 }, 'limit: a whole number up to 5'],
  [{ namespace: 'a', limit: 'five' }, 'limit: a whole number up to 5'],
  [{ namespace: 'a', ratio: -1 }, 'ratio: a number from 0'],
  [{ namespace: 'a', names: 'b' }, 'names: a list'],
  [{ namespace: 'a', names: ['b', 'long'] }, 'names.1: a text of at most 3 characters'],
  [{ namespace: 'a', mode: 'ON' }, 'mode: one of on, off'],
  [{ namespace: 'a', dry: 'yes' }, 'dry: true or false'],
])('%j is refused with %s', (body, error) => {
  expect(read(body)).toEqual({ ok: false, code: 'INVALID_REQUEST', error });
});

describe('a question that cannot be understood names each field and what would be right', () => {
  const gateway = createGateway({ objects: [reportObject('shop', [])], rights: rightsOf('shop') });
  const severities = 'one of Critical, Warning, Info';
  const noNamespace = 'is no name of a namespace: lower-case letters, digits and dashes, at most 63';

  test.each([
    ['potoo_query', { severity: 'critical' }, `severity: ${severities}`],
    ['potoo_query', { severity: 3 }, `severity: ${severities}`],
    ['potoo_query', { limit: 0 }, 'limit: a whole number from 1 to 1000'],
    ['potoo_query', { limit: '1001' }, 'limit: a whole number from 1 to 1000'],
    ['potoo_query', { include_remediation: 'no' }, 'include_remediation: true or false'],
    ['potoo_query', { namespace: 'Shop' }, `namespace: ${noNamespace}`],
    ['potoo_query', { namespace: 'a'.repeat(70) }, `namespace: ${noNamespace}`],
    ['potoo_query', { workload_name: '' }, 'workload_name: a text of 1 to 317 characters'],
    ['potoo_query', { workload_labels: 'tier=db' }, 'workload_labels: an object of texts, like {"key": "text"}'],
    ['potoo_query', { workload_labels: { tier: 7 } }, 'workload_labels.tier: a text of at most 63 characters'],
    [
      'potoo_query',
      { workload_labels: { ['k'.repeat(400)]: 'v' } },
      `workload_labels.${'k'.repeat(63)}…: a key is too long`,
    ],
    ['potoo_query', { cursor: 'x'.repeat(5_000) }, 'cursor: a text of 1 to 4096 characters'],
    ['potoo_remediation', {}, 'constraint_name: is missing'],
    ['potoo_remediation', { constraint_name: '' }, 'constraint_name: a text of 1 to 640 characters'],
  ])('%s %j', async (tool, input, error) => {
    const response = await gateway.post(`/tools/${tool}`, { namespace: 'shop', ...input }, 'reader');
    expect([response.status, await response.json()]).toEqual([400, { code: 'INVALID_REQUEST', error }]);
  });
});
