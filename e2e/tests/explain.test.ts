import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { json, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import * as z from 'zod';
import { selfSignedCertificate } from '../../kube/testing/certificate.ts';
import { apply, at, list, request, waitFor } from '../control-plane/admin.ts';
import type { Gateway } from '../programs.ts';
import { type Cluster, eventually, reportPath, startCluster } from './cluster.ts';

// What the API server really says when it refuses something, by kubectl and in the event of a controller, and what Potoo makes
// of it. Each case has a namespace of its own, in which others of the same kind and of nearly the same name bind as well.

const hasKubectl = spawnSync('kubectl', ['version', '--client']).error === undefined;

const container = (resources: object = {}, more: object = {}) => ({
  name: 'main',
  image: 'busybox',
  resources,
  ...more,
});
const podSpec = (resources?: object, more?: object) => ({
  automountServiceAccountToken: false,
  containers: [container(resources, more)],
});
const quota = (name: string, hard: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name },
  spec: { hard },
});
const limitRange = (name: string, limits: object) => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name },
  spec: { limits: [limits] },
});
const inNamespace = (namespace: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': namespace } });
const podRules = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const admissionPolicy = (name: string, expression: string, message: string, namespace: string) => [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [podRules] },
      validations: [{ expression, message }],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: `${name}-here` },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: inNamespace(namespace) },
    },
  },
];
const webhook = (configuration: string, name: string, namespace: string, clientConfig: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: configuration },
  webhooks: [
    {
      name,
      rules: [podRules],
      namespaceSelector: inNamespace(namespace),
      clientConfig,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      timeoutSeconds: 2,
    },
  ],
});

interface Denied {
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** In the order of the API; those without a namespace of their own that have one go into that of the case. */
  readonly policies: (server: { readonly url: string; readonly ca: string }) => readonly object[];
  readonly pod: object;
  readonly category: string;
  readonly expected: { readonly source_kind: string; readonly name: string; readonly rule?: string };
}

const cases: readonly Denied[] = [
  {
    namespace: 'by-quota',
    policies: () => [
      quota('team', { 'requests.cpu': '1', 'requests.memory': '4Gi' }),
      quota('team-b', { 'requests.cpu': '20', pods: '50' }),
      quota('teams', { 'requests.cpu': '30' }),
    ],
    pod: podSpec({ requests: { cpu: '2', memory: '1Gi' } }),
    category: 'quota',
    expected: { source_kind: 'ResourceQuota', name: 'team' },
  },
  {
    namespace: 'by-quota-unspecified',
    policies: () => [quota('memory', { 'limits.memory': '4Gi' }), quota('memory-b', { pods: '50' })],
    pod: podSpec(),
    category: 'quota',
    expected: { source_kind: 'ResourceQuota', name: 'memory' },
  },
  {
    namespace: 'by-limits',
    policies: () => [
      limitRange('sizes', { type: 'Container', max: { cpu: '500m' } }),
      limitRange('sizes-b', { type: 'Container', max: { memory: '8Gi' } }),
      limitRange('claims', { type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }),
    ],
    pod: podSpec({ limits: { cpu: '2', memory: '1Gi' } }),
    category: 'limitrange',
    expected: { source_kind: 'LimitRange', name: 'sizes' },
  },
  {
    namespace: 'by-standard',
    labels: {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'baseline',
    },
    policies: () => [],
    pod: podSpec(),
    category: 'podsecurity',
    expected: { source_kind: 'Namespace', name: 'by-standard', rule: 'enforce' },
  },
  {
    namespace: 'by-expression',
    policies: () => [
      ...admissionPolicy(
        'no-busybox',
        "object.spec.containers.all(c, c.image != 'busybox')",
        'no busybox',
        'by-expression',
      ),
      ...admissionPolicy('no-busyboxes', 'true', 'never said', 'by-expression'),
    ],
    pod: podSpec(),
    category: 'vap',
    expected: { source_kind: 'ValidatingAdmissionPolicy', name: 'no-busybox' },
  },
  {
    namespace: 'by-webhook',
    policies: ({ url, ca }) => [
      webhook('image-checks', 'images.checks.example.com', 'by-webhook', { url: `${url}/deny`, caBundle: ca }),
      webhook('image-checks-b', 'images-b.checks.example.com', 'by-webhook', { url: `${url}/allow`, caBundle: ca }),
    ],
    pod: podSpec(),
    category: 'webhook-denied',
    expected: { source_kind: 'ValidatingWebhookConfiguration', name: 'image-checks' },
  },
  {
    namespace: 'by-absence',
    policies: ({ url, ca }) => [
      webhook('gone-checks', 'gone.checks.example.com', 'by-absence', {
        url: 'https://127.0.0.1:1/deny',
        caBundle: ca,
      }),
      webhook('here-checks', 'here.checks.example.com', 'by-absence', { url: `${url}/allow`, caBundle: ca }),
    ],
    pod: podSpec(),
    category: 'webhook-unavailable',
    expected: { source_kind: 'ValidatingWebhookConfiguration', name: 'gone-checks' },
  },
];

