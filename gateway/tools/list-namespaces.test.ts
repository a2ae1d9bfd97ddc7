import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { callReserve, reviewsBurst, reviewsPerSecond } from '../auth/access.ts';
import { createGateway, type Gateway } from '../testing/fixture.ts';
import { mcpDoor, readAnswer, exampleRevisions } from '../testing/mcp-door.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const ListAnswer = z.strictObject({
  namespaces: z.array(z.looseObject({ namespace: z.string() })),
  total: z.number(),
  returned: z.number(),
  truncated: z.boolean(),
  next_cursor: z.string().optional(),
});
type ListAnswer = z.infer<typeof ListAnswer>;

const names = Array.from({ length: 1_000 }, (_, index) => `ns-${String(index).padStart(4, '0')}`);
const objects = names.map((name) => reportObject(name, []));
const visible = names.filter((_, index) => index % 3 === 0);
const rights = {
  admin: ['list constraintreports'],
  some: visible.map((name) => `get constraintreports ${name}`),
  'system:anonymous': ['get constraintreports ns-0003'],
};

/** What the answer waits for comes: reviews that may be asked for again. */
async function list(gateway: Gateway, input: object, user?: string): Promise<ListAnswer> {
  let response: Response | undefined;
  const answering = gateway.post('/tools/potoo_list_namespaces', input, user).then((answer) => {
    response = answer;
  });
  await gateway.clock.advanceUntil(() => response !== undefined, 4_000);
  await answering;
  assert(response !== undefined);
  expect(response.status).toBe(200);
  return ListAnswer.parse(await response.json());
}

async function listAll(gateway: Gateway, limit: () => number, user?: string): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page: ListAnswer = await list(gateway, { limit: limit(), cursor: cursor ?? null }, user);
    seen.push(...page.namespaces.map(({ namespace }) => namespace));
    expect(page.truncated).toBe(page.next_cursor !== undefined);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return seen;
}

test('counts and the gravest constraint stand beside each namespace', async () => {
  const grave = networkConstraint('shop', 'db-in');
  const mild = networkConstraint('lab', 'mild', { severity: 'Info' });
  const gateway = createGateway({
    objects: [
      reportObject('shop', [entryOf(grave), entryOf(networkConstraint('shop', 'x', { severity: 'Info' }))]),
      reportObject('lab', [entryOf(mild)], {
        total: 2,
        critical: 1,
        inherited: ['Critical deny Admission ValidatingAdmissionPolicy/no-root abc: No root here'],
      }),
      reportObject('empty', []),
    ],
    rights: { admin: ['list constraintreports'] },
  });
  expect(await list(gateway, {}, 'admin')).toEqual({
    namespaces: [
      { namespace: 'empty', total: 0, critical_count: 0, warning_count: 0, info_count: 0 },
      { namespace: 'lab', total: 2, critical_count: 1, warning_count: 0, info_count: 1, top_constraint: 'no-root' },
      { namespace: 'shop', total: 2, critical_count: 1, warning_count: 0, info_count: 1, top_constraint: 'db-in' },
    ],
    total: 3,
    returned: 3,
    truncated: false,
  });
});

test('who may list them all is asked about once', async () => {
  const gateway = createGateway({ objects, rights });
  const answer = await list(gateway, { limit: 1_000 }, 'admin');
  expect(answer).toMatchObject({ total: 1_000, returned: 1_000, truncated: false });
  expect(gateway.reviews.asked).toEqual(['token', 'admin list constraintreports']);
});

test('who may not is asked about namespace by namespace, in order, a round at a time, until the page is full', async () => {
  const gateway = createGateway({ objects, rights });
  const answer = await list(gateway, { limit: 2 }, 'some');
  expect(answer.namespaces.map(({ namespace }) => namespace)).toEqual(['ns-0000', 'ns-0003']);
  expect(gateway.reviews.asked).toEqual([
    'token',
    'some list constraintreports',
    'some get constraintreports',
    ...names.slice(0, 8).map((name) => `some get constraintreports ${name}`),
  ]);
});

