import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { formatReportLine } from '../../crds/report-line.ts';
import { fillStore } from '../testing/fixture.ts';
import {
  clusterDetailObject,
  detailObject,
  entryOf,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
import { readDetail } from './detail.ts';
import { createLineInterner } from './intern.ts';
import { readReport } from './report.ts';

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

test('parameters that stand beside full forms are none, and no mistake', () => {
  const told: unknown[] = [];
  const parameter = { kind: 'Parameter', apiVersion: 'example.org/v1', objectKind: 'Limit', name: 'small' };
  const part = readDetail(detailObject('shop', 'constraints', [first, JSON.stringify(parameter)]), (problem) =>
    told.push(problem),
  );
  expect(part).toMatchObject({ forms: [{ id: first.id }] });
  expect(told).toEqual([]);
});

test('an object that changes its subject leaves nothing of the old one behind', () => {
  const { store } = fillStore([
    report,
    detailObject('shop', 'constraints', [first]),
    detailObject('shop', 'workloads', [{ kind: 'Deployment', name: 'web', labels: {} }]),
  ]);
  expect(store.view('shop')?.workloads?.list).toMatchObject([{ name: 'web' }]);
  store.putDetail('shop', 'workloads', partOf([second], 0));
  expect(store.view('shop')?.workloads?.list).toBeUndefined();
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
  expect(store.view('shop')?.workloads?.list.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
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
  const everywhere = networkConstraint('', 'baseline', {
    source: { apiVersion: 'x.io/v1', kind: 'Policy', name: 'baseline' },
  });
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

describe('which full form speaks for a line', () => {
  const source = { apiVersion: 'x.io/v1', kind: 'Policy', name: 'corp' };
  const corp = networkConstraint('', 'corp', { source });
  const forged = networkConstraint('evil', 'corp', { id: corp.id, message: 'forged', source });
  const foreign = networkConstraint('platform', 'peer');
  const formsOf = (objects: Parameters<typeof fillStore>[0], line: string) =>
    fillStore([reportObject('shop', [], { inherited: [line] }), ...objects])
      .store.view('shop')
      ?.bindings.map(({ form }) => form?.value.message);

  test('of a cluster-wide policy the one that is stored cluster-wide, of the same kind and name', () => {
    const line = lineOf(corp);
    const real = clusterDetailObject('corp', [corp]);
    for (const objects of [
      [real, detailObject('evil', 'constraints', [forged])],
      [detailObject('evil', 'constraints', [forged]), real],
    ]) {
      expect(formsOf(objects, line)).toEqual([corp.message]);
    }
    expect(formsOf([detailObject('evil', 'constraints', [forged])], line)).toEqual([undefined]);
    expect(formsOf([clusterDetailObject('other', [{ ...corp, name: 'other' }])], line)).toEqual([undefined]);
    const otherKind = { ...corp, source: { ...source, kind: 'Other' } };
    expect(formsOf([clusterDetailObject('other', [otherKind])], line)).toEqual([undefined]);
  });

  test('of a policy of another namespace the one that is stored where the policy lives', () => {
    const line = lineOf(foreign);
    const real = detailObject('platform', 'constraints', [foreign]);
    const elsewhere = detailObject('evil', 'constraints', [{ ...foreign, message: 'forged' }]);
    expect(formsOf([real, elsewhere], line)).toEqual([foreign.message]);
    expect(formsOf([elsewhere], line)).toEqual([undefined]);
    expect(formsOf([clusterDetailObject('x', [foreign])], line)).toEqual([undefined]);
    const claimed = { ...foreign, source: { ...foreign.source, namespace: 'evil' } };
    expect(formsOf([real, detailObject('evil', 'constraints', [claimed])], line)).toEqual([undefined]);
  });

  test('still there when one of two parts that hold it goes', () => {
    const line = lineOf(foreign);
    const { store } = fillStore([
      reportObject('shop', [], { inherited: [line] }),
      detailObject('platform', 'constraints', [foreign], 0),
      detailObject('platform', 'constraints', [foreign], 1),
    ]);
    store.removeDetail('platform', 'constraints-1');
    expect(store.view('shop')?.bindings).toMatchObject([{ form: { home: 'platform' } }]);
    store.removeDetail('platform', 'constraints');
    expect(store.view('shop')?.bindings).toMatchObject([{ form: undefined }]);
  });
});

describe('what is kept ready', () => {
  const outside = networkConstraint('platform', 'peer');
  const line = lineOf(outside);
  const beyond = Array.from({ length: 6_000 }, (_, index) => networkConstraint('shop', `p${index}`));
  const objects = [
    reportObject('shop', [entryOf(first)], { inherited: [line], more: beyond.map(({ id }) => id) }),
    detailObject('shop', 'constraints', [first, ...beyond]),
    detailObject('shop', 'workloads', [{ kind: 'Deployment', name: 'web', labels: {} }]),
  ];

  test('stays the same until something changes that it was made of', () => {
    const { store } = fillStore(objects);
    const before = store.view('shop');
    expect(store.view('shop')?.bindings).toBe(before?.bindings);
    expect(store.view('shop')?.workloads).toBe(before?.workloads);

    const part = readDetail(detailObject('platform', 'constraints', [outside]), () => {});
    if (part === undefined) throw new Error('the part cannot be read');
    store.putDetail('platform', 'constraints', part);
    expect(store.view('shop')?.bindings.some(({ form }) => form?.home === 'platform')).toBe(true);
    store.removeDetail('shop', 'workloads');
    expect(store.view('shop')?.workloads).toBeUndefined();
    const emptied = readReport(reportObject('shop', []), createLineInterner(), () => {});
    if (emptied === undefined) throw new Error('the report cannot be read');
    store.putReport(emptied);
    expect(store.view('shop')?.bindings).toEqual([]);
  });

  test('is the same view while anything else changes, or the same texts are written again', () => {
    const { store } = fillStore(objects);
    const before = store.view('shop');
    const elsewhere = readDetail(detailObject('data', 'constraints', [networkConstraint('data', 'any')]), () => {});
    if (elsewhere === undefined) throw new Error('the part cannot be read');
    store.putDetail('data', 'constraints', elsewhere);
    store.removeDetail('data', 'constraints');
    store.putDetail('shop', 'constraints', partOf([first, ...beyond], 0));
    expect(store.view('shop')).toBe(before);

    store.putDetail('shop', 'constraints', partOf([first, ...beyond.slice(1)], 0));
    const after = store.view('shop');
    expect(after).not.toBe(before);
    expect(after?.bindings).toHaveLength((before?.bindings.length ?? 0) - 1);
  });

  test('reads no text for a view, and those of the bindings alone whose form is asked for', () => {
    const own = Array.from({ length: 5 }, (_, index) => networkConstraint('shop', `own-${index}`));
    const { store } = fillStore([
      reportObject(
        'shop',
        own.map((each) => entryOf(each)),
      ),
      detailObject('shop', 'constraints', own),
    ]);
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const bindings = store.view('shop')?.bindings;
    expect(parse).not.toHaveBeenCalled();
    expect(bindings?.[3]?.form?.value.name).toBe('own-3');
    expect(parse).toHaveBeenCalledTimes(1);
  });

  test('shows the form of its moment, also when it is read after that has changed', () => {
    const [before, after] = [
      networkConstraint('shop', 'one'),
      networkConstraint('shop', 'one', { message: 'Another.' }),
    ];
    const { store, put } = fillStore([
      reportObject('shop', [entryOf(before)]),
      detailObject('shop', 'constraints', [before]),
    ]);
    const view = store.view('shop');
    put(detailObject('shop', 'constraints', [after]));
    expect(view?.bindings[0]?.form?.value.message).toBe(before.message);
    expect(store.view('shop')?.bindings[0]?.form?.value.message).toBe('Another.');
  });

  test('reads each text once, however often a namespace is asked about that has more than the cache of forms holds', () => {
    const { store } = fillStore(objects);
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const read = () => store.view('shop')?.bindings.map(({ form }) => form?.home);
    expect(read()).toHaveLength(6_002);
    const once = parse.mock.calls.length;
    const part = readDetail(detailObject('platform', 'constraints', [outside]), () => {});
    if (part === undefined) throw new Error('the part cannot be read');
    read();
    store.putDetail('platform', 'constraints', part);
    read();
    expect(parse.mock.calls.length - once).toBe(1);
  });
});

test('equal lines are one entry, and what is no line is none', () => {
  const intern = createLineInterner();
  const line = 'Info audit Admission Policy/x abc: Something is said';
  expect(intern(line)).toBe(intern(['Info audit Admission', line.slice(21)].join(' ')));
  expect(intern(line)).not.toBe(intern(`${line} else`));
  expect(intern('nonsense')).toBeUndefined();
});

test('facts of the cluster are no full forms, and facts of a namespace hide nothing', () => {
  const facts = [
    {
      kind: 'APIResource',
      group: 'apps',
      version: 'v1',
      plural: 'deployments',
      objectKind: 'Deployment',
      namespaced: true,
    },
    { kind: 'PriorityClass', name: 'high', default: true },
  ];
  const object = clusterDetailObject('cluster', []);
  const { store, problems } = fillStore([
    report,
    detailObject('shop', 'constraints', [first, second]),
    detailObject('shop', 'namespace', [JSON.stringify({ kind: 'Namespace', labels: {} })]),
    { ...object, subject: 'cluster', source: undefined, texts: [...facts.map((fact) => JSON.stringify(fact)), '{}'] },
  ]);
  expect(store.clusterFacts()).toEqual(facts);
  expect(problems).toMatchObject([{ object: 'ClusterConstraintDetail cluster', path: 'texts[2]' }]);
  expect(store.sizes().forms).toBe(2);
  expect(store.view('shop')?.workloads).toBeUndefined();
  store.removeClusterDetail('cluster');
  expect(store.clusterFacts()).toEqual([]);
});

test('a full form that names two ids speaks for neither', () => {
  const [own, stolen] = [networkConstraint('shop', 'own'), networkConstraint('shop', 'stolen')];
  const text = `{"id":"${own.id}",${JSON.stringify({ ...stolen, message: 'forged' }).slice(1)}`;
  const { store, problems } = fillStore([
    reportObject('shop', [entryOf(own), entryOf(stolen)], { more: [own.id] }),
    detailObject('shop', 'constraints', [text]),
  ]);
  expect(store.view('shop')?.bindings.map(({ id, form }) => [id, form])).toEqual([
    [own.id, undefined],
    [stolen.id, undefined],
  ]);
  expect(problems).toMatchObject([{ path: `constraint ${own.id}`, message: 'id: stands there twice' }]);
});
