import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { Binding } from '../catalog/binding.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { mcpDoor, readAnswer, exampleRevisions } from '../testing/mcp-door.ts';
import {
  clusterDetailObject,
  detailObject,
  entryOf,
  hiddenWords,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
import type { DetailLevel } from './levels.ts';
import { answersThatFit, pageOfBindings } from './binding-page.ts';
import { afterwardsMs, createPaces } from './pace.ts';

const own = Array.from({ length: 6 }, (_, index) => networkConstraint('shop', `own-${index}`));
const wide = networkConstraint('', 'baseline', {
  source: { apiVersion: 'policy.networking.k8s.io/v1', kind: 'ClusterNetworkPolicy', name: 'baseline' },
});
const foreign = networkConstraint('data', 'secret-peer-name', { summary: 'Said of no name' });
const lines = [lineOf(wide), lineOf(foreign)];
const objects = [
  reportObject(
    'shop',
    own.map((each) => entryOf(each)),
    { inherited: lines },
  ),
  detailObject('shop', 'constraints', own),
  detailObject('data', 'constraints', [foreign]),
  clusterDetailObject('baseline', [wide]),
];
const levelsOf = async () => (): DetailLevel => 'summary';
const gatewayOf = () => createGateway({ objects, rights: { ...rightsOf('shop') } });

const Page = z.object({ constraints: z.array(z.object({ id: z.string() })), next_cursor: z.string().optional() });
async function page(gateway: Pick<Gateway, 'post'>, user: string, cursor?: string) {
  const input = { namespace: 'shop', limit: 1, ...(cursor === undefined ? {} : { cursor }) };
  const response = await gateway.post('/tools/potoo_query', input, user);
  return { status: response.status, text: await response.text() };
}

describe('a cursor of somebody else', () => {
  /** Every cursor that a walk over all pages gives out. */
  async function cursorsOf(user: string): Promise<string[]> {
    const gateway = gatewayOf();
    const cursors: string[] = [];
    for (;;) {
      const { next_cursor: cursor } = Page.parse(JSON.parse((await page(gateway, user, cursors.at(-1))).text));
      if (cursor === undefined) return cursors;
      cursors.push(cursor);
    }
  }

  test('is the same that its reader would be given, whatever the other may see', async () => {
    const cursors = await cursorsOf('admin');
    expect(cursors).toHaveLength(7);
    expect(await cursorsOf('reader')).toEqual(cursors);
    const told = cursors.map((cursor) => Buffer.from(cursor, 'base64url').toString()).join(' ');
    for (const word of [...hiddenWords, foreign.name]) expect(told).not.toContain(word);
  });

  test('goes on at the level of who sends it, and nowhere for who has no right to the report', async () => {
    const gateway = gatewayOf();
    for (const cursor of await cursorsOf('admin')) {
      const { status, text } = await page(gateway, 'reader', cursor);
      expect(status).toBe(200);
      for (const word of [...hiddenWords, foreign.name]) expect(text).not.toContain(word);
      expect(await page(gateway, 'nobody', cursor)).toEqual(await page(gateway, 'nobody'));
      expect((await page(gateway, 'nobody', cursor)).status).toBe(403);
    }
  });

  test.each(exampleRevisions)('goes on over MCP as it does over REST, in revision %s', async (revision) => {
    const gateway = gatewayOf();
    const door = mcpDoor(gateway, revision);
    for (const cursor of await cursorsOf('admin')) {
      const rest: unknown = JSON.parse((await page(gateway, 'reader', cursor)).text);
      const input = { namespace: 'shop', limit: 1, cursor };
      const response = await door.post('/tools/potoo_query', input, 'reader');
      expect(await readAnswer(response)).toEqual({ code: 'OK', value: rest });
      const refused = await door.post('/tools/potoo_query', input, 'nobody');
      expect(await readAnswer(refused)).toEqual({ code: 'FORBIDDEN' });
    }
  });
});

test('who has lost the right gets no further page', async () => {
  const gateway = gatewayOf();
  const { next_cursor: cursor } = Page.parse(JSON.parse((await page(gateway, 'reader')).text));
  gateway.reviews.rights['reader'] = [];
  await gateway.clock.advance(60_000);
  expect((await page(gateway, 'reader', cursor)).status).toBe(403);
});

test('pages cut by bytes are all that there is, each within its bytes unless it has one item alone', async () => {
  const bindings = gatewayOf().store.view('shop')?.bindings ?? [];
  const list = 'list';
  const pace = createPaces(createVirtualClock())(10_000);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300), { minLength: bindings.length, maxLength: bindings.length }),
      fc.integer({ min: 1, max: 900 }),
      fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      async (sizes, bytesMax, limit) => {
        const seen: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const found = pageOfBindings(bindings, list, { limit, cursor });
          if (!found.ok) throw new Error(found.error);
          const make = ({ id }: Binding) => ({
            id,
            text: 'ü'.repeat(sizes[bindings.findIndex((each) => each.id === id)] ?? 0),
          });
          const { answers, next } = await answersThatFit(found.value, list, { levelsOf, make, pace, bytesMax });
          expect(answers.length).toBeGreaterThan(0);
          if (answers.length > 1) expect(Buffer.byteLength(JSON.stringify(answers))).toBeLessThanOrEqual(bytesMax + 1);
          seen.push(...answers.map(({ id }) => id));
          if (next === undefined) break;
          cursor = next;
        }
        expect(seen).toEqual(bindings.map(({ id }) => id));
      },
    ),
  );
});