const Explained = z.object({
  explanation: z.string(),
  confidence: z.string(),
  matching_constraints: z.array(
    z.object({ source_kind: z.string(), name: z.string(), rule: z.string().optional(), message: z.string() }),
  ),
  remediation_steps: z.array(z.object({ description: z.string() })),
  cause: z.object({
    category: z.string(),
    policy: z.string().optional(),
    rule: z.string().optional(),
    evidence: z.array(z.string()),
  }),
});

let cluster: Cluster;
let gateway: Gateway;
let checks: Server;
let weakKubeconfig: string;
const tokens = new Map<string, string>();

beforeAll(async () => {
  const { cert, key } = selfSignedCertificate('checks');
  checks = createServer({ cert, key }, (incoming, response) => void review(incoming, response));
  checks.listen(0, '127.0.0.1');
  await once(checks, 'listening');
  const address = checks.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server = { url: `https://127.0.0.1:${port}`, ca: Buffer.from(cert).toString('base64') };

  cluster = await startCluster();
  const { controlPlane } = cluster;
  const weak = await cluster.caller('weak', []);
  weakKubeconfig = await controlPlane.kubeconfigFor('weak', weak);
  tokens.set('full', await cluster.caller('full', [{ role: 'cluster-admin' }]));
  tokens.set('summary', await cluster.caller('summary', [{ role: 'potoo-mcp-client' }]));
  for (const { namespace, labels = {}, policies } of cases) {
    await apply(controlPlane, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }]);
    await apply(
      controlPlane,
      policies(server).map((policy) => placed(policy, namespace)),
    );
  }
  await apply(controlPlane, drained());
  const node = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  await request(controlPlane, 'PATCH', '/api/v1/nodes/node-a/status?fieldManager=test&force=true', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a' },
    ...node,
  });
  await request(controlPlane, 'PATCH', '/api/v1/namespaces/by-budget/pods/web-0/status?fieldManager=test&force=true', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-0', namespace: 'by-budget' },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  await cluster.startOperator();
  gateway = await cluster.startGateway();
  for (const { namespace, expected } of cases) {
    await waitFor(
      controlPlane,
      reportPath(namespace),
      (report) => JSON.stringify(report ?? '').includes(expected.name),
      `${expected.name} in the report of ${namespace}`,
    );
  }
  await waitFor(
    controlPlane,
    '/apis/policy/v1/namespaces/by-budget/poddisruptionbudgets/web',
    (budget) => at(budget, 'status', 'currentHealthy') === 1,
    'the budget counts its pod',
  );
  await eventually('the gateway has read the reports', async () =>
    (await Promise.all([...cases.map(({ namespace }) => namespace), 'by-budget'].map(isRead))).every(Boolean),
  );
});
afterAll(async () => {
  checks.closeAllConnections();
  checks.close();
  await cluster[Symbol.asyncDispose]();
});

/** Answers reviews of admission: what is asked at /deny is denied. */
async function review(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { request: asked } = z.object({ request: z.object({ uid: z.string() }) }).parse(await json(incoming));
  const verdict =
    incoming.url?.startsWith('/deny') === true
      ? { allowed: false, status: { code: 403, message: 'image "busybox" has no signature' } }
      : { allowed: true };
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: asked.uid, ...verdict },
    }),
  );
}

function placed(policy: object, namespace: string): object {
  const { kind, metadata } = z.looseObject({ kind: z.string(), metadata: z.looseObject({}) }).parse(policy);
  return ['ResourceQuota', 'LimitRange'].includes(kind) ? { ...policy, metadata: { ...metadata, namespace } } : policy;
}

/** A pod on a node, and budgets of which one keeps it there. */
function drained(): object[] {
  const metadata = (name: string, labels: object = {}) => ({ name, namespace: 'by-budget', labels });
  const budget = (name: string, app: string) => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(name),
    spec: { minAvailable: 1, selector: { matchLabels: { app } } },
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'by-budget' } },
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata('web-0', { app: 'web' }),
      spec: { ...podSpec(), nodeName: 'node-a', tolerations: [{ operator: 'Exists' }] },
    },
    budget('web', 'web'),
    budget('web-b', 'other'),
  ];
}

async function isRead(namespace: string): Promise<boolean> {
  const { status } = await ask('potoo_query', { namespace }, 'full');
  return status === 200;
}

async function ask(tool: string, input: object, caller: string): Promise<Response> {
  const headers = { authorization: `Bearer ${tokens.get(caller)}`, 'content-type': 'application/json' };
  return fetch(`${gateway.url}/tools/${tool}`, { method: 'POST', headers, body: JSON.stringify(input) });
}

