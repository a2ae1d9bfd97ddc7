import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KubeError } from '../../kube/errors.ts';
import { setup, tableOf } from './testing/toolset.ts';

/** Everything, to the API server: what is refused is refused all the same. */
const everything = (group: string) =>
  ['secrets', 'configmaps', 'pods', 'tokenreviews'].flatMap((plural) => [
    `get ${plural}.${group}`,
    `list ${plural}.${group}`,
  ]);
const god = { ann: ['', 'core', 'vault.example.com', 'authentication.k8s.io'].flatMap(everything) };

const aliases = [
  ['v1', 'Secret'],
  ['v1', 'secret'],
  ['v1', 'SECRET'],
  ['v1', 'secrets'],
  ['v1', 'SecretList'],
  ['v1', 'sEcReTs'],
  ['v1', 'secrets/'],
  ['v1', 'secrets//'],
  ['v1', 'secrets/status'],
  ['v1', 'secrets%2Fx'],
  ['v1', '%73ecrets'],
  ['v1', ' Secret'],
  ['v1', 'Secret\u200b'],
  ['v1', 'Ｓecret'],
  ['v1', 'Ѕecret'],
  ['v1', '-Secret'],
  ['v1', '../secrets'],
  ['v1', 'pods/../secrets'],
  ['v1', 'ConfigMap'],
  ['v1', 'configmaps'],
  ['v1', 'configmap'],
  ['v1', 'ConfigMapList'],
  ['v1', 'config-map'],
  ['v1', 'cm'],
  ['v1', 'CM'],
  ['/v1', 'Secret'],
  ['core/v1', 'Secret'],
  ['v2', 'Secret'],
  ['v1beta1', 'ConfigMap'],
  ['', 'Secret'],
  ['V1', 'Secret'],
  ['v1/', 'Secret'],
  ['v1/namespaces/shop/secrets', 'Pod'],
  ['apps/v1/../../api/v1', 'Secret'],
  ['secrets/v1', 'Secret'],
] as const;

describe('Secrets and ConfigMaps', () => {
  test.each(aliases)('as %j %j are read by nobody', async (apiVersion, kind) => {
    const { ask, read } = setup({ rights: god });
    for (const [tool, input] of [
      ['resources_list', { apiVersion, kind }],
      ['resources_list', { apiVersion, kind, namespace: 'shop' }],
      ['resources_get', { apiVersion, kind, name: 'x', namespace: 'shop' }],
    ] as const) {
      expect((await ask(tool, input, 'ann')).ok).toBe(false);
    }
    expect(read).toEqual([]);
  });

  test('are refused with a sentence of their own, before any right is asked for', async () => {
    const { ask, reviews } = setup({ rights: god });
    const answer = await ask('resources_get', { apiVersion: 'v1', kind: 'cm', name: 'x' }, 'ann');
    expect(answer).toMatchObject({ ok: false, code: 'FORBIDDEN', error: /never reads Secrets or ConfigMaps/ });
    expect(reviews.asked).toEqual(['token']);
  });

  test.each([
    ['vault.example.com/v1', 'VaultSecret', 'secrets'],
    ['vault.example.com/v1', 'secrets', 'secrets'],
    ['vault.example.com/v1', 'ConfigMap', 'configmaps'],
  ])('of another group are refused like those of the core group: %s %s', async (apiVersion, kind, plural) => {
    const { ask, read } = setup({ rights: god });
    const path = { group: 'vault.example.com', version: 'v1', plural, namespace: 'shop' };
    for (const [tool, input] of [
      ['resources_list', { apiVersion, kind }],
      ['resources_get', { apiVersion, kind, name: 'x' }],
      ['resources_delete', { apiVersion, kind, name: 'x' }],
      ['k8s_list', path],
      ['k8s_get', { ...path, name: 'x' }],
    ] as const) {
      expect(await ask(tool, input, 'ann')).toMatchObject({ ok: false, code: 'FORBIDDEN', error: /never reads/ });
    }
    expect(read).toEqual([]);
  });

  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data: { key: 'Z29sZA==' } };
  test.each([
    ['one', secret],
    ['a list of them', { kind: 'SecretList', metadata: {}, items: [{ metadata: { name: 'x' }, data: secret.data }] }],
    ['one in a list', { kind: 'WidgetList', metadata: {}, items: [{ kind: 'Widget' }, secret] }],
    ['one in a table', tableOf([{ kind: 'Widget' }, secret])],
  ])('are not told where a server answers with %s whatever it was asked for', async (_, answered) => {
    const rights = { ann: ['list widgets.example.com', 'get widgets.example.com'] };
    const { ask } = setup({ rights, answer: () => answered });
    for (const [tool, input] of [
      ['resources_list', { apiVersion: 'example.com/v1', kind: 'Widget' }],
      ['resources_get', { apiVersion: 'example.com/v1', kind: 'Widget', name: 'x' }],
    ] as const) {
      expect(await ask(tool, input, 'ann')).toMatchObject({ ok: false, code: 'FORBIDDEN', error: /never reads/ });
    }
  });
});

