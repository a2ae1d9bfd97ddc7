import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createIdentities } from '../../gateway/auth/identity.ts';
import { createReviews } from '../../gateway/auth/reviews.ts';
import { createClusterTools } from '../../gateway/cluster/all.ts';
import { createAsker } from '../../gateway/cluster/testing/toolset.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadCredentials } from '../../kube/credentials.ts';
import { createTransport } from '../../kube/transport.ts';
import { apply, get } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { readAuditLog } from './evidence/audit-log.ts';

// Whether plans say the truth is for the API server to say: the rights that they name, the commands that they print, and its
// own log of what the toolset has asked for.

const account = 'system:serviceaccount:default:cluster-tools';
const group = 'rbac.authorization.k8s.io';
const serviceAccount = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'default' },
});
const binding = (kind: string, name: string, role: string, subject: string, namespace?: string) => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name, namespace },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', name: subject, namespace: 'default' }],
});
const labels = {
  'app.kubernetes.io/managed-by': 'Helm',
  'helm.sh/chart': 'web-1.2.3',
  'app.kubernetes.io/version': '7',
};
const annotations = { 'meta.helm.sh/release-name': 'front', 'meta.helm.sh/release-namespace': 'shop' };
const containers = [{ name: 'app', image: 'web:1', env: [{ name: 'DB_PASSWORD', value: 'hunter2-horse' }] }];
const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels, annotations },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
  },
};
const one = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'shop' }, spec: { containers } };

interface World extends ReturnType<typeof createAsker> {
  readonly controlPlane: ControlPlane;
  readonly editor: string;
  readonly viewer: string;
  /** A shell with the rights of this token, in which the line was pasted. */
  readonly paste: (token: string, line: string) => Promise<{ readonly code: number; readonly said: string }>;
}

async function startWorld(stack: AsyncDisposableStack): Promise<World> {
  const controlPlane = stack.use(await startControlPlane());
  const rules = [
    { apiGroups: [''], resources: ['pods', 'pods/log', 'events', 'services'], verbs: ['get', 'list'] },
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'list'] },
    { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: ['get', 'list'] },
  ];
  await apply(controlPlane, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    ...['cluster-tools', 'editor', 'viewer'].map(serviceAccount),
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'cluster-tools' }, rules },
    binding('ClusterRoleBinding', 'cluster-tools', 'cluster-tools', 'cluster-tools'),
    binding('ClusterRoleBinding', 'cluster-tools-reviews', 'system:auth-delegator', 'cluster-tools'),
    binding('RoleBinding', 'editor', 'edit', 'editor', 'shop'),
    binding('RoleBinding', 'viewer', 'view', 'viewer', 'shop'),
    web,
  ]);
  await apply(controlPlane, [one]);
  const token = (name: string) => controlPlane.serviceAccountToken('default', name, 3_600);
  const kubeconfig = await controlPlane.kubeconfigFor('cluster-tools', await token('cluster-tools'));
  const clock = systemClock;
  const credentials = loadCredentials({ kubeconfig, clock });
  const transport = createTransport({ credentials, clock, userAgent: 'potoo-cluster-tools' });
  stack.defer(() => transport.close());
  const identities = createIdentities({ reviews: createReviews({ transport, clock }), clock });
  const tools = createClusterTools({ transport, clock, account: 'gateway' });
  let files = 0;
  return {
    controlPlane,
    editor: await token('editor'),
    viewer: await token('viewer'),
    ...createAsker(tools, identities, clock),
    async paste(as, line) {
      files += 1;
      const KUBECONFIG = await controlPlane.kubeconfigFor(`shell-${files}`, as);
      const shell = spawn('sh', ['-c', line], {
        env: { PATH: process.env['PATH'], KUBECONFIG, HOME: controlPlane.folder },
      });
      const ended = new Promise<number>((resolve, reject) => {
        shell.once('error', reject).once('close', (code) => resolve(code ?? -1));
      });
      const [code, out, err] = await Promise.all([ended, text(shell.stdout), text(shell.stderr)]);
      return { code, said: out + err };
    },
  };
}

const Plan = z.object({ plan: z.string(), dry_run: z.string().optional(), allowed: z.boolean().nullable() });

const named = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' };
const path = { namespace: 'shop', group: 'apps', version: 'v1', plural: 'deployments', name: 'web', approved: true };

/** With the option that kubectl has for trying it, where it has one. */
const plans: readonly (readonly [tool: string, input: object, dryRun: string | undefined])[] = [
  ['pods_delete', { name: 'one', namespace: 'shop' }, ' --dry-run=server'],
  ['pods_run', { image: 'web:1', name: 'two', namespace: 'shop', port: 80 }, ' --dry-run=server'],
  ['resources_delete', { ...named, gracePeriodSeconds: 5 }, ' --dry-run=server'],
  ['resources_delete', { ...named, gracePeriodSeconds: 0 }, ' --dry-run=server'],
  ['resources_scale', { ...named, scale: 3 }, ' --dry-run=server'],
  ['k8s_delete', path, ' --dry-run=server'],
  ['k8s_delete', { ...path, group: '', plural: 'pods', name: 'one' }, ' --dry-run=server'],
  ['k8s_patch', { ...path, action: 'scale', replicas: 3 }, undefined],
  ['k8s_patch', { ...path, action: 'update_image', container: 'app', image: 'web:2' }, undefined],
  [
    'resources_create_or_update',
    { resource: JSON.stringify({ ...web, metadata: { name: 'new', namespace: 'shop' } }) },
    undefined,
  ],
  [
    'resources_create_or_update',
    {
      resource: `${JSON.stringify({ ...one, metadata: { name: 'yes', namespace: 'shop' } })}\n---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: { ports: [{ port: 80 }] } })}`,
    },
    undefined,
  ],
];

