import { describe, expect, test } from 'vitest';
import type { StoredWorkload } from '../../crds/detail.ts';
import { readErrorText } from './error-text.ts';
import { namedNamespaces, namedObjects, workloadOf } from './named-objects.ts';

const named = (text: string) =>
  namedObjects(readErrorText(text)).map(({ kind, name, namespace }) => [
    kind,
    namespace === undefined ? name : `${namespace}/${name}`,
  ]);

test.each([
  ['pods "web-1" is forbidden', [['pod', 'web-1']]],
  [String.raw`{"error":"pods \"web-1\" is forbidden"}`, [['pod', 'web-1']]],
  ['deployments.apps "web" is forbidden', [['deployment', 'web']]],
  ['The Deployment "web" is invalid', [['deployment', 'web']]],
  ['deployment.apps/web configured', [['deployment', 'web']]],
  ['9m  Warning  FailedCreate  replicaset/web-6b78556b99  Error creating', [['replicaset', 'web-6b78556b99']]],
  [
    'rs/web-6b78556b99 and sts/db',
    [
      ['replicaset', 'web-6b78556b99'],
      ['statefulset', 'db'],
    ],
  ],
  ['resource Pod/shop/web was blocked', [['pod', 'shop/web']]],
  ['Node:  worker-1/10.0.0.11', [['node', 'worker-1']]],
  [
    'create Pod db-0 in StatefulSet db-2 failed',
    [
      ['pod', 'db-0'],
      ['statefulset', 'db-2'],
    ],
  ],
  ['evicting pod shop/web-1', [['pod', 'shop/web-1']]],
  [
    '"namespace":"shop","pod":"web-1"',
    [
      ['namespace', 'shop'],
      ['pod', 'web-1'],
    ],
  ],
  [
    'namespace=shop pod_name=web-1',
    [
      ['namespace', 'shop'],
      ['pod', 'web-1'],
    ],
  ],
  ['cannot list resource "pods" in the namespace "shop"', [['namespace', 'shop']]],
  ['Name: "web", Namespace: "shop"', [['namespace', 'shop']]],
  ['helm install web . -n shop', [['namespace', 'shop']]],
  ['kubectl apply --namespace=shop', [['namespace', 'shop']]],
  ['not found in namespace shop.', [['namespace', 'shop']]],
  ['in namespace team-shop failed', [['namespace', 'team-shop']]],
  [
    'shop/web-1:41000 (ID:1) <> inner/db-0:5432',
    [
      ['pod', 'shop/web-1'],
      ['pod', 'inner/db-0'],
    ],
  ],
])('%s', (text, expected) => {
  expect(named(text)).toEqual(expected);
});

test.each([
  'pod security policies are not supported',
  'pods is forbidden: User "jane"',
  'the namespace is being terminated',
  'in a namespace where nothing runs',
  'tripod "x" and podium/y',
  "services '' is forbidden",
  'pods "web-5d4',
  'image: library/nginx:8080',
  'GET /api/v1/orders/7',
  'deploys x=1; secretly',
  'namespace: ',
])('names nothing: %s', (text) => {
  expect(named(text)).toEqual([]);
});

test('what stands nearest to the cause comes first, and of long texts nothing else is read', () => {
  const far = `pods "far-1" ${'x '.repeat(10_000)}`;
  const text = readErrorText(`${far}pods "before-1" CAUSE pods "after-1"`);
  const start = text.flat.indexOf('CAUSE');
  expect(namedObjects(text, [{ start, end: start + 5 }]).map(({ name }) => name)).toEqual(['after-1', 'before-1']);
});

test('however many there are, some are told', () => {
  const pods = Array.from({ length: 1_000 }, (_, at) => `pods "web-${at}"`).join(' ');
  expect(named(pods)).toHaveLength(64);
});

test('namespaces are those of objects, too', () => {
  expect(namedNamespaces(namedObjects(readErrorText('Pod/shop/web namespace=inner')))).toEqual(
    new Set(['shop', 'inner']),
  );
});

describe('the workload of a question', () => {
  const workloads = [
    'Deployment/web',
    'Deployment/web-api',
    'StatefulSet/db',
    'DaemonSet/agent',
    'Job/load',
    'CronJob/nightly',
    'Pod/bare-x2x4z',
  ].map((title): StoredWorkload => {
    const [kind = '', name = ''] = title.split('/');
    return { kind, name, labels: {} };
  });
  const of = (text: string, workloadName?: string) => {
    const found = workloadOf({
      namespace: 'shop',
      workloads,
      workloadName,
      named: namedObjects(readErrorText(text)),
      complete: true,
      contact: undefined,
    });
    return found === undefined ? undefined : `${found.kind}/${found.name}`;
  };

  test.each([
    ['pods "web-5d4f8c7b9-x2x4z"', 'Deployment/web'],
    ['pods "web-api-5d4f8c7b9-x2x4z"', 'Deployment/web-api'],
    ['replicaset/web-5d4f8c7b9', 'Deployment/web'],
    ['pod/db-11', 'StatefulSet/db'],
    ['pod/agent-x2x4z', 'DaemonSet/agent'],
    ['pod/load-x2x4z', 'Job/load'],
    ['pod/load-3-x2x4z', 'Job/load'],
    ['job/nightly-29384710', 'CronJob/nightly'],
    ['pod/nightly-29384710-x2x4z', 'CronJob/nightly'],
    ['pod/bare-x2x4z', 'Pod/bare-x2x4z'],
    ['deployments.apps "web"', 'Deployment/web'],
    ['resource Pod/shop/db-0', 'StatefulSet/db'],
  ])('%s is of %s', (text, expected) => {
    expect(of(text)).toBe(expected);
  });

  test.each(['pods "web"', 'pods "web-1"', 'pods "db-x"', 'pods "webs-5d4f8c7b9-x2x4z"', 'Pod/inner/db-0', 'nothing'])(
    '%s is of none that is known',
    (text) => {
      expect(of(text)).toBeUndefined();
    },
  );

  test('the one that was asked about goes before what the text names', () => {
    expect(of('pod/db-0', 'web')).toBe('Deployment/web');
    expect(of('pod/db-0', 'deployment/web-api')).toBe('Deployment/web-api');
    expect(of('', 'web-5d4f8c7b9-x2x4z')).toBe('Deployment/web');
    expect(of('pod/db-0', 'unknown')).toBeUndefined();
  });
});

test('a group behind a kind has an end, so that not all of a text is read from each kind', () => {
  const kinds = (group: string) => namedObjects(readErrorText(`deployment.${group}/web`)).map(({ name }) => name);
  expect(kinds('apps')).toEqual(['web']);
  expect(kinds('a.'.repeat(300))).toEqual([]);
});
