import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostileText } from '../../testing/hostile-text.ts';
import { createToolset } from '../testing/toolset.ts';

const all = [
  'get pods. shop',
  'delete pods. shop',
  'create pods. shop',
  'create pods./exec shop',
  'get deployments.apps shop',
  'delete deployments.apps shop',
  'patch deployments.apps shop',
  'create deployments.apps shop',
  'get deployments.apps/scale shop',
  'patch deployments.apps/scale shop',
];
const setup = () => createToolset({}, { ann: all, bob: [] });

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } };
const web = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' };
const path = { namespace: 'shop', group: 'apps', version: 'v1', plural: 'deployments', name: 'web', approved: true };

/** Each with what it plans. */
const planned: readonly (readonly [tool: string, input: object, plan: string])[] = [
  ['pods_delete', { name: 'web', namespace: 'shop' }, 'kubectl delete pods web -n shop --wait=false'],
  [
    'pods_exec',
    { name: 'web', namespace: 'shop', command: ['ls', '-l', "it's"], container: 'app' },
    String.raw`kubectl exec web -n shop -c app -- ls -l 'it'\''s'`,
  ],
  ['pods_exec', { name: 'web', namespace: 'shop', command: 'ls | wc' }, "kubectl exec web -n shop -- sh -c 'ls | wc'"],
  [
    'pods_run',
    { image: 'registry.example.com/shop/Web_1:2', namespace: 'shop', port: 80 },
    'kubectl run web-1 -n shop --image=registry.example.com/shop/Web_1:2 --port=80',
  ],
  ['resources_delete', web, 'kubectl delete deployments.v1.apps web -n shop --wait=false'],
  [
    'resources_delete',
    { ...web, gracePeriodSeconds: 0 },
    'kubectl delete deployments.v1.apps web -n shop --grace-period=0 --force --wait=false',
  ],
  ['resources_scale', { ...web, scale: 3 }, 'kubectl scale deployments.v1.apps web -n shop --replicas=3'],
  ['resources_scale', web, 'kubectl get deployments.v1.apps web -n shop --subresource=scale'],
  ['k8s_delete', path, 'kubectl delete deployments.v1.apps web -n shop --wait=false'],
  [
    'k8s_patch',
    { ...path, action: 'scale', replicas: 3 },
    `kubectl patch deployments.v1.apps web -n shop --subresource=scale --type=merge -p '{"spec":{"replicas":3}}'`,
  ],
  [
    'k8s_patch',
    { ...path, action: 'update_image', container: 'app', image: 'web:2' },
    `kubectl patch deployments.v1.apps web -n shop --type=strategic -p '{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"web:2"}]}}}}'`,
  ],
  ['k8s_patch', { ...path, action: 'rollout_restart' }, 'kubectl rollout restart deployments.v1.apps web -n shop'],
  [
    'resources_create_or_update',
    { resource: JSON.stringify(deployment) },
    `kubectl apply --server-side -f - <<'EOF'\n${JSON.stringify(deployment, null, 2)}\nEOF`,
  ],
];