describe('plans', () => {
  const stack = new AsyncDisposableStack();
  let world: World;
  beforeAll(async () => {
    world = await startWorld(stack);
  });
  afterAll(() => stack.disposeAsync());

  test.each(plans)(
    '%s: who has the right can run the command, who lacks it cannot, as the plan says: %j',
    async (tool, input, dryRun) => {
      const { editor, viewer, ask, paste } = world;
      for (const [token, allowed] of [
        [editor, true],
        [viewer, false],
      ] as const) {
        const answer = await ask(tool, input, token);
        expect(answer).toMatchObject({ ok: true, value: { allowed, executed: false } });
        const plan = Plan.parse(answer.ok ? answer.value : undefined);
        const line = dryRun === undefined ? plan.dry_run : `${plan.plan}${dryRun}`;
        const { code, said } = await paste(token, line ?? 'false');
        expect({ code: code === 0, said }).toMatchObject(
          allowed ? { code: true } : { code: false, said: expect.stringMatching(/forbidden|cannot/i) },
        );
      }
    },
  );

  test('a restart and a command in a pod are told with the rights that kubectl needs', async () => {
    const { editor, viewer, ask, paste } = world;
    const restart = { ...path, action: 'rollout_restart' };
    const refused = await ask('k8s_patch', restart, viewer);
    const planned = await ask('k8s_patch', restart, editor);
    expect([refused, planned]).toMatchObject([{ value: { allowed: false } }, { value: { allowed: true } }]);
    const { plan } = Plan.parse(planned.ok ? planned.value : undefined);
    expect(await paste(viewer, plan)).toMatchObject({ code: 1, said: expect.stringContaining('forbidden') });
    expect(await paste(editor, plan)).toEqual({ code: 0, said: 'deployment.apps/web restarted\n' });

    const exec = await ask('pods_exec', { name: 'one', namespace: 'shop', command: ['id'] }, editor);
    expect(exec).toMatchObject({ value: { allowed: true, plan: 'kubectl exec one -n shop -- id' } });
    // There is no node that could run it: the API server lets it through and says so.
    expect((await paste(editor, 'kubectl exec one -n shop -- id')).said).not.toContain('forbidden');
    const scale = await ask('resources_scale', named, viewer);
    expect(scale).toMatchObject({ value: { allowed: true } });
    expect((await paste(viewer, Plan.parse(scale.ok ? scale.value : undefined).plan)).said).toContain('web');
  });

  test('objects are read without credentials, and only with the right', async () => {
    const { viewer, ask, text: shown, controlPlane } = world;
    const stranger = await controlPlane.serviceAccountToken('default', 'default', 3_600);
    const list = { namespace: 'shop', group: 'apps', version: 'v1', plural: 'deployments' };
    const read = await ask('k8s_list', list, viewer);
    expect(read).toMatchObject({
      ok: true,
      value: { returned: 1, truncated: false, items: [{ metadata: { name: 'web' } }] },
    });
    const got = await ask('k8s_get', { ...list, name: 'web' }, viewer);
    expect(got).toMatchObject({ ok: true, value: { object: { metadata: { name: 'web' } } } });
    for (const answer of [read, got]) {
      expect(JSON.stringify(answer)).not.toMatch(/hunter2|managedFields/);
      expect(JSON.stringify(answer)).toContain('[redacted: value of DB_PASSWORD]');
    }
    expect(await shown('k8s_list', list, stranger)).toMatch(/^BLOCKED: You may not/);
    expect(await shown('k8s_get', { ...list, name: 'none' }, viewer)).toMatch(/^ERROR: OBJECT_NOT_FOUND: /);
    expect(await shown('k8s_list', { ...list, plural: 'widgets' }, viewer)).toMatch(/^BLOCKED: You may not/);
    expect(await shown('k8s_list', { ...list, group: '', plural: 'secrets' }, viewer)).toMatch(/^BLOCKED: Potoo never/);
    expect(await shown('k8s_list_events', { namespace: 'shop' }, viewer)).toContain('--- data');
    expect(await shown('k8s_pod_logs', { namespace: 'shop', pod: 'one' }, viewer)).toMatch(
      /^(ERROR: |The log has no lines)/,
    );
    expect(await ask('helm_list', { namespace: 'shop' }, viewer)).toMatchObject({
      value: {
        releases: [
          { name: 'front', namespace: 'shop', chart: 'web-1.2.3', app_version: '7', objects: { Deployment: 1 } },
        ],
      },
    });
    expect(await ask('helm_list', {}, viewer)).toMatchObject({ ok: false, code: 'FORBIDDEN' });
  });

  test('nothing was written by any of this, and no Secret or ConfigMap was asked for', async () => {
    const { controlPlane } = world;
    const events = readAuditLog(controlPlane.auditLog).filter(({ user }) => user.username === account);
    const asked = new Set(events.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? 'no object'}`));
    const writes = [...asked].filter((each) => !/^(get|list) /.test(each));
    expect(writes.toSorted()).toEqual(['create subjectaccessreviews', 'create tokenreviews']);
    expect([...asked].filter((each) => /secrets|configmaps/.test(each))).toEqual([]);
    expect(events.length).toBeGreaterThan(50);
    expect(await get(controlPlane, '/apis/apps/v1/namespaces/shop/deployments/new')).toBeUndefined();
    expect(await get(controlPlane, '/apis/apps/v1/namespaces/shop/deployments/web')).toMatchObject({
      spec: { replicas: 1 },
    });
  });
});
