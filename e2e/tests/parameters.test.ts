import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterDetailName } from '../../crds/detail.ts';
import { AdminError, apply, at, remove, request, waitFor } from '../control-plane/admin.ts';
import { type Cluster, detailPath, eventually, reportPath, reportWithTotal, startCluster } from './cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.startOperator();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'replicalimits.rules.example.com' },
  spec: {
    group: 'rules.example.com',
    names: { plural: 'replicalimits', singular: 'replicalimit', kind: 'ReplicaLimit', listKind: 'ReplicaLimitList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { maxReplicas: { type: 'integer' } } },
        },
      },
    ],
  },
};
const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'potoo-reads-limits', labels: { 'potoo.io/aggregate-to-operator': 'true' } },
  rules: [{ apiGroups: ['rules.example.com'], resources: ['replicalimits'], verbs: ['list', 'watch'] }],
};
const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'replicas' },
  spec: {
    paramKind: { apiVersion: 'rules.example.com/v1', kind: 'ReplicaLimit' },
    matchConstraints: {
      namespaceSelector: { matchLabels: { limited: 'true' } },
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }],
    },
    validations: [{ expression: 'object.spec.replicas <= params.maxReplicas' }],
  },
};
const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'replicas' },
  spec: {
    policyName: 'replicas',
    validationActions: ['Deny'],
    paramRef: { selector: {}, parameterNotFoundAction: 'Deny' },
  },
};
const limit = (maxReplicas: number) => ({
  apiVersion: 'rules.example.com/v1',
  kind: 'ReplicaLimit',
  metadata: { name: 'small', namespace: 'limited' },
  maxReplicas,
});
const limitPath = '/apis/rules.example.com/v1/namespaces/limited/replicalimits/small';
const policyPath = (name: string) => `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`;
const clusterPolicyPath = (name: string) =>
  `/apis/potoo.io/v1alpha1/clusterconstraintdetails/${clusterDetailName({ ...policy, name })}`;
const namespaceNamed = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { limited: 'true' } },
});

