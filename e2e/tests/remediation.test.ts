import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import type { Constraint } from '../../crds/constraint.ts';
import { homeNamespace } from '../../crds/constraint.ts';
import { figuresOf } from '../../gateway/answer/metrics.ts';
import { remediationOf } from '../../gateway/remediation/remediation.ts';
import type { RemediationStep } from '../../gateway/remediation/schema.ts';
import { asStored } from '../../crds/cases/load-cases.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import { apply } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';

// Commands and patches are what people copy, so each is tried with kubectl on a real API server, as it stands in the answer.

const run = promisify(execFile);
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);

const metadata = (name: string) => ({ name, namespace: 'shop' });
const pods = {
  matchConstraints: {
    resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
  },
};
const quota = (name: string, resource: string) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: metadata(name),
  spec: { hard: { [resource]: '3' } },
  status: { hard: { [resource]: '3' }, used: { [resource]: '3' } },
});
const policies = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  quota('devices', 'requests.nvidia.com/gpu'),
  quota('deployments', 'count/deployments.apps'),
  quota('cores', 'limits.cpu'),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata('web'),
    spec: {
      podSelector: {
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'tier', operator: 'NotIn', values: ['a', 'b'] },
          { key: 'old', operator: 'DoesNotExist' },
        ],
      },
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ port: 443 }] }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadata('team'),
    spec: {
      hard: {
        pods: '1',
        'requests.nvidia.com/gpu': '4',
        'count/deployments.apps': '3',
        'requests.storage': '1Gi',
        'limits.cpu': '2',
      },
    },
    status: {
      hard: { pods: '1' },
      used: { pods: '1' },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadata('sizes'),
    spec: {
      limits: [
        {
          type: 'Container',
          min: { cpu: '100m' },
          max: { cpu: '2', memory: '1Gi' },
          maxLimitRequestRatio: { cpu: '4' },
        },
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
      ],
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata('web'),
    spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'web' } } },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'limit' },
    spec: { ...pods, validations: [{ expression: 'true', message: 'it\'s $(touch x); "so"' }] },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'limit-all' },
    spec: { policyName: 'limit', validationActions: ['Deny'] },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'judge' },
    webhooks: [
      {
        name: 'judge.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        clientConfig: { service: { namespace: 'gate', name: 'judge' } },
        rules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] }],
      },
    ],
  },
];

/** Which adapter of the operator reads each kind. */
const readers: Readonly<Record<string, string>> = {
  Namespace: 'podsecurity',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicy',
  ValidatingWebhookConfiguration: 'webhookconfig',
};

/** What the operator reads of them. */
function constraintsOf(objects: readonly { readonly kind: string }[]): readonly Constraint[] {
  const readBy = Map.groupBy(objects, ({ kind }) => readers[kind] ?? kind.toLowerCase());
  return adapters.flatMap(
    (adapter) =>
      readTogether(
        adapter,
        (readBy.get(adapter.id) ?? []).map((object) => asStored({ ...object })),
      ).constraints,
  );
}

function stepsOf(constraint: Constraint, level: 'full' | 'summary'): readonly RemediationStep[] {
  const { id, name, type, severity, effect, source, metrics } = constraint;
  return remediationOf({
    namespace: 'shop',
    id,
    name,
    home: homeNamespace(source),
    kind: source.kind,
    apiVersion: source.apiVersion,
    type,
    severity,
    effect,
    figures: figuresOf(metrics),
    full: level === 'full' ? constraint : undefined,
    contact: undefined,
  }).steps;
}

const constraints = constraintsOf(policies);
const steps = constraints.flatMap((constraint) =>
  (['full', 'summary'] as const).flatMap((level) => stepsOf(constraint, level)),
);
const commands = [...new Set(steps.flatMap(({ command, patch }) => (patch === undefined ? (command ?? []) : [])))];
const patches = [...new Set(steps.flatMap(({ patch }) => patch ?? []))];
/** What stands in a file, and the command that takes that file. */
const applied = new Map(
  steps.flatMap(({ command, patch }) => (command === undefined || patch === undefined ? [] : [[patch, command]])),
);

describe.skipIf(!hasKubectl)('with kubectl on a real API server', () => {
  let cluster: ControlPlane;
  beforeAll(async () => {
    cluster = await startControlPlane();
    await apply(
      cluster,
      policies.map(({ ...object }) => ({ ...object, status: undefined })),
    );
    await writeFile(
      join(cluster.folder, 'FILE'),
      stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }),
    );
  });
  afterAll(() => cluster?.stop());

  /** In a shell, as one who copies the line does. */
  async function shell(line: string): Promise<string> {
    const { stdout, stderr } = await run('sh', ['-c', line], {
      cwd: cluster.folder,
      env: { ...process.env, KUBECONFIG: cluster.adminKubeconfig },
    });
    return stdout + stderr;
  }

  test('each policy is read, and has commands', () => {
    const kinds = new Set(constraints.map(({ source }) => source.kind));
    // A binding stands for its policy, and there are several quotas.
    expect(kinds.size).toBe(new Set(policies.map(({ kind }) => kind)).size - 1);
    expect(commands.length).toBeGreaterThan(policies.length);
  });

  test.each(commands)('%s', async (command) => {
    await expect(shell(command)).resolves.toEqual(expect.any(String));
  });

  test.each([...applied])('%s%s', async (patch, command) => {
    const manifest = join(cluster.folder, 'patch.yaml');
    await writeFile(manifest, patch);
    expect(await shell(`${command.replace('FILE', manifest)} --dry-run=server`)).toMatch(/created|patched/);
  });

  test('each object that is to be written comes with the command that does it', () => {
    const whole = patches.filter((patch) => patch.includes('metadata:'));
    expect(whole.length).toBeGreaterThan(2);
    expect(whole.filter((patch) => !applied.has(patch))).toEqual([]);
  });

  test('a pod made of what the steps say passes the standard, the bounds and the quota, and so does a claim', async () => {
    const parts = patches.filter((patch) => !patch.includes('metadata:')).map((patch) => Part.parse(parse(patch)));
    const template = parts.find((part) => part.spec?.template !== undefined)?.spec?.template?.spec;
    const resources = parts.find((part) => part.resources !== undefined)?.resources;
    const claim = parts.find((part) => part.spec?.resources !== undefined)?.spec;
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: metadata('app'),
        spec: { ...template, containers: [{ ...template?.containers[0], image: 'example.com/app', resources }] },
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: metadata('disk'),
        spec: { accessModes: ['ReadWriteOnce'], ...claim },
      },
    ];
    await writeFile(join(cluster.folder, 'objects.yaml'), objects.map((object) => stringify(object)).join('---\n'));
    const said = await shell('kubectl create --dry-run=server -f objects.yaml');
    expect(said.match(/created/g)).toHaveLength(2);
  });
});

const Part = z.object({
  resources: z.record(z.string(), z.unknown()).optional(),
  spec: z
    .object({
      resources: z.record(z.string(), z.unknown()).optional(),
      template: z
        .object({
          spec: z.object({
            securityContext: z.unknown(),
            containers: z.tuple([z.object({ name: z.string(), securityContext: z.unknown() })]),
          }),
        })
        .optional(),
    })
    .optional(),
});