test('a page ends when its time does, with one item at least, and the next one goes on there', async () => {
  const bindings = gatewayOf().store.view('shop')?.bindings ?? [];
  let time = 0;
  const clock = { ...createVirtualClock(), monotonic: () => time };
  const seen: string[] = [];
  let pages = 0;
  for (let cursor: string | undefined; ; pages += 1) {
    const found = pageOfBindings(bindings, 'list', { cursor });
    if (!found.ok) throw new Error(found.error);
    const pace = createPaces(clock)(time + afterwardsMs);
    const make = ({ id }: Binding) => {
      // Nobody else gets a turn meanwhile, as when the machine is slow.
      time += 1;
      return { id };
    };
    const { answers, next, hurried } = await answersThatFit(found.value, 'list', {
      levelsOf,
      make,
      pace,
      bytesMax: 4_194_304,
    });
    expect([answers.length, hurried]).toEqual([1, next !== undefined]);
    seen.push(...answers.map(({ id }) => id));
    if (next === undefined) break;
    cursor = next;
  }
  expect(seen).toEqual(bindings.map(({ id }) => id));
  expect(pages).toBeGreaterThan(0);
});

test('an answer over the largest size is cut, and says so; its record has the level of what is in it', async () => {
  const many = Array.from({ length: 300 }, (_, index) => networkConstraint('shop', `p-${index}`));
  const long = many.map((each) => ({ ...each, message: 'x'.repeat(20_000) }));
  const gateway = createGateway({
    objects: [
      reportObject(
        'shop',
        many.map((each) => entryOf(each)),
        { inherited: [lineOf({ ...wide, severity: 'Info' })] },
      ),
      detailObject('shop', 'constraints', long),
      clusterDetailObject('baseline', [{ ...wide, severity: 'Info' }]),
    ],
    rights: rightsOf('shop'),
  });
  const response = await gateway.post('/tools/potoo_query', { namespace: 'shop', limit: 1_000 }, 'admin');
  const text = await response.text();
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_194_304);
  expect(Buffer.byteLength(text)).toBeGreaterThan(4_100_000);
  const {
    total,
    returned,
    truncated,
    next_cursor: cursor,
  } = z
    .object({ total: z.int(), returned: z.int(), truncated: z.boolean(), next_cursor: z.string() })
    .parse(JSON.parse(text));
  expect([total, truncated]).toEqual([301, true]);
  const rest = await gateway.post('/tools/potoo_query', { namespace: 'shop', limit: 1_000, cursor }, 'admin');
  expect(await rest.json()).toMatchObject({ returned: 301 - returned, truncated: false });
  expect(gateway.records.map(({ level }) => level)).toEqual(['detailed', 'full']);
  const report = await gateway.get('/resources/reports/shop', 'admin');
  expect(await report.json()).toMatchObject({ constraintCount: 300, truncated: true });
});