/** Of the core group; an object of another kind may be called like them. */
const closedPath = /^\/api\/[^/]+\/(namespaces\/[^/]+\/)?(secrets|configmaps)(\/|$)/i;

test('no input of any tool reaches Secrets, ConfigMaps or a path that was not meant', async () => {
  const word = fc.oneof(
    fc.constantFrom(
      'v1',
      'Secret',
      'secrets',
      'configmaps',
      'cm',
      '..',
      '../secrets',
      'a/../../secrets',
      '%2e%2e',
      '-A',
      'web',
      '',
    ),
    fc.constantFrom('apps/v1', 'core/v1', 'Pod', 'pods', 'Deployment', 'shop', 'kube-system', 'a?b=c', 'a#b', 'x%2Fy'),
    fc.string({ maxLength: 20 }),
  );
  const plain = setup({});
  const inputs = fc.constantFrom(...plain.tools).chain(({ name, inputSchema }) => {
    const properties = Object.keys(inputSchema['properties'] ?? {});
    return fc.record({
      name: fc.constant(name),
      input: fc.record(Object.fromEntries(properties.map((field) => [field, word])), { requiredKeys: [] }),
    });
  });
  for (const account of ['gateway', 'person'] as const) {
    const { ask, read, reviews } = setup({ account, rights: {} });
    reviews.authorize = async () => Promise.resolve(true);
    await fc.assert(
      fc.asyncProperty(inputs, async ({ name, input }) => {
        read.length = 0;
        await ask(name, input, 'ann');
        for (const { path } of read) {
          expect(path).not.toMatch(closedPath);
          // What a URL parser makes of it is the same: nothing steps up, nothing is cut off.
          expect(new URL(path, 'http://cluster').pathname).toBe(path);
          expect(path).toMatch(/^\/(api|apis)\/[a-zA-Z0-9./:_-]*$/);
        }
      }),
      { numRuns: 400 },
    );
  }
});

describe('names', () => {
  const bad = [
    '-A',
    '--all-namespaces',
    '..',
    '.',
    '../x',
    'a/b',
    'a%2fb',
    '%2e%2e',
    'a b',
    'a\nb',
    'a?x=y',
    'a#b',
    'a\\b',
    'é',
    '',
  ];

  test.each(bad)('%j is none', async (name) => {
    const { ask, read, reviews } = setup({ rights: god });
    for (const [tool, input] of [
      ['pods_get', { name, namespace: 'shop' }],
      ['pods_log', { name, namespace: 'shop' }],
      ['resources_get', { apiVersion: 'v1', kind: 'Pod', name }],
      ['pods_top', { name }],
      ['nodes_top', { name }],
    ] as const) {
      expect(await ask(tool, input, 'ann')).toMatchObject({ ok: false, code: 'INVALID_REQUEST' });
    }
    expect([read, reviews.asked]).toEqual([[], ['token']]);
  });
});

