import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { clusterToolsAccess } from '../../gateway/cluster/access.ts';
import { apply, at, request, waitFor } from '../control-plane/admin.ts';
import { clusterToolsInstallation, type Gateway } from '../programs.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { clusterToolsUser, gatewayUser, readAuditLog } from './evidence/audit-log.ts';

// The cluster toolset on a real API server. There are no nodes, so no kubelet answers.

let cluster: Cluster;
let gateway: Gateway;
const tokens: Record<'all' | 'shop' | 'nobody', string> = { all: '', shop: '', nobody: '' };
const podsMax = 600;

/** Kinds that clusters have from others, as far as the tools read them. */
function definitions(): object[] {
  const kind = (group: string, plural: string, name: string, scope: string) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, stands in for the metrics server' },
    },
    spec: {
      group,
      scope,
      names: { plural, kind: name, listKind: `${name}List` },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
  return [
    kind('metrics.k8s.io', 'pods', 'PodMetrics', 'Namespaced'),
    kind('metrics.k8s.io', 'nodes', 'NodeMetrics', 'Cluster'),
    kind('project.openshift.io', 'projects', 'Project', 'Cluster'),
    kind('example.net', 'widgets', 'Widget', 'Namespaced'),
  ];
}

const pod = (namespace: string, name: string, env: object[] = []) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: { containers: [{ name: 'web', image: 'registry.example.com/web:1', env }] },
});

