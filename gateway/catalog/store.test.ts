import { expect, test } from 'vitest';
import { formatReportLine } from '../../crds/report-line.ts';
import { fillStore } from '../testing/fixture.ts';
import { clusterDetailObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { readDetail } from './detail.ts';
import { createLineInterner } from './intern.ts';

const first = networkConstraint('shop', 'first');
const second = networkConstraint('shop', 'second');
const report = reportObject('shop', [entryOf(first), entryOf(second)]);
const partOf = (items: Parameters<typeof detailObject>[2], number: number) => {
  const part = readDetail(detailObject('shop', 'constraints', items, number), () => {});
  if (part === undefined) throw new Error('the part cannot be read');
  return part;
};

test('a full form is found in whatever part it moves to', () => {
  const { store } = fillStore([report, detailObject('shop', 'constraints', [first, second])]);
  const found = () => store.view('shop')?.bindings.map(({ form }) => form?.value.name);
  store.putDetail('shop', 'constraints-1', partOf([second], 1));
  store.putDetail('shop', 'constraints', partOf([first], 0));
  expect(found()).toEqual(['first', 'second']);
  expect(store.sizes().forms).toBe(2);
  store.removeDetail('shop', 'constraints-1');
  expect(found()).toEqual(['first', undefined]);
  expect(store.sizes().forms).toBe(1);
});

test('an object that changes its subject leaves nothing of the old one behind', () => {
  const { store } = fillStore([
    report,
    detailObject('shop', 'constraints', [first]),
    detailObject('shop', 'workloads', [{ kind: 'Deployment', name: 'web', labels: {} }]),
  ]);
  expect(store.view('shop')?.workloads).toMatchObject([{ name: 'web' }]);
  store.putDetail('shop', 'workloads', partOf([second], 0));
  expect(store.view('shop')?.workloads).toBeUndefined();
  expect(store.view('shop')?.bindings.map(({ form }) => form?.value.name)).toEqual(['first', 'second']);
});

test('parts of the workloads come in their order', () => {
  const workload = (name: string) => ({ kind: 'Deployment', name, labels: {} });
  const { store } = fillStore([
    report,
    detailObject('shop', 'workloads', [workload('c')], 10),
    detailObject('shop', 'workloads', [workload('b')], 2),
    detailObject('shop', 'workloads', [workload('a')], 0),
  ]);
  expect(store.view('shop')?.workloads?.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('what was taken stays as it was while the store changes', () => {
  const { store } = fillStore([report, detailObject('shop', 'constraints', [first, second])]);
  const view = store.view('shop');
  const reports = store.reports();
  store.removeDetail('shop', 'constraints');
  store.removeReport('shop');
  expect(view?.bindings.map(({ form }) => form?.value.name)).toEqual(['first', 'second']);
  expect(reports).toHaveLength(1);
  expect(store.reports()).toHaveLength(0);
});

test('a cluster-wide policy has one full form for all namespaces', () => {
  const everywhere = networkConstraint('', 'baseline');
  const { id, severity, effect, type, summary } = everywhere;
  const line = formatReportLine({ id, severity, effect, type, summary, kind: 'Policy', name: 'baseline' });
  const namespaces = ['a', 'b'];
  const { store } = fillStore([
    ...namespaces.map((name) => reportObject(name, [], { inherited: [line] })),
    clusterDetailObject('baseline', [everywhere]),
  ]);
  for (const name of namespaces) {
    expect(store.view(name)?.bindings).toMatchObject([{ id, own: false, form: { home: undefined } }]);
  }
  const [a, b] = store.reports();
  expect(a?.inherited[0]).toBe(b?.inherited[0]);
});

test('equal lines are one entry, and what is no line is none', () => {
  const intern = createLineInterner();
  const line = 'Info audit Admission Policy/x abc: Something is said';
  expect(intern(line)).toBe(intern(['Info audit Admission', line.slice(21)].join(' ')));
  expect(intern(line)).not.toBe(intern(`${line} else`));
  expect(intern('nonsense')).toBeUndefined();
});