describe('a caller who may list nothing, in a cluster with more namespaces than it may ask about at once', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `ns-${String(index).padStart(4, '0')}`);
  const setup = () => createGateway({ objects: many.map((name) => reportObject(name, [])), rights: {} });

  test('gets a cursor when it has asked enough, also where nothing was found', async () => {
    const gateway = setup();
    const answer = await list(gateway, { limit: 1_000 }, 'nobody');
    expect(answer).toMatchObject({ namespaces: [], total: 0, returned: 0, truncated: true });
    // The token; what it may ask at once, without what is left for single calls; and what it waits for.
    expect(gateway.reviews.asked).toHaveLength(1 + reviewsBurst - callReserve + reviewsPerSecond);
  });

  test('comes to the end without a token, too, where it may see one of them: pages after that are no refusal', async () => {
    const rightsOfOne = { 'system:anonymous': ['get constraintreports ns-0003'] };
    const some = many.slice(0, 1_500).map((name) => reportObject(name, []));
    const gateway = createGateway({ objects: some, rights: rightsOfOne });
    expect(await listAll(gateway, () => 1_000)).toEqual(['ns-0003']);
  });

  test('comes to the end page by page, and asks nothing again when it lists once more within a minute', async () => {
    const gateway = setup();
    const startedAt = gateway.clock.monotonic();
    const post = vi.spyOn(gateway, 'post');
    expect(await listAll(gateway, () => 1_000, 'nobody')).toEqual([]);
    expect(post.mock.calls.length).toBeLessThan(60); // not a page for each namespace that may be asked about next
    const perNamespace = (asked: readonly string[]) => asked.filter((each) => each.includes('ns-'));
    expect(perNamespace(gateway.reviews.asked)).toEqual(many.map((name) => `nobody get constraintreports ${name}`));
    expect(gateway.clock.monotonic() - startedAt).toBeLessThan(60_000);
    gateway.reviews.asked.length = 0;
    expect(await listAll(gateway, () => 1_000, 'nobody')).toEqual([]);
    expect(perNamespace(gateway.reviews.asked).length).toBeLessThan(100);
  });

  test('can still be answered a single question while it lists, and so can everyone else', async () => {
    const gateway = setup();
    await list(gateway, { limit: 1_000 }, 'nobody');
    for (const user of ['nobody', 'other']) {
      const response = await gateway.post('/tools/potoo_query', { namespace: 'ns-4999' }, user);
      expect([user, response.status]).toEqual([user, 403]);
    }
  });

  test('is told when to come again where nothing could be asked at all', async () => {
    const gateway = setup();
    for (let index = 0; index < reviewsBurst; index += 1) {
      await gateway.post('/tools/potoo_query', { namespace: `x-${index}` }, 'nobody');
    }
    const response = await gateway.post('/tools/potoo_list_namespaces', {}, 'nobody');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
  });

  test('gets what is known already when the API server stops answering', async () => {
    const gateway = createGateway({ objects, rights });
    const authorize = gateway.reviews.authorize.bind(gateway.reviews);
    gateway.reviews.authorize = async (user, question) => {
      if (question.namespace === 'ns-0100') gateway.reviews.up = false;
      return authorize(user, question);
    };
    const answer = await list(gateway, { limit: 1_000 }, 'some');
    expect(answer).toMatchObject({ truncated: true });
    expect(answer.returned).toBeGreaterThan(30);
    expect((await gateway.post('/tools/potoo_list_namespaces', { cursor: answer.next_cursor }, 'some')).status).toBe(
      503,
    );
  });
});

test('a call that has little time left stops asking and hands out a cursor', async () => {
  const gateway = createGateway({ objects, rights });
  const authorize = gateway.reviews.authorize.bind(gateway.reviews);
  gateway.reviews.authorize = async (user, question) => {
    await gateway.clock.sleep(500);
    return authorize(user, question);
  };
  const pending = list(gateway, { limit: 1_000 }, 'some');
  await gateway.clock.advance(3_500);
  const answer = await pending;
  expect(answer.truncated).toBe(true);
  expect(answer.returned).toBeGreaterThan(0);
});

test('pages put together are all that the caller may see, under any limits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 20, max: 300 })), async (limits) => {
      const gateway = createGateway({ objects, rights });
      const limit = () => limits.next().value;
      expect(await listAll(gateway, limit, 'some')).toEqual(visible);
      expect(await listAll(gateway, limit, 'admin')).toEqual(names);
    }),
    { numRuns: 5 },
  );
});

test('who sees nothing without a token is told to bring one; who sees something gets it', async () => {
  const gateway = createGateway({ objects, rights });
  expect((await list(gateway, {})).namespaces.map(({ namespace }) => namespace)).toEqual(['ns-0003']);
  const closed = createGateway({ objects: objects.slice(0, 10) });
  expect((await closed.post('/tools/potoo_list_namespaces', {})).status).toBe(401);
});

