/**
 * Callers with rights of their own who use them to stop answers for everybody else.
 */
import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { VirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const Page = z.object({ constraints: z.array(z.unknown()), truncated: z.boolean(), nextCursor: z.string().optional() });

/** A namespace whose administrator has written very many policies, beside one of somebody else. */
function gatewayWithMany() {
  const many = Array.from({ length: 1_500 }, (_, index) => networkConstraint('shop', `p-${index}`));
  return createGateway({
    objects: [
      reportObject(
        'shop',
        many.slice(0, 500).map((each) => entryOf(each)),
        { more: many.slice(500).map(({ id }) => id) },
      ),
      ...[0, 1, 2].map((part) => detailObject('shop', 'constraints', many.slice(part * 500, part * 500 + 500), part)),
      reportObject('bank', []),
    ],
    rights: { ...rightsOf('shop'), teller: ['get constraintreports bank'] },
  });
}

/** By this clock each look at it takes so long. */
function takesTime(clock: VirtualClock, ms: number): void {
  const monotonic = clock.monotonic.bind(clock);
  let spent = 0;
  vi.spyOn(clock, 'monotonic').mockImplementation(() => {
    spent += ms;
    return monotonic() + spent;
  });
}

test.each([
  ['a whole report', '/resources/reports/shop', undefined],
  ['a name that is not there', '/resources/constraints/shop/none', undefined],
  ['labels of a workload', '/tools/potoo_query', { namespace: 'shop', workload_labels: { app: 'web' } }],
  ['a workload', '/tools/potoo_query', { namespace: 'shop', workload_name: 'web' }],
  ['many constraints', '/tools/potoo_query', { namespace: 'shop', limit: 1_000 }],
  ['what to do about a name', '/tools/potoo_remediation', { namespace: 'shop', constraint_name: 'none' }],
])('%s in a namespace of very many policies: others are answered meanwhile', async (_what, path, body) => {
  const gateway = gatewayWithMany();
  const { clock } = gateway;
  takesTime(clock, 1);
  const ask = async () => (body === undefined ? gateway.get(path, 'owner') : gateway.post(path, body, 'owner'));
  let answered = false;
  const answer = ask().finally(() => {
    answered = true;
  });
  await clock.settle();
  expect(answered).toBe(false);
  expect((await gateway.get('/resources/reports/bank', 'teller')).status).toBe(200);
  expect(answered).toBe(false);
  await clock.advanceUntil(() => answered, 1_000);
  expect([200, 404]).toContain((await answer).status);
});

test('work for a caller who is not waited for any more is given up', async () => {
  const gateway = gatewayWithMany();
  takesTime(gateway.clock, 100);
  const answer = gateway.get('/resources/constraints/shop/none', 'owner');
  await gateway.clock.advance(0);
  const { status } = await answer;
  expect([status, gateway.clock.waiting]).toEqual([503, 0]);
});

test('a report that takes too long ends where the time does, and the rest is a page of its own', async () => {
  const gateway = gatewayWithMany();
  takesTime(gateway.clock, 100);
  const answer = gateway.get('/resources/reports/shop', 'owner');
  await gateway.clock.advance(0);
  const response = await answer;
  const { constraints, truncated, nextCursor } = Page.parse(await response.json());
  expect([response.status, truncated, gateway.clock.waiting]).toEqual([200, true, 0]);
  expect(constraints.length).toBeGreaterThan(0);
  expect(constraints.length).toBeLessThan(1_500);
  vi.restoreAllMocks();
  const rest = await gateway.get(`/resources/reports/shop?cursor=${nextCursor}`, 'owner');
  expect(Page.parse(await rest.json()).constraints).toHaveLength(1_500 - constraints.length);
});
