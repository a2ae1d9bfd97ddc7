import { expect, test } from 'vitest';
import { createToolset } from './testing/toolset.ts';

const made = (kind: string, name: string, release: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name,
    namespace: 'shop',
    labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.sh/chart': `${release}-1.0.0`, ...more },
    annotations: { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': 'shop' },
  },
});
const kinds = [
  ['/apis/apps/v1', 'deployments', 'DeploymentList'],
  ['/apis/apps/v1', 'statefulsets', 'StatefulSetList'],
  ['/apis/apps/v1', 'daemonsets', 'DaemonSetList'],
  ['/api/v1', 'services', 'ServiceList'],
  ['/apis/batch/v1', 'cronjobs', 'CronJobList'],
  ['/apis/batch/v1', 'jobs', 'JobList'],
] as const;
const listed = (items: Readonly<Record<string, readonly object[]>>) =>
  Object.fromEntries(
    kinds.map(([root, plural, kind]) => [
      `${root}/namespaces/shop/${plural}`,
      { kind, metadata: {}, items: items[plural] ?? [] },
    ]),
  );
const everything = [
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'services.',
  'cronjobs.batch',
  'jobs.batch',
];
const rights = { ann: everything.map((kind) => `list ${kind} shop`), bob: ['list services. shop'], eve: [] };

test('releases are told from what they made, and Secrets are not asked for', async () => {
  const cluster = createToolset(
    listed({
      deployments: [
        made('Deployment', 'a', 'front', { 'app.kubernetes.io/version': '7' }),
        { kind: 'Deployment', metadata: { name: 'b', labels: { 'app.kubernetes.io/managed-by': 'Helm' } } },
      ],
      services: [made('Service', 'a', 'front'), made('Service', 'b', 'back'), made('Service', 'c', 'back')],
    }),
    rights,
  );
  const answer = await cluster.ask('helm_list', { namespace: 'shop' }, 'ann');
  expect(answer).toMatchObject({
    value: {
      releases: [
        { name: 'back', namespace: 'shop', chart: 'back-1.0.0', objects: { Service: 2 } },
        { name: 'front', chart: 'front-1.0.0', app_version: '7', objects: { Deployment: 1, Service: 1 } },
      ],
      returned: 2,
      truncated: false,
    },
  });
  expect(
    cluster.requests.every(({ path, query }) => !path.includes('secrets') && query?.['labelSelector'] !== undefined),
  ).toBe(true);
});

test('what the caller may not list is left out and named, and nothing at all is refused', async () => {
  const cluster = createToolset(listed({ services: [made('Service', 'a', 'front')] }), rights);
  const answer = await cluster.ask('helm_list', { namespace: 'shop' }, 'bob');
  expect(answer).toMatchObject({ value: { releases: [{ name: 'front' }] } });
  expect(JSON.stringify(answer)).toContain('Deployment: You may not');
  expect(await cluster.ask('helm_list', { namespace: 'shop' }, 'eve')).toMatchObject({ ok: false, code: 'FORBIDDEN' });
  expect(await cluster.ask('helm_list', { all_namespaces: true, namespace: 'shop' }, 'ann')).toMatchObject({
    code: 'FORBIDDEN',
  });
});
