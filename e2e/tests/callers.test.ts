import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handleOf } from '../../crds/report-line.ts';
import { type Conformance, createConformance } from '../../gateway/testing/conformance.ts';
import { at } from '../control-plane/admin.ts';
import { AdminError, connect } from '../control-plane/connection.ts';
import type { Gateway } from '../programs.ts';
import {
  type CallerName,
  callers,
  constraints,
  hidden,
  hiddenFrom,
  isUnknown,
  openedTo,
  startWorld,
  withExpiry,
  type World,
} from './callers-world.ts';
import { type Cluster, startCluster } from './cluster.ts';

// Who may see what: every kind of caller, at every route, about its own namespace, another and none.

let cluster: Cluster;
let gateway: Gateway;
let isAsPublished: Conformance;
let tokens: World['tokens'];

const places = ['own', 'other', 'missing'] as const;
type Place = (typeof places)[number];
const namespaces = { own: 'shop', other: 'payments', missing: 'no-such-namespace' } as const;

beforeAll(async () => {
  cluster = await startCluster();
  ({ gateway, tokens } = await startWorld(cluster));
  isAsPublished = createConformance(await (await fetch(`${gateway.url}/openapi.json`)).json());
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Asked {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

type Route = readonly [title: string, ask: (namespace: string) => readonly [path: string, body?: object]];

const idOf = constraints.own.id;
/** Every route that is about a namespace. */
const namespacedRoutes: readonly Route[] = [
  ['potoo_query', (namespace) => ['/tools/potoo_query', { namespace }]],
  ['potoo_query of a workload', (namespace) => ['/tools/potoo_query', { namespace, workload_name: 'checkout' }]],
  ['the report', (namespace) => [`/resources/reports/${namespace}`]],
  ['a page of the report', (namespace) => [`/resources/reports/${namespace}?limit=2`]],
  ['the report by POST', (namespace) => ['/resources', { resource: 'reports', params: { namespace } }]],
];
const constraintRoutes: readonly Route[] = [
  ['a constraint by id', (namespace) => [`/resources/constraints/${namespace}/${idOf}`]],
  ['potoo_remediation', (namespace) => ['/tools/potoo_remediation', { namespace, constraint_name: idOf }]],
  [
    'a constraint by POST',
    (namespace) => ['/resources', { resource: 'constraints', params: { namespace, name: idOf } }],
  ],
];

async function ask(caller: CallerName, [path, body]: readonly [path: string, body?: object]): Promise<Asked> {
  const token = tokens.get(caller);
  const method = body === undefined ? 'GET' : 'POST';
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers } = response;
  isAsPublished({ method, path: new URL(response.url).pathname, status, headers, text });
  return { status, text, body: JSON.parse(text) };
}

function expectNothingHidden(caller: CallerName, text: string): void {
  expect(hiddenFrom(caller).filter((word) => text.includes(word))).toEqual([]);
}

function statusFor(caller: CallerName, place: Place): number {
  if (isUnknown(caller)) return 401;
  if (caller === 'nobody') return 403;
  if (place === 'own') return 200;
  if (caller !== 'full') return 403;
  return place === 'other' ? 200 : 404;
}

test('the tokens are refused for what is wrong with them and nothing else', async () => {
  const full = tokens.get('full');
  tokens.set('junk', withExpiry(cluster.controlPlane, full ?? '', 3_600));
  expect((await ask('junk', ['/resources/health'])).status).toBe(200);
  tokens.set('junk', 'no.such.token');
});

describe.each(callers)('caller %s', (caller) => {
  describe.each([...namespacedRoutes, ...constraintRoutes])('%s', (...route) => {
    const [, requestFor] = route;
    test.each(places)('in its %s namespace', async (place) => {
      const answer = await ask(caller, requestFor(namespaces[place]));
      // The constraint that is asked for binds `shop` alone.
      const isElsewhere = constraintRoutes.some(([title]) => title === route[0]) && place !== 'own';
      const status = statusFor(caller, place);
      expect(answer.status).toBe(isElsewhere && status === 200 ? 404 : status);
      expectNothingHidden(caller, answer.text);
      if (status === 403) {
        const missing = await ask(caller, requestFor('none-of-this-name'));
        expect(answer.text.replaceAll(namespaces[place], '')).toBe(missing.text.replaceAll('none-of-this-name', ''));
      }
    });
  });

  test('sees what its level opens', async () => {
    const { text, body } = await ask(caller, ['/tools/potoo_query', { namespace: 'shop' }]);
    for (const part of openedTo(caller)) {
      const [first] = hidden[part];
      expect(text, part).toContain(first);
    }
    const list = at(body, 'constraints');
    const levels = Array.isArray(list) ? list.map((each: unknown) => at(each, 'detail_level')) : [];
    const expected = { summary: ['summary', 'summary', 'summary'], detailed: ['detailed', 'summary', 'summary'] };
    if (caller === 'full') expect(levels).toEqual(['detailed', 'full', 'full']);
    else if (caller === 'static') expect(levels).toEqual(expected.summary);
    else expect(levels).toEqual(caller === 'summary' || caller === 'detailed' ? expected[caller] : []);
  });

  test('finds a policy of another namespace by its handle, and by its name only if it may know it', async () => {
    const status = statusFor(caller, 'own');
    const by = async (name: string) => ask(caller, [`/resources/constraints/shop/${name}`]);
    const byHandle = await by(handleOf(constraints.foreign.id));
    expect(byHandle.status).toBe(status);
    expectNothingHidden(caller, byHandle.text);
    expect((await by('foreign-name')).status).toBe(status === 200 && caller !== 'full' ? 404 : status);
    expect((await by('no-such-name')).status).toBe(status === 200 ? 404 : status);
    expect((await by(handleOf('aaaaaaaaaaaaaaaa'))).status).toBe(status === 200 ? 404 : status);
  });

  test('lists the namespaces that it may see', async () => {
    const { status, body, text } = await ask(caller, ['/tools/potoo_list_namespaces', {}]);
    expectNothingHidden(caller, text);
    const wrong = statusFor(caller, 'own') === 401;
    expect(status).toBe(wrong ? 401 : 200);
    const list = at(body, 'namespaces');
    const names = Array.isArray(list) ? list.map((each: unknown) => at(each, 'namespace')) : undefined;
    const all = ['payments', 'platform', 'shop'];
    const seen = caller === 'nobody' ? [] : caller === 'full' ? all : ['shop'];
    expect(names).toEqual(wrong ? undefined : seen);
  });

  test.each(['health', 'capabilities'])('%s: figures, the status alone, or nothing', async (resource) => {
    for (const request of [[`/resources/${resource}`], ['/resources', { resource }]] as const) {
      const { status, body } = await ask(caller, request);
      const wrong = statusFor(caller, 'own') === 401;
      expect(status).toBe(wrong ? 401 : 200);
      if (wrong) continue;
      expect(at(body, 'adapters') !== undefined).toBe(caller === 'full');
      if (caller !== 'full') expect(Object.keys(Object(body))).toEqual(['status']);
    }
  });

  test('reads what is about nothing of the cluster', async () => {
    for (const path of ['/mcp/tools', '/mcp/resources', '/openapi.json', '/healthz', '/readyz']) {
      const { status, text } = await ask(caller, [path]);
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toMatch(/shop|checkout|company/);
    }
  });
});

const storedNames = ['report', 'detail', 'foreignDetail', 'clusterDetail', 'clusterReport', 'otherReport'] as const;
type Stored = (typeof storedNames)[number];
/** What each caller may read of the stored resources, by the API server itself. */
const storedPaths: Readonly<Record<Stored, string>> = {
  report: '/apis/potoo.io/v1alpha1/namespaces/shop/constraintreports/constraints',
  detail: '/apis/potoo.io/v1alpha1/namespaces/shop/constraintdetails/constraints',
  foreignDetail: '/apis/potoo.io/v1alpha1/namespaces/platform/constraintdetails/constraints',
  clusterDetail: '/apis/potoo.io/v1alpha1/clusterconstraintdetails/company-wide',
  clusterReport: '/apis/potoo.io/v1alpha1/clusterconstraintreports/cluster',
  otherReport: '/apis/potoo.io/v1alpha1/namespaces/payments/constraintreports/constraints',
};
const readers = ['nobody', 'summary', 'detailed', 'full'] as const;
const mayRead: Readonly<Record<(typeof readers)[number], readonly Stored[]>> = {
  nobody: [],
  summary: ['report'],
  detailed: ['report', 'detail'],
  full: storedNames,
};

describe.each(readers)('%s, asking the API server', (reader) => {
  test.each(storedNames)('gets the same of %s', async (stored) => {
    await using client = await connect({ ...cluster.controlPlane, adminToken: tokens.get(reader) ?? '' });
    const answer = await client.json('GET', storedPaths[stored]).then(JSON.stringify, (error: unknown) => error);
    if (mayRead[reader].includes(stored)) {
      expect(typeof answer).toBe('string');
      expectNothingHidden(reader, String(answer));
    } else {
      expect(answer instanceof AdminError ? answer.status : answer).toBe(403);
    }
  });

  const hasKubectl = spawnSync('kubectl', ['version', '--client']).error === undefined;
  test.skipIf(!hasKubectl)('and by kubectl', async () => {
    const kubeconfig = await cluster.controlPlane.kubeconfigFor(`caller-${reader}`, tokens.get(reader) ?? '');
    for (const stored of storedNames) {
      const [, , , , ...rest] = storedPaths[stored].split('/');
      const [plural = '', name = ''] = rest.slice(-2);
      const place = rest[0] === 'namespaces' ? ['-n', rest[1] ?? ''] : [];
      const args = ['--kubeconfig', kubeconfig, ...place, 'get', plural, name, '-o', 'yaml'];
      const { status, stdout, stderr } = spawnSync('kubectl', args, { encoding: 'utf8' });
      expect([stored, status]).toEqual([stored, mayRead[reader].includes(stored) ? 0 : 1]);
      if (status !== 0) expect(stderr).toContain('Forbidden');
      expectNothingHidden(reader, stdout);
    }
  });
});