test('a cursor that this list did not give out is refused', async () => {
  const gateway = createGateway({ objects, rights });
  for (const cursor of ['x', Buffer.from('["namespaces",["a",-1]]').toString('base64url')]) {
    const response = await gateway.post('/tools/potoo_list_namespaces', { cursor }, 'admin');
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'INVALID_CURSOR' }]);
  }
});

describe('a caller who may not list all namespaces', () => {
  const refusedAs = async (response: Response) => [
    response.status,
    z.looseObject({ code: z.string() }).parse(await response.json()).code,
  ];
  const ask = async (gateway: Gateway, input: object, user?: string) =>
    refusedAs(await gateway.post('/tools/potoo_list_namespaces', input, user));

  test('reads nothing in a cursor: neither a name nor how long it is', async () => {
    const gateway = createGateway({
      objects: [...Array.from({ length: 1_000 }, (_, index) => reportObject(`a-${index}`, [])), reportObject('b', [])],
      rights: {},
    });
    const { next_cursor: cursor = '' } = await list(gateway, {}, 'nobody');
    const bytes = Buffer.from(cursor, 'base64url').toString('latin1');
    expect(bytes).not.toMatch(/a-|namespaces/);
    const longer = createGateway({ objects, rights: {} });
    expect((await list(longer, {}, 'nobody')).next_cursor).toHaveLength(cursor.length);
  });

  test('is not told that others follow when those are not its own', async () => {
    const gateway = createGateway({
      objects: names.slice(0, 100).map((name) => reportObject(name, [])),
      rights: { some: ['get constraintreports ns-0001'] },
    });
    expect(await list(gateway, { limit: 1 }, 'some')).toMatchObject({ returned: 1, truncated: false });
  });

  test('cannot make a cursor up, change one, or use that of another caller or another installation', async () => {
    const gateway = createGateway({ objects, rights });
    const { next_cursor: cursor = '' } = await list(gateway, { limit: 10 }, 'some');
    const { next_cursor: plain = '' } = await list(gateway, { limit: 10 }, 'admin');
    const madeUp = Buffer.from(JSON.stringify(['namespaces', ['ns-0500', 1]])).toString('base64url');
    const changed = `${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const wrong of [madeUp, plain, changed, cursor.slice(0, 20), `${cursor}A`]) {
      expect(await ask(gateway, { cursor: wrong }, 'some')).toEqual([400, 'INVALID_CURSOR']);
    }
    expect(await ask(gateway, { cursor }, 'nobody')).toEqual([400, 'INVALID_CURSOR']);
    expect(await ask(gateway, { cursor: madeUp })).toEqual([400, 'INVALID_CURSOR']);
    const replica = createGateway({ objects, rights });
    expect((await replica.post('/tools/potoo_list_namespaces', { cursor }, 'some')).status).toBe(200);
    replica.facts.sharedSecret = 'uid-of-another-lease';
    expect(await ask(replica, { cursor }, 'some')).toEqual([400, 'INVALID_CURSOR']);
  });

  test.each(exampleRevisions)('nor over MCP, in revision %s', async (revision) => {
    const gateway = createGateway({ objects, rights });
    const { next_cursor: cursor = '' } = await list(gateway, { limit: 10 }, 'some');
    const { next_cursor: plain = '' } = await list(gateway, { limit: 10 }, 'admin');
    const door = mcpDoor(gateway, revision);
    const codeOf = async (wrong: string, user: string) =>
      (await readAnswer(await door.post('/tools/potoo_list_namespaces', { cursor: wrong }, user))).code;
    for (const wrong of [plain, cursor.slice(0, 20), `${cursor}A`]) {
      expect(await codeOf(wrong, 'some')).toBe('INVALID_CURSOR');
    }
    expect(await codeOf(cursor, 'nobody')).toBe('INVALID_CURSOR');
    expect(await codeOf(cursor, 'some')).toBe('OK');
  });

  test('waits for the operator to be seen where a cursor is needed, and only there', async () => {
    const gateway = createGateway({ objects, rights });
    const { next_cursor: cursor } = await list(gateway, { limit: 10 }, 'some');
    gateway.facts.sharedSecret = undefined;
    expect(await ask(gateway, { limit: 10 }, 'some')).toEqual([503, 'NOT_SYNCED']);
    expect(await ask(gateway, { cursor }, 'some')).toEqual([503, 'NOT_SYNCED']);
    expect(await list(gateway, { limit: 10 }, 'admin')).toMatchObject({ truncated: true });
    const small = createGateway({ objects: objects.slice(0, 10), rights });
    small.facts.sharedSecret = undefined;
    expect(await list(small, {}, 'some')).toMatchObject({ truncated: false });
  });
});