describe('a plan', () => {
  test.each(planned)('of %s is the exact command, told with the rights and never run', async (tool, input, plan) => {
    const cluster = setup();
    expect(await cluster.ask(tool, input, 'ann')).toMatchObject({
      ok: true,
      value: { plan, allowed: true, executed: false, reason: 'You have every right that this needs.' },
    });
    const refused = await cluster.ask(tool, input, 'bob');
    expect(refused).toMatchObject({ ok: true, value: { plan, allowed: false, executed: false } });
    expect(await cluster.ask(tool, input)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
    expect(cluster.requests.map(({ path: asked }) => asked).filter((asked) => !/^\/apis?$/.test(asked))).toEqual([]);
  });

  test('says for each right whether the caller has it, by its very verb', async () => {
    const cluster = createToolset({}, { ann: ['get pods. shop'] });
    const answer = await cluster.ask('pods_exec', { name: 'web', namespace: 'shop', command: ['id'] }, 'ann');
    expect(answer).toMatchObject({
      value: {
        allowed: false,
        reason: 'You lack the right to create pods/exec in the namespace.',
        rights: [
          { right: 'get pods in the namespace', allowed: true },
          { right: 'create pods/exec in the namespace', allowed: false },
        ],
      },
    });
    expect(cluster.reviews.asked).toEqual(['token', 'ann get pods. shop/web', 'ann create pods./exec shop/web']);
  });

  test('says that approval changes nothing', async () => {
    const answer = await setup().ask('k8s_delete', path, 'ann');
    expect(JSON.stringify(answer)).toContain('approved=true changes nothing');
  });

  test('of Helm does not guess whether it is allowed', async () => {
    const cluster = setup();
    expect(await cluster.ask('helm_uninstall', { name: 'web', namespace: 'shop' }, 'ann')).toMatchObject({
      value: { plan: 'helm uninstall web -n shop', allowed: null, rights: [] },
    });
    const values = { chart: 'oci://registry.example.com/web', name: 'web', values: { a: '$(id)', EOF: '\u202e' } };
    expect(await cluster.ask('helm_install', values, 'ann')).toMatchObject({
      value: {
        plan: `helm install web oci://registry.example.com/web -n default --values - <<'EOF'\n{\n  "a": "$(id)",\n  "EOF": "\\u202e"\n}\nEOF`,
      },
    });
    expect(cluster.reviews.asked).toEqual(['token']);
  });

  test('of an object that is too large for an answer reads it from a file', async () => {
    const large = { ...deployment, metadata: { ...deployment.metadata, annotations: { a: 'x'.repeat(60_000) } } };
    expect(await setup().ask('resources_create_or_update', { resource: JSON.stringify(large) }, 'ann')).toMatchObject({
      value: { plan: 'kubectl apply --server-side -f input.yaml', allowed: true },
    });
  });
});

describe('a hostile input', () => {
  test.each([
    ['pods_delete', { name: '-A', namespace: 'shop' }],
    ['pods_delete', { name: '--all', namespace: 'shop' }],
    ['pods_delete', { name: 'web', namespace: '--kubeconfig' }],
    ['pods_exec', { name: '-it', command: ['id'] }],
    ['pods_exec', { name: 'web', command: ['id'], container: '-c' }],
    ['pods_exec', { name: 'web', command: ['a\u001b[2J'] }],
    ['pods_run', { image: '--privileged' }],
    ['pods_run', { image: 'web', name: '--rm' }],
    ['helm_install', { chart: '--post-renderer=x' }],
    ['helm_uninstall', { name: '-x' }],
    ['k8s_delete', { ...path, name: '--all' }],
    ['k8s_delete', { ...path, plural: '-f' }],
    ['k8s_delete', { ...path, group: 'apps/../..' }],
    ['k8s_patch', { ...path, action: 'update_image', container: '-c', image: 'web' }],
    ['k8s_patch', { ...path, action: 'update_image', container: 'app', image: '-web' }],
    ['k8s_patch', { ...path, action: 'exec' }],
    ['k8s_patch', { ...path, action: 'scale' }],
    ['k8s_patch', { ...path, action: 'scale', replicas: 1, patch: {} }],
    ['resources_delete', { ...web, name: '-l' }],
  ])('to %s is refused: %j', async (tool, input) => {
    expect(await setup().ask(tool, input, 'ann')).toMatchObject({ ok: false, code: 'INVALID_REQUEST' });
  });

  test('is one word of a command or is refused, whatever it is', async () => {
    const cluster = setup();
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (name, other) => {
        const command = [other];
        const answers = await Promise.all([
          cluster.ask('pods_exec', { name, command, namespace: 'shop' }, 'ann'),
          cluster.ask('helm_install', { chart: other, values: { [name]: other } }, 'ann'),
          cluster.ask('pods_run', { name, image: other }, 'ann'),
        ]);
        for (const answer of answers) {
          const text = answer.ok ? JSON.stringify(answer.value) : '';
          expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('Secrets and ConfigMaps', () => {
  const names = ['Secret', 'secret', 'SECRET', 'secrets', 'Secrets', 'ConfigMap', 'configmaps', 'cm', 'Ｓecret'];
  test.each(names)('are planned for by no tool that is given a kind: %s', async (kind) => {
    const cluster = createToolset({}, { ann: ['get', 'patch'] });
    const object = { apiVersion: 'v1', kind, name: 'x', namespace: 'shop' };
    const manifest = JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'x' } });
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [JSON.parse(manifest)] });
    for (const [tool, input] of [
      ['resources_delete', object],
      ['resources_scale', object],
      ['resources_create_or_update', { resource: manifest }],
      ['resources_create_or_update', { resource: list }],
      ['resources_create_or_update', { resource: `${JSON.stringify(deployment)}\n---\n${manifest}` }],
    ] as const) {
      const answer = await cluster.ask(tool, input, 'ann');
      expect(answer).toMatchObject({ ok: false, code: 'FORBIDDEN', error: expect.stringContaining('never reads') });
    }
    expect(cluster.reviews.asked).toEqual(['token']);
  });
});