async function explain(namespace: string, message: string, caller = 'full'): Promise<z.infer<typeof Explained>> {
  const response = await ask('potoo_explain', { namespace, error_message: message }, caller);
  return Explained.parse(await response.json());
}

/** What kubectl says, on both outputs, about a command that must fail. */
async function refusedBy(
  args: readonly string[],
  input = '',
  config = cluster.controlPlane.adminKubeconfig,
): Promise<string> {
  const child = spawn('kubectl', ['--kubeconfig', config, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(child.exitCode).not.toBe(0);
  return stderr + stdout;
}

const pod = (namespace: string, spec: object) =>
  stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec });
const deployment = (namespace: string, spec: object, app = 'web') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: { selector: { matchLabels: { app } }, template: { metadata: { labels: { app } }, spec } },
});

describe.each(cases)('$namespace', ({ namespace, pod: spec, category, expected }) => {
  test.skipIf(!hasKubectl)('kubectl', async () => {
    const message = await refusedBy(['apply', '-f', '-'], pod(namespace, spec));
    const answer = await explain(namespace, message);
    expect(answer, message).toMatchObject({ confidence: 'high', cause: { category } });
    expect(answer.matching_constraints[0], message).toMatchObject(expected);
    expect(answer.remediation_steps.length).toBeGreaterThan(0);
    for (const quote of answer.cause.evidence) expect(message).toContain(quote.replace(/…$/, ''));
  });

  test('the event of a Deployment whose pods are refused', async () => {
    await apply(cluster.controlPlane, [deployment(namespace, spec)]);
    let message = '';
    await eventually('an event that says why', async () => {
      const events = await list(cluster.controlPlane, `/api/v1/namespaces/${namespace}/events`);
      const failed = events.find((event) => at(event, 'reason') === 'FailedCreate');
      message = z.string().catch('').parse(at(failed, 'message'));
      return failed !== undefined;
    });
    const answer = await explain(namespace, message);
    expect(answer, message).toMatchObject({ confidence: 'high', cause: { category } });
    expect(answer.matching_constraints[0], message).toMatchObject(expected);
  });
});

test.skipIf(!hasKubectl)('a drain that a budget stops', async () => {
  const message = await refusedBy(['drain', 'node-a', '--force', '--timeout=1s']);
  const answer = await explain('by-budget', message);
  expect(answer, message).toMatchObject({ confidence: 'high', cause: { category: 'pdb' } });
  expect(answer.matching_constraints[0], message).toMatchObject({ source_kind: 'PodDisruptionBudget', name: 'web' });
});

test.skipIf(!hasKubectl)('a right that is missing is blamed on no rule', async () => {
  const message = await refusedBy(['apply', '-f', '-'], pod('by-quota', podSpec()), weakKubeconfig);
  const answer = await explain('by-quota', message);
  expect(answer, message).toMatchObject({ confidence: 'high', cause: { category: 'rbac' }, matching_constraints: [] });
});

test.skipIf(!hasKubectl)('a field that cannot be changed is blamed on no rule', async () => {
  const { controlPlane } = cluster;
  await apply(controlPlane, [deployment('by-budget', podSpec())]);
  await waitFor(
    controlPlane,
    '/apis/apps/v1/namespaces/by-budget/deployments/web',
    (found) => found !== undefined,
    'it',
  );
  const message = await refusedBy(['apply', '-f', '-'], stringify(deployment('by-budget', podSpec(), 'other')));
  const answer = await explain('by-budget', message);
  expect(answer, message).toMatchObject({
    confidence: 'high',
    cause: { category: 'immutable' },
    matching_constraints: [],
  });
});

describe.skipIf(!hasKubectl)('a caller at the summary level', () => {
  test('gets the name of a cluster-wide policy that stands in the error, and nothing more', async () => {
    const message = await refusedBy(['apply', '-f', '-'], pod('by-expression', podSpec()));
    const answer = await explain('by-expression', message, 'summary');
    expect(answer).toMatchObject({ confidence: 'high', cause: { category: 'vap', policy: 'no-busybox' } });
    expect(answer.matching_constraints.map(({ name }) => name)).toEqual(['no-busybox']);
    expect(answer.matching_constraints[0]?.rule).toBeUndefined();
    expect(JSON.stringify(answer.matching_constraints)).not.toContain('c.image');
  });

  test('learns nothing about a webhook by guessing its name', async () => {
    const denial = (hook: string) => `admission webhook "${hook}" denied the request: no`;
    const [hit, miss] = await Promise.all(
      ['images.checks.example.com', 'nobody.checks.example.com'].map(async (hook) =>
        JSON.stringify(await explain('by-webhook', denial(hook), 'summary')).replaceAll(hook, 'HOOK'),
      ),
    );
    expect(hit).toBe(miss);
  });
});