describe('the right', () => {
  const cases = [
    ['pods_list', {}, 'list pods.', 'list pods.'],
    ['pods_list', { namespace: 'shop' }, 'list pods. shop', 'list pods. shop'],
    ['pods_list_in_namespace', { namespace: 'shop' }, 'list pods. shop', 'list pods. shop'],
    ['pods_get', { name: 'web', namespace: 'shop' }, 'get pods. shop/web', 'get pods. shop/web'],
    ['pods_get', { name: 'web' }, 'get pods. default/web', 'get pods. default/web'],
    ['pods_log', { name: 'web', namespace: 'shop' }, 'get pods./log shop/web', 'get pods./log shop/web'],
    ['pods_top', {}, 'list pods.metrics.k8s.io', 'list pods.metrics.k8s.io'],
    [
      'resources_list',
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop' },
      'list deployments.apps shop',
      'list deployments.apps shop',
    ],
    [
      'resources_get',
      { apiVersion: 'v1', kind: 'Namespace', name: 'shop' },
      'get namespaces. shop',
      'get namespaces. shop/shop',
    ],
    [
      'resources_get',
      { apiVersion: 'v1', kind: 'Node', name: 'n1', namespace: 'shop' },
      'get nodes.',
      'get nodes. /n1',
    ],
    ['namespaces_list', {}, 'list namespaces.', 'list namespaces.'],
    ['namespaces_list', { fieldSelector: 'metadata.name=shop' }, 'list namespaces. /shop', 'list namespaces. /shop'],
    ['events_list', { namespace: 'shop' }, 'list events. shop', 'list events. shop'],
    ['projects_list', {}, 'list projects.project.openshift.io', 'list projects.project.openshift.io'],
  ] as const;

  test.each(cases)('of %s %j is %s and no other', async (tool, input, right, asked) => {
    const { ask, reviews, read } = setup({
      rights: { ann: [right], bob: ['list pods other'] },
      answer: () => tablesOrText(tool),
    });
    expect(await ask(tool, input, 'ann')).toMatchObject({ ok: true });
    expect(reviews.asked).toEqual(['token', `ann ${asked}`]);
    expect(read).toHaveLength(1);
    read.length = 0;
    expect(await ask(tool, input, 'bob')).toMatchObject({ ok: false, code: 'FORBIDDEN' });
    expect(await ask(tool, input)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
    expect(read).toEqual([]);
  });

  const tablesOrText = (tool: string) =>
    tool.endsWith('_get') ? { kind: 'Pod', metadata: { name: 'web' } } : tool.endsWith('_log') ? 'line\n' : undefined;

  test('that is missing is answered the same whatever there is', async () => {
    const { ask } = setup({ rights: {} });
    const there = await ask('pods_list', { namespace: 'shop' }, 'bob');
    expect(await ask('pods_list', { namespace: 'no-such-namespace' }, 'bob')).toEqual(there);
  });

  test('cannot be checked: nothing is read', async () => {
    const { ask, reviews, read } = setup({ rights: god });
    await ask('namespaces_list', {}, 'ann');
    reviews.up = false;
    await expect(ask('pods_list', {}, 'ann')).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
    expect(read).toEqual([]);
  });

  test('of the account is missing: the answer names the label that brings it', async () => {
    const answer = () => {
      throw new KubeError('KUBE_FORBIDDEN', { status: 403, request: 'GET /x', said: 'no' });
    };
    const { ask } = setup({ rights: { ann: ['list widgets.example.com'] }, answer });
    const input = { apiVersion: 'example.com/v1', kind: 'Widget' };
    const refused = await ask('resources_list', input, 'ann');
    expect(refused).toMatchObject({ code: 'FORBIDDEN', error: /potoo\.io\/aggregate-to-cluster-tools/ });
  });
});

test('kinds that are only created are not read', async () => {
  const { ask, read } = setup({ rights: god });
  const input = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
  expect(await ask('resources_list', input, 'ann')).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(await ask('resources_get', { ...input, name: 'x' }, 'ann')).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(read).toEqual([]);
});

test('which kinds there are is told to nobody without credentials', async () => {
  const { ask } = setup({});
  const answers = await Promise.all(
    ['Deployment', 'Nothing'].map(async (kind) => ask('resources_list', { apiVersion: 'apps/v1', kind })),
  );
  expect(answers.map((answer) => (answer.ok ? 'OK' : answer.code))).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
});

test('tools that need nodes/proxy: not in the gateway, which says why; with a person its own right', async () => {
  const rights = { ann: ['get nodes./proxy'] };
  for (const [tool, input, path] of [
    ['nodes_log', { name: 'n1', query: 'kubelet' }, '/api/v1/nodes/n1/proxy/logs/'],
    ['nodes_stats_summary', { name: 'n1' }, '/api/v1/nodes/n1/proxy/stats/summary'],
  ] as const) {
    const gateway = setup({ rights });
    expect(await gateway.ask(tool, input, 'ann')).toMatchObject({ code: 'FORBIDDEN', error: /nodes\/proxy/ });
    const person = setup({ rights, account: 'person', answer: () => '{"node": {}}' });
    expect((await person.ask(tool, input, 'ann')).ok).toBe(true);
    expect([gateway.read, person.read.map((each) => each.path)]).toEqual([[], [path]]);
    expect(await person.ask(tool, input, 'bob')).toMatchObject({ code: 'FORBIDDEN' });
  }
});