/** What the API server says to a Deployment of so many replicas; nothing is stored. */
async function refusal(namespace: string, replicas: number): Promise<string> {
  try {
    await request(cluster.controlPlane, 'POST', `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
      },
    });
    return '';
  } catch (error) {
    if (error instanceof AdminError) return error.message;
    throw error;
  }
}

/** Once the only line that the report inherits is as wanted. */
function inherited(namespace: string, wanted: RegExp) {
  return waitFor(
    cluster.controlPlane,
    reportPath(namespace),
    (report) => at(report, 'status', 'total') === 1 && wanted.test(String(at(report, 'status', 'inherited', 0))),
    `${namespace} to say ${wanted.source}`,
  );
}

test('where a namespace has no parameters everything is refused, and the report says so', async () => {
  await apply(cluster.controlPlane, [
    definition,
    role,
    namespaceNamed('limited'),
    namespaceNamed('bare'),
    policy,
    binding,
  ]);
  await eventually('the API server refuses everything', async () => /no params found/.test(await refusal('bare', 1)));
  for (const namespace of ['limited', 'bare']) {
    await inherited(namespace, /^Critical deny .* refused by policy replicas, which finds no parameters$/);
  }
});

test('parameters of a namespace put its policy to work there, and are stored there in full', async () => {
  await apply(cluster.controlPlane, [limit(2)]);
  await eventually(
    'the API server refuses three replicas and takes two',
    async () => /failed expression/.test(await refusal('limited', 3)) && (await refusal('limited', 2)) === '',
  );
  await inherited('limited', /^Critical deny .* checked by policy replicas, those that fail are refused$/);
  await inherited('bare', /which finds no parameters$/);
  const parameter = (maxReplicas: number) =>
    waitFor(
      cluster.controlPlane,
      detailPath('limited', 'constraints'),
      (detail) => String(at(detail, 'texts', 0)).includes(`"maxReplicas":${maxReplicas}`),
      `a parameter of ${maxReplicas}`,
    );
  const detail = await parameter(2);
  expect(JSON.parse(String(at(detail, 'texts', 0)))).toMatchObject({
    kind: 'Parameter',
    apiVersion: 'rules.example.com/v1',
    objectKind: 'ReplicaLimit',
    namespace: 'limited',
    name: 'small',
    object: { kind: 'ReplicaLimit', metadata: { name: 'small', namespace: 'limited' }, maxReplicas: 2 },
  });
  await apply(cluster.controlPlane, [limit(5)]);
  await parameter(5);
});

test('a binding that may do without parameters does nothing where there are none', async () => {
  const paramRef = { ...binding.spec.paramRef, parameterNotFoundAction: 'Allow' };
  await apply(cluster.controlPlane, [{ ...binding, spec: { ...binding.spec, paramRef } }]);
  await reportWithTotal(cluster, 'bare', 0);
  await eventually('the API server takes everything', async () => (await refusal('bare', 9)) === '');
  await inherited('limited', /those that fail are refused$/);
  await remove(cluster.controlPlane, limitPath);
  await reportWithTotal(cluster, 'limited', 0);
  await eventually('the API server takes everything', async () => (await refusal('limited', 9)) === '');
});

test('for a Namespace the parameters in it are those that count, and for what is in none there are none', async () => {
  const resources = ['namespaces', 'nodes', 'persistentvolumes'];
  await apply(cluster.controlPlane, [
    limit(2),
    {
      ...policy,
      metadata: { name: 'outside' },
      spec: {
        ...policy.spec,
        matchConstraints: {
          namespaceSelector: { matchLabels: { limited: 'true' } },
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources }],
        },
        validations: [
          { expression: `!has(object.metadata.annotations) || !('forbidden' in object.metadata.annotations)` },
        ],
      },
    },
    { ...binding, metadata: { name: 'outside' }, spec: { ...binding.spec, policyName: 'outside' } },
  ]);
  const dryRun = '?dryRun=All&fieldManager=potoo-test&force=true';
  const answer = async (path: string, object: object) => {
    try {
      await request(cluster.controlPlane, 'PATCH', `${path}${dryRun}`, object);
      return 'taken';
    } catch (error) {
      if (error instanceof AdminError) return error.message;
      throw error;
    }
  };
  const annotated = (name: string, value: Record<string, string>) => {
    const object = namespaceNamed(name);
    return { ...object, metadata: { ...object.metadata, annotations: value } };
  };
  await eventually('a Namespace without parameters may not be changed', async () =>
    /no params found/.test(await answer('/api/v1/namespaces/bare', annotated('bare', { fine: '' }))),
  );
  expect(await answer('/api/v1/namespaces/limited', annotated('limited', { fine: '' }))).toBe('taken');
  expect(await answer('/api/v1/namespaces/limited', annotated('limited', { forbidden: '' }))).toMatch(
    /failed expression/,
  );
  expect(await answer('/api/v1/namespaces/new', annotated('new', { fine: '' }))).toMatch(/no params found/);
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } };
  expect(await answer('/api/v1/nodes/node', node)).toMatch(/cannot use namespaced paramRef/);
  const said = await waitFor(
    cluster.controlPlane,
    clusterPolicyPath('outside'),
    (detail) => detail !== undefined,
    'the full form of the policy',
  );
  const texts = at(said, 'texts');
  const rules = Array.isArray(texts) ? texts.map((text) => at(JSON.parse(String(text)), 'rule', 'broken')) : [];
  expect(new Set(rules)).toEqual(new Set(['noNamespace', 'noParameters', undefined]));
  await remove(cluster.controlPlane, policyPath('outside'));
});

test('without the kind of its parameters a policy refuses all that it means, whatever its binding says', async () => {
  const paramKind = { apiVersion: 'rules.example.com/v1', kind: 'Unheard' };
  const matchResources = { namespaceSelector: { matchLabels: { nothing: 'here' } } };
  await apply(cluster.controlPlane, [
    { ...policy, metadata: { name: 'unserved' }, spec: { ...policy.spec, paramKind } },
    { ...binding, metadata: { name: 'unserved' }, spec: { ...binding.spec, policyName: 'unserved', matchResources } },
  ]);
  await eventually('the API server finds no such kind', async () =>
    /failed to configure policy: failed to find resource/.test(await refusal('bare', 1)),
  );
  await inherited(
    'bare',
    /^Warning unknown .* may be refused by policy unserved, whose kind of parameters is not served$/,
  );
  const spec = { ...binding.spec, policyName: 'unserved' };
  await apply(cluster.controlPlane, [{ ...binding, metadata: { name: 'unserved' }, spec }]);
  await inherited('bare', /^Critical deny .* are refused by policy unserved, whose kind of parameters is not served$/);
});
