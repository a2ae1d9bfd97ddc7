import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { handleOf } from '../../crds/report-line.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { mcpCall } from '../testing/mcp-call.ts';
import { detailObject, entryOf, lineOf, networkConstraint, reportObject } from '../testing/objects.ts';

const own = networkConstraint('shop', 'db-in');
const strange = networkConstraint('shop', 'db\u202eni');
const foreign = networkConstraint('platform', 'secret-peer', { severity: 'Info' });
const namespaces = Array.from({ length: 130 }, (_, index) => `team-${String(index).padStart(3, '0')}`);
const gateway = createGateway({
  objects: [
    reportObject('shop', [entryOf(own), entryOf(strange)], {
      inherited: [lineOf({ ...foreign, summary: 'Some connections are limited' })],
    }),
    reportObject('data', [entryOf(networkConstraint('data', 'hidden'))]),
    detailObject('platform', 'constraints', [foreign]),
    ...namespaces.map((namespace) => reportObject(namespace, [])),
  ],
  rights: {
    ...rightsOf('shop'),
    few: ['get constraintreports team-007', 'get constraintreports team-011', 'get constraintreports shop'],
    nobody: [],
  },
});
const Completion = z.object({
  values: z.array(z.string()),
  total: z.number().optional(),
  hasMore: z.boolean().optional(),
});

async function complete(
  user: string | undefined,
  ref: object,
  argument: object,
  given?: Readonly<Record<string, string>>,
) {
  const params = { ref, argument, ...(given && { context: { arguments: given } }) };
  const answer = await mcpCall(gateway, user, '2025-11-25', { method: 'completion/complete', params });
  return { ...answer, completion: Completion.safeParse(answer.result?.['completion']).data };
}

const ofReports = { type: 'ref/resource', uri: 'potoo://reports/{namespace}' };
const ofConstraints = { type: 'ref/resource', uri: 'potoo://constraints/{namespace}/{name}' };
const ofPrompt = { type: 'ref/prompt', name: 'diagnose-denial' };
const namespace = (value: string) => ({ name: 'namespace', value });
const name = (value: string) => ({ name: 'name', value });

describe('completion of a namespace', () => {
  test.each([ofReports, ofConstraints, ofPrompt])('offers those that the caller may see: %j', async (ref) => {
    expect((await complete('admin', ref, namespace('team-00'))).completion).toEqual({
      values: namespaces.slice(0, 10),
      total: 10,
      hasMore: false,
    });
    expect((await complete('few', ref, namespace('team-'))).completion).toEqual({
      values: ['team-007', 'team-011'],
      total: 2,
      hasMore: false,
    });
    expect((await complete('few', ref, namespace('dat'))).completion?.values).toEqual([]);
    expect((await complete('nobody', ref, namespace(''))).completion?.values).toEqual([]);
  });

  test('offers 100 at most, and says that there are more', async () => {
    const { completion } = await complete('admin', ofReports, namespace('team-'));
    expect(completion).toMatchObject({ total: 130, hasMore: true });
    expect(completion?.values).toEqual(namespaces.slice(0, 100));
  });

  test('is recorded as a call of its own', async () => {
    const before = gateway.records.length;
    await complete('admin', ofReports, namespace('te'));
    expect(gateway.records.slice(before)).toMatchObject([{ name: 'mcp:completion/complete', outcome: 'OK' }]);
  });
});

describe('completion of a constraint', () => {
  test('offers names as the caller may see them: handles for policies of other namespaces, ids for names that hide something', async () => {
    const reader = await complete('reader', ofConstraints, name(''), { namespace: 'shop' });
    expect(reader.completion?.values).toEqual(['db-in', strange.id, handleOf(foreign.id)].toSorted());
    const admin = await complete('admin', ofConstraints, name('secret'), { namespace: 'shop' });
    expect(admin.completion?.values).toEqual(['secret-peer']);
    expect((await complete('reader', ofConstraints, name('secret'), { namespace: 'shop' })).completion?.values).toEqual(
      [],
    );
  });

  test('what is offered can be read', async () => {
    const { completion } = await complete('reader', ofConstraints, name(''), { namespace: 'shop' });
    for (const each of completion?.values ?? []) {
      const params = { uri: `potoo://constraints/shop/${each}` };
      const { error } = await mcpCall(gateway, 'reader', '2025-11-25', { method: 'resources/read', params });
      expect(error).toBeUndefined();
    }
  });

  test('offers nothing without the right, without a namespace, and for one that does not exist', async () => {
    for (const given of [{ namespace: 'data' }, { namespace: 'gone' }, { namespace: 'No Name' }, undefined]) {
      expect((await complete('reader', ofConstraints, name(''), given)).completion?.values).toEqual([]);
    }
  });
});

test.each([
  [{ type: 'ref/prompt', name: 'none' }, namespace('')],
  [{ type: 'ref/resource', uri: 'potoo://none/{namespace}' }, namespace('')],
])('%j is refused, since there is no such thing', async (ref, argument) => {
  expect((await complete('admin', ref, argument)).error).toMatchObject({ code: -32_602 });
});

test('an argument that is anything has no completion', async () => {
  expect((await complete('admin', ofPrompt, { name: 'error_message', value: 'x' })).completion).toEqual({ values: [] });
});

test('without a token and a right, HTTP says that a token is missing', async () => {
  expect((await complete(undefined, ofReports, namespace(''))).status).toBe(401);
});
