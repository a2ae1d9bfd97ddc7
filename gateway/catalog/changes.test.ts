import { describe, expect, test } from 'vitest';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { fillStore } from '../testing/fixture.ts';
import { clusterDetailObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { eventOf } from '../events/event.ts';
import type { DetailLevel } from '../answer/levels.ts';
import { createChanges, gatherMs, type NamespaceChange, sliceMs } from './changes.ts';

const policy = networkConstraint('shop', 'db-in');
const other = networkConstraint('shop', 'web-in');
const report = reportObject('shop', [entryOf(policy)]);
const detail = detailObject('shop', 'constraints', [policy]);

const source = { apiVersion: 'x.io/v1', kind: 'Policy', name: 'corp' };
const corp = networkConstraint('', 'corp', { source });
const foreign = networkConstraint('platform', 'peer');
const lineOf = (constraint: typeof corp, name: string, summary = constraint.summary) =>
  formatReportLine({ ...constraint, summary, kind: constraint.source.kind, name });
const under = (namespace: string, ...lines: string[]) => reportObject(namespace, [], { inherited: lines });

function follow(objects: readonly KubeObject[]) {
  const clock = createVirtualClock();
  const { store, put } = fillStore(objects);
  const told: NamespaceChange[][] = [];
  const end = createChanges({ store, clock }).subscribe((changes) => told.push([...changes]));
  /** `added shop/name`, as a reader of this level is told; what was gathered together stands in one array. */
  async function events(level: DetailLevel) {
    await clock.advance(gatherMs);
    const levelOf = ({ form }: { form: unknown }) => (form === undefined ? 'summary' : level);
    return told.splice(0).map((changes) =>
      changes.flatMap(({ namespace, changes: each }) =>
        each.flatMap((change) => {
          const event = eventOf(change, namespace, levelOf)?.data;
          return event === undefined ? [] : [`${event.type} ${event.namespace}/${event.constraintName}`];
        }),
      ),
    );
  }
  return { clock, store, put, events, end };
}

describe('what a change of a report is told as', () => {
  test.each([
    ['a new entry', [entryOf(policy), entryOf(other)], ['added shop/web-in']],
    ['an entry that is gone', [], ['removed shop/db-in']],
    ['one for another', [entryOf(other)], ['removed shop/db-in', 'added shop/web-in']],
    ['another severity', [entryOf(policy, { severity: 'Info' })], ['updated shop/db-in']],
    ['another type', [entryOf(policy, { type: 'Unknown' })], ['updated shop/db-in']],
    ['another effect', [entryOf(policy, { effect: 'deny' })], ['updated shop/db-in']],
    ['another name', [entryOf(policy, { name: 'x' })], ['updated shop/x']],
    ['another rule', [entryOf(policy, { key: 'Egress' })], ['updated shop/db-in']],
    ['another sentence', [entryOf(policy, { message: 'x' })], ['updated shop/db-in']],
    ['other workloads', [entryOf(policy, { affectedWorkloads: { total: 1, items: ['a'] } })], ['updated shop/db-in']],
    ['figures', [entryOf(policy, { metrics: { cpu: { hard: '4' } } })], ['updated shop/db-in']],
  ])('%s', async (_, entries, expected) => {
    const { put, events } = follow([report]);
    put(reportObject('shop', entries));
    expect(await events('summary')).toEqual([expected]);
  });

  test('other figures and workloads of one that had some', async () => {
    const [few, many] = [
      { total: 1, items: ['a'] },
      { total: 1, items: ['b'] },
    ];
    const used = (value: string) => ({ cpu: { hard: '4', used: value } });
    const { put, events } = follow([
      reportObject('shop', [entryOf(policy, { affectedWorkloads: few }), entryOf(other, { metrics: used('1') })]),
    ]);
    put(reportObject('shop', [entryOf(policy, { affectedWorkloads: many }), entryOf(other, { metrics: used('2') })]));
    expect(await events('summary')).toEqual([['updated shop/db-in', 'updated shop/web-in']]);
  });

  test('the same content written again, at another time and in another order, is none', async () => {
    const entries = [
      entryOf(policy, { metrics: { a: { hard: '1' }, b: { hard: '2' } }, affectedWorkloads: { total: 0 } }),
      entryOf(other),
    ];
    const { put, events } = follow([reportObject('shop', entries)]);
    const later = { lastChanged: '2026-02-02T00:00:00.000Z' };
    const again = entryOf(policy, {
      ...later,
      metrics: { b: { hard: '2' }, a: { hard: '1' } },
      affectedWorkloads: { total: 0 },
    });
    put(reportObject('shop', [entryOf(other, later), again], later));
    expect(await events('summary')).toEqual([]);
  });

  test('a report that is gone takes every constraint with it', async () => {
    const { store, events } = follow([
      reportObject('shop', [entryOf(policy)], { inherited: [lineOf(corp, 'corp')] }),
      reportObject('other', []),
    ]);
    store.removeReport('shop');
    store.removeReport('other');
    expect(await events('summary')).toEqual([['removed shop/db-in', 'removed shop/corp']]);
  });

  test('a first report brings each of its constraints', async () => {
    const { put, events } = follow([]);
    put(report);
    expect(await events('summary')).toEqual([['added shop/db-in']]);
  });
});

describe('what a change of a full form is told as', () => {
  const changed = { ...policy, message: 'another sentence' };

  test('an update to who may see it, and nothing to others', async () => {
    for (const [level, expected] of [
      ['detailed', [['updated shop/db-in']]],
      ['summary', [[]]],
    ] as const) {
      const { put, events } = follow([report, detail]);
      put(detailObject('shop', 'constraints', [changed]));
      expect(await events(level)).toEqual(expected);
    }
  });

  test('a form that comes or goes counts where it can be seen', async () => {
    const { store, put, events } = follow([report]);
    put(detail);
    expect(await events('detailed')).toEqual([['updated shop/db-in']]);
    store.removeDetail('shop', 'constraints');
    expect(await events('detailed')).toEqual([['updated shop/db-in']]);
  });

  test('a form that moves to another part is the same form', async () => {
    const { store, put, events } = follow([report, detail]);
    put(detailObject('shop', 'constraints', [policy], 1));
    await events('detailed');
    store.removeDetail('shop', 'constraints');
    expect(await events('detailed')).toEqual([]);
  });

  test('one of a cluster-wide policy, in every namespace that it binds', async () => {
    const line = lineOf(corp, 'corp');
    const { put, events } = follow([
      under('a', line),
      under('b', line),
      under('c'),
      clusterDetailObject('corp', [corp]),
    ]);
    put(clusterDetailObject('corp', [{ ...corp, message: 'another sentence' }]));
    expect(await events('full')).toEqual([['updated a/corp', 'updated b/corp']]);
  });

  test('one of another namespace, under the name that the reader may see', async () => {
    const { put, events } = follow([
      under('shop', lineOf(foreign, handleOf(foreign.id))),
      detailObject('platform', 'constraints', [foreign]),
    ]);
    put(detailObject('platform', 'constraints', [{ ...foreign, message: 'another sentence' }]));
    expect(await events('full')).toEqual([['updated shop/peer']]);
    put(under('shop'));
    expect(await events('summary')).toEqual([[`removed shop/${handleOf(foreign.id)}`]]);
  });

  test('one that nobody is bound by is none', async () => {
    const { put, events } = follow([report, detail]);
    put(detailObject('shop', 'constraints', [policy, other]));
    expect(await events('full')).toEqual([]);
  });

  test('of what found no room in the report, as if the report said it', async () => {
    const { put, events } = follow([reportObject('shop', [], { more: [policy.id] })]);
    put(detail);
    expect(await events('summary')).toEqual([['added shop/db-in']]);
    put(detailObject('shop', 'constraints', [{ ...policy, severity: 'Info' }]));
    expect(await events('summary')).toEqual([['updated shop/db-in']]);
  });
});

describe('what happens within a moment', () => {
  test('report and full form of one change are one event', async () => {
    const { clock, put, events } = follow([report, detail]);
    put(reportObject('shop', [entryOf(policy), entryOf(other)]));
    await clock.advance(gatherMs / 2);
    put(detailObject('shop', 'constraints', [policy, other]));
    expect(await events('detailed')).toEqual([['added shop/web-in']]);
    expect(await events('detailed')).toEqual([]);
  });

  test('what is as it was before is no change', async () => {
    const { store, put, events } = follow([report, detail]);
    put(reportObject('shop', []));
    store.removeDetail('shop', 'constraints');
    put(detail);
    put(report);
    expect(await events('detailed')).toEqual([]);
  });
});

describe('a change that takes long to compare', () => {
  /** One namespace a slice, and `pauseMs` between two of them. */
  const pauseMs = 10;
  function followSlowly(namespaces: readonly string[]) {
    const clock = createVirtualClock();
    const { store, put } = fillStore([
      ...namespaces.map((namespace) => under(namespace, lineOf(corp, 'corp'))),
      clusterDetailObject('corp', [corp]),
    ]);
    let ms = 0;
    const changes = createChanges({
      store,
      clock: {
        ...clock,
        monotonic: () => (ms += sliceMs),
        after: (delay, task) => clock.after(Math.max(delay, pauseMs), task),
      },
    });
    const reader = () => {
      const told: string[] = [];
      const end = changes.subscribe((all) => {
        for (const { namespace, changes: each } of all) {
          for (const { before, after } of each) {
            told.push(`${namespace} ${before?.form?.value.message} > ${after?.form?.value.message}`);
          }
        }
      });
      return { told, end };
    };
    const rewrite = (message: string) => put(clusterDetailObject('corp', [{ ...corp, message }]));
    return { clock, store, reader, rewrite };
  }
  const names = ['a', 'b', 'c', 'd'];

  test('is told piece by piece, and what changes meanwhile is told once, after it', async () => {
    const { clock, store, reader, rewrite } = followSlowly(names);
    const { told } = reader();
    rewrite('1');
    await clock.advance(gatherMs + pauseMs);
    expect(told).toEqual([`a ${corp.message} > 1`]);
    rewrite('2');
    store.removeReport('d');
    await clock.advance(10 * gatherMs);
    expect(told.slice(1)).toEqual([
      ...['b', 'c', 'd'].map((name) => `${name} ${corp.message} > 1`),
      'd 1 > undefined',
      ...['a', 'b', 'c'].map((name) => `${name} 1 > 2`),
    ]);
    expect(clock.waiting).toBe(0);
  });

  test('is not told to whoever comes while it is told, but what changes from then on is', async () => {
    const { clock, reader, rewrite } = followSlowly(names);
    const early = reader();
    rewrite('1');
    await clock.advance(gatherMs + pauseMs);
    rewrite('2');
    const late = reader();
    rewrite('3');
    await clock.advance(10 * gatherMs);
    expect(late.told).toEqual(names.map((name) => `${name} 2 > 3`));
    expect(early.told).toHaveLength(3 * names.length);
    late.end();
    rewrite('4');
    await clock.advance(gatherMs + pauseMs);
    early.end();
    expect(clock.waiting).toBe(0);
  });
});

test('whoever comes later is not told what happened before', async () => {
  const clock = createVirtualClock();
  const { store, put } = fillStore([report]);
  const changes = createChanges({ store, clock });
  const [early, late]: [unknown[], unknown[]] = [[], []];
  changes.subscribe((told) => early.push(...told));
  put(reportObject('shop', []));
  changes.subscribe((told) => late.push(...told));
  await clock.advance(gatherMs);
  expect([early.length, late.length]).toEqual([1, 0]);
});

test('nothing is kept or waited for while nobody listens', async () => {
  const { clock, put, end, events } = follow([report]);
  put(reportObject('shop', []));
  end();
  expect(clock.waiting).toBe(0);
  put(report);
  expect(clock.waiting).toBe(0);
  expect(await events('summary')).toEqual([]);
});