beforeAll(async () => {
  cluster = await startCluster();
  const { controlPlane } = cluster;
  await apply(controlPlane, [
    ...clusterToolsInstallation(),
    ...definitions(),
    ...['shop', 'other', 'many'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'read-all' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    },
  ]);
  for (const namespace of ['shop', 'many']) {
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await waitFor(controlPlane, account, (found) => found !== undefined, 'the account of pods');
  }
  const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/potoo-cluster-tools';
  await waitFor(controlPlane, role, (found) => at(found, 'rules', 0) !== undefined, 'the aggregated rights');
  await apply(controlPlane, [
    pod('shop', 'web', [{ name: 'DB_PASSWORD', value: 'correct-horse-battery' }]),
    pod('shop', 'db'),
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
    {
      ...pod('shop', 'placed'),
      spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'registry.example.com/web:1' }] },
    },
    ...Array.from({ length: podsMax }, (_, index) => pod('many', `worker-${String(index).padStart(3, '0')}`)),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'treasure', namespace: 'shop' },
      stringData: { key: 'gold-in-the-cellar' },
    },
    {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { name: 'web', namespace: 'shop' },
      containers: [{ name: 'web', usage: { cpu: '250m', memory: '64Mi' } }],
    },
  ]);
  tokens.all = await cluster.caller('all', [{ role: 'read-all' }]);
  tokens.shop = await cluster.caller('shop-viewer', [{ role: 'view', namespace: 'shop' }]);
  tokens.nobody = await cluster.caller('nobody', []);
  gateway = await cluster.startGateway('cluster-tools', undefined, { POTOO_TOOLSETS: 'constraints,cluster' });
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function ask(tool: string, input: object, token?: string) {
  const response = await fetch(`${gateway.url}/tools/${tool}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  const body: unknown = JSON.parse(text);
  return { status: response.status, text, body };
}

async function post(method: string, params: object, token: string): Promise<Response> {
  return fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
}

function resultOf(text: string): unknown {
  const line = text.split('\n').find((each) => each.startsWith('data: ')) ?? `data: ${text}`;
  return z.object({ result: z.unknown() }).parse(JSON.parse(line.slice(6))).result;
}

async function call(tool: string, input: object, token: string): Promise<unknown> {
  return resultOf(await (await post('tools/call', { name: tool, arguments: input }, token)).text());
}

const List = z.object({
  table: z.string(),
  items: z.array(z.record(z.string(), z.unknown())),
  returned: z.number(),
  remaining: z.number().optional(),
  truncated: z.boolean(),
});

describe('rights', () => {
  const cases = [
    ['pods_list', {}, [200, 403, 403, 401]],
    ['pods_list', { namespace: 'shop' }, [200, 200, 403, 401]],
    ['pods_list_in_namespace', { namespace: 'other' }, [200, 403, 403, 401]],
    ['pods_list_in_namespace', { namespace: 'not-there' }, [200, 403, 403, 401]],
    ['pods_get', { name: 'web', namespace: 'shop' }, [200, 200, 403, 401]],
    ['pods_get', { name: 'not-there', namespace: 'shop' }, [404, 404, 403, 401]],
    ['resources_get', { apiVersion: 'v1', kind: 'Namespace', name: 'shop' }, [200, 200, 403, 401]],
    ['resources_get', { apiVersion: 'v1', kind: 'Namespace', name: 'other' }, [200, 403, 403, 401]],
    ['namespaces_list', {}, [200, 403, 403, 401]],
    ['events_list', { namespace: 'shop' }, [200, 200, 403, 401]],
    ['pods_top', {}, [200, 403, 403, 401]],
    ['nodes_top', {}, [200, 403, 403, 401]],
    ['projects_list', {}, [200, 403, 403, 401]],
    ['pods_log', { name: 'web', namespace: 'shop' }, [200, 200, 403, 401]],
    // No kubelet: the API server's own error, and only for who may read logs.
    ['pods_log', { name: 'placed', namespace: 'shop' }, [503, 503, 403, 401]],
    ['nodes_log', { name: 'n1', query: 'kubelet' }, [403, 403, 403, 401]],
    ['nodes_stats_summary', { name: 'n1' }, [403, 403, 403, 401]],
  ] as const;

  test.each(cases)('%s %j', async (tool, input, wanted) => {
    const callers = [tokens.all, tokens.shop, tokens.nobody, undefined];
    const answers = await Promise.all(callers.map(async (token) => ask(tool, input, token)));
    expect(
      answers.map(({ status }) => status),
      JSON.stringify(answers.map(({ text }) => text.slice(0, 300))),
    ).toEqual(wanted);
  });

  test('that are missing are answered the same whether the namespace is there or not', async () => {
    const [there, absent] = await Promise.all(
      ['other', 'not-there'].map(async (namespace) => ask('pods_list', { namespace }, tokens.shop)),
    );
    expect(there).toEqual(absent);
  });
});

test.each([
  ['v1', 'Secret'],
  ['v1', 'secrets'],
  ['v1', 'cm'],
  ['/v1', 'Secret'],
  ['core/v1', 'ConfigMap'],
  ['v1', 'secrets/treasure'],
])('nobody reads %s %s, not even who may do everything', async (apiVersion, kind) => {
  for (const [tool, input] of [
    ['resources_list', { apiVersion, kind, namespace: 'shop' }],
    ['resources_get', { apiVersion, kind, name: 'treasure', namespace: 'shop' }],
  ] as const) {
    const { status, text } = await ask(tool, input, tokens.all);
    expect([status, text]).toEqual([403, expect.stringContaining('never reads Secrets or ConfigMaps')]);
  }
});

test('a list is the table of kubectl, with the objects beside it and no credential in them', async () => {
  const { body, text } = await ask('pods_list', { namespace: 'shop', labelSelector: 'app in (web,db)' }, tokens.shop);
  const { table, items } = List.parse(body);
  expect(table.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['NAME', 'READY', 'STATUS'],
    ['db', '0/1', 'Pending'],
    ['web', '0/1', 'Pending'],
  ]);
  expect(items.map((item) => at(item, 'spec', 'containers', 0, 'image'))).toEqual(
    Array.from({ length: 2 }, () => 'registry.example.com/web:1'),
  );
  expect(text).not.toMatch(/correct-horse|managedFields|last-applied/);
});

test('use of pods is what the metrics API says', async () => {
  const { body } = await ask('pods_top', {}, tokens.all);
  expect(
    List.parse(body)
      .table.split('\n')
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['NAMESPACE', 'NAME', 'CPU(cores)', 'MEMORY(bytes)'],
    ['shop', 'web', '250m', '64Mi'],
  ]);
});

test('plans say over REST and MCP who may run the command, and change nothing whatever is approved', async () => {
  const path = { namespace: 'shop', group: '', version: 'v1', plural: 'pods', name: 'db' };
  const plan = 'kubectl delete pods db -n shop --wait=false';
  for (const [token, allowed] of [
    [tokens.all, true],
    [tokens.shop, false],
  ] as const) {
    const { status, body } = await ask('k8s_delete', { ...path, approved: true }, token);
    expect([status, body]).toMatchObject([200, { plan, allowed, executed: false }]);
    const answer = await call('k8s_delete', { ...path, approved: true }, token);
    expect(answer).toMatchObject({
      structuredContent: { plan, allowed, executed: false },
      content: [{ text: expect.stringContaining('Not executed') }],
    });
  }
  expect((await ask('k8s_delete', { ...path, approved: true })).status).toBe(401);
  const blocked = await call('k8s_delete', { ...path, plural: 'secrets', approved: true }, tokens.all);
  expect(blocked).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^BLOCKED: Potoo never/) }] });

  // Twice as many rights as objects are asked for at once.
  const resource = Array.from({ length: 20 }, (_, index) => JSON.stringify(pod('shop', `new-${index}`))).join(
    '\n---\n',
  );
  const many = await ask('resources_create_or_update', { resource }, tokens.all);
  expect([many.status, many.body], many.text.slice(0, 300)).toMatchObject([200, { allowed: true, executed: false }]);

  const { controlPlane } = cluster;
  const pods = await request(controlPlane, 'GET', '/api/v1/namespaces/shop/pods');
  const names = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) }).parse(pods);
  expect(names.items.map(({ metadata }) => metadata.name).toSorted()).toEqual(['db', 'placed', 'web']);
  const writes = readAuditLog(controlPlane.auditLog).filter(
    ({ user, verb }) => user.username === clusterToolsUser && !['get', 'list'].includes(verb),
  );
  expect(writes).toEqual([]);
});

test('a list of one name needs no more than the right to list that one', async () => {
  await apply(cluster.controlPlane, [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'only-shop' },
      rules: [{ apiGroups: [''], resources: ['namespaces'], resourceNames: ['shop'], verbs: ['list'] }],
    },
  ]);
  const token = await cluster.caller('only-shop', [{ role: 'only-shop' }]);
  const one = await ask('namespaces_list', { fieldSelector: 'metadata.name=shop' }, token);
  expect([one.status, one.body], one.text).toMatchObject([
    200,
    { items: [{ metadata: { name: 'shop' } }], returned: 1 },
  ]);
  for (const input of [{}, { fieldSelector: 'metadata.name=other' }, { fieldSelector: 'metadata.name!=shop' }]) {
    expect((await ask('namespaces_list', input, token)).status).toBe(403);
  }
});

test('over MCP a long list is cut to what a model can read, and says so', async () => {
  const response = await post('tools/call', { name: 'pods_list', arguments: {} }, tokens.all);
  const text = await response.text();
  expect(Buffer.byteLength(text)).toBeLessThan(49_152);
  const list = z.object({ structuredContent: List }).parse(resultOf(text)).structuredContent;
  expect(list).toMatchObject({ truncated: true });
  expect(list.table.split('\n')[1]).toMatch(/^many {2,}worker-000/);
  expect(list.returned + (list.remaining ?? 0)).toBe(podsMax + 3);
});

test('before the account reads, the right of the caller was asked for', async () => {
  const { auditLog } = cluster.controlPlane;
  const fresh = await cluster.caller('fresh', [{ role: 'view', namespace: 'shop' }]);
  const since = readAuditLog(auditLog).length;
  expect((await ask('pods_get', { name: 'db', namespace: 'shop' }, fresh)).status).toBe(200);
  const isRead = (event: { readonly user: { readonly username: string } }) => event.user.username === clusterToolsUser;
  await eventually('it is in the log', async () => readAuditLog(auditLog).slice(since).some(isRead));
  const events = readAuditLog(auditLog)
    .slice(since)
    .filter(({ user }) => [clusterToolsUser, gatewayUser].includes(user.username))
    .map(({ user, verb, objectRef }) => `${user.username.split(':').at(-1)} ${verb} ${objectRef?.resource}`)
    .filter((line) => !/ (watch|list) |leases/.test(line));
  expect(events).toEqual([
    'potoo-controller create tokenreviews',
    'potoo-controller create subjectaccessreviews',
    'potoo-cluster-tools get pods',
  ]);
});

test('the account may read every kind of its list, and nothing that holds or makes credentials', async () => {
  const { controlPlane } = cluster;
  const resources = clusterToolsAccess.flatMap(({ apiGroups, resources: plurals }) =>
    plurals.filter((plural) => !plural.includes('/')).map((plural) => ({ group: apiGroups[0] ?? '', plural })),
  );
  for (const { group, plural } of resources) {
    const apiVersion = await preferred(group);
    for (const [tool, more, wanted] of [
      ['resources_list', {}, 200],
      ['resources_get', { name: 'not-there' }, 404],
    ] as const) {
      const { status, text } = await ask(tool, { apiVersion, kind: plural, ...more }, tokens.all);
      expect(status, `${tool} ${plural}: ${text.slice(0, 300)}`).toBe(wanted);
    }
  }
  const may = async (verb: string, resource: string, subresource?: string) => {
    const answer = await request(controlPlane, 'POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: clusterToolsUser, resourceAttributes: { verb, resource, subresource, namespace: 'shop' } },
    });
    return at(answer, 'status', 'allowed');
  };
  expect(await may('list', 'pods')).toBe(true);
  for (const resource of ['secrets', 'configmaps']) expect(await may('list', resource)).toBe(false);
  expect(
    await Promise.all([may('create', 'pods', 'exec'), may('get', 'nodes', 'proxy'), may('watch', 'pods')]),
  ).toEqual(Array.from({ length: 3 }, () => false));

  async function preferred(group: string): Promise<string> {
    if (group === '') return 'v1';
    const found = await request(controlPlane, 'GET', `/apis/${group}`);
    return z.object({ preferredVersion: z.object({ groupVersion: z.string() }) }).parse(found).preferredVersion
      .groupVersion;
  }
});

test('a kind beyond the list is read once a labelled ClusterRole allows it', async () => {
  const input = { apiVersion: 'example.net/v1beta1', kind: 'Widget' };
  const refused = await ask('resources_list', input, tokens.all);
  expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('aggregate-to-cluster-tools')]);
  await apply(cluster.controlPlane, [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'widgets-for-cluster-tools', labels: { 'potoo.io/aggregate-to-cluster-tools': 'true' } },
      rules: [{ apiGroups: ['example.net'], resources: ['widgets'], verbs: ['get', 'list'] }],
    },
  ]);
  await eventually('it is read', async () => (await ask('resources_list', input, tokens.all)).status === 200);
});

test('without the toolset there are none of its tools, and ping all the same', async () => {
  const plain = await cluster.startGateway('without-cluster-tools');
  const answer = await fetch(`${plain.url}/mcp/tools`);
  const { tools } = z.object({ tools: z.array(z.object({ name: z.string() })) }).parse(await answer.json());
  const names = tools.map(({ name }) => name);
  expect(names).toContain('ping');
  expect(names.filter((name) => !name.startsWith('potoo_'))).toEqual(['ping']);
});
