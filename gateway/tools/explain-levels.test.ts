/**
 * What an explanation tells, and to whom. Texts are guesses, too: whoever may read the report alone gets the same bytes in two
 * clusters that differ behind a further right, whatever names, figures and places the text holds.
 */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { StoredConstraint } from '../../crds/constraint.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import {
  clusterDetailObject,
  detailObject,
  entryOf,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';

/** What the two clusters have in different words. */
interface Hidden {
  readonly hook: string;
  readonly binding: string;
  readonly rule: string;
  readonly foreign: string;
  readonly port: number;
  readonly size: string;
  readonly level: 'baseline' | 'restricted';
  readonly workload: string;
}
const one: Hidden = {
  hook: 'one.hooks.example.com',
  binding: 'one-binding',
  rule: 'one-rule',
  foreign: 'one-foreign',
  port: 8_443,
  size: '500m',
  level: 'restricted',
  workload: 'one-web',
};
const other: Hidden = {
  hook: 'other.hooks.example.com',
  binding: 'other-binding',
  rule: 'other-rule',
  foreign: 'other-foreign',
  port: 9_443,
  size: '750m',
  level: 'baseline',
  workload: 'other-web',
};

/** Of all levels the same: what stands in reports. */
const everywhere = { namespaces: {} };
function constraintsOf(hidden: Hidden) {
  const admission = { type: 'Admission' as const, effect: 'deny' as const, summary: 'Some requests are refused' };
  const clusterWide: StoredConstraint[] = [
    {
      ...networkConstraint('', 'checks'),
      ...admission,
      key: hidden.hook,
      source: { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', name: 'checks' },
      scope: everywhere,
      rule: { form: 'opaque', fields: [] },
    },
    {
      ...networkConstraint('', 'replicas'),
      ...admission,
      key: hidden.binding,
      source: { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', name: 'replicas' },
      scope: everywhere,
      rule: { form: 'opaque', fields: [] },
    },
    {
      ...networkConstraint('', 'labels'),
      ...admission,
      key: hidden.rule,
      source: { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', name: 'labels' },
      scope: everywhere,
      rule: { form: 'opaque', fields: [] },
    },
  ];
  const foreign: StoredConstraint = {
    ...networkConstraint('mesh', hidden.foreign),
    id: networkConstraint('mesh', 'foreign').id,
    type: 'MeshPolicy',
    effect: 'deny',
    summary: 'Some requests are refused by the mesh',
    source: {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      name: hidden.foreign,
      namespace: 'mesh',
    },
    rule: { form: 'opaque', fields: [] },
  };
  const own: StoredConstraint[] = [
    {
      ...networkConstraint('shop', 'closed', { type: 'NetworkEgress', key: 'Egress' }),
      scope: { namespaces: { names: ['shop'] }, workloads: { selector: { matchLabels: { app: hidden.workload } } } },
      rule: {
        form: 'network',
        direction: 'Egress',
        clauses: [{ path: '/spec/egress/0', ports: [{ protocol: 'TCP', port: hidden.port }] }],
      },
    },
    {
      ...networkConstraint('shop', 'sizes', { key: 'Container', type: 'ResourceLimit', effect: 'limit' }),
      source: { apiVersion: 'v1', kind: 'LimitRange', name: 'sizes', namespace: 'shop' },
      scope: { namespaces: { names: ['shop'] } },
      rule: { form: 'limitRange', on: 'Container', max: { cpu: hidden.size } },
    },
    {
      ...networkConstraint('shop', 'shop', { key: 'enforce', type: 'Admission', effect: 'deny' }),
      source: { apiVersion: 'v1', kind: 'Namespace', name: 'shop' },
      scope: { namespaces: { names: ['shop'] } },
      rule: { form: 'podSecurity', mode: 'enforce', level: hidden.level, version: 'latest', implied: false },
    },
    {
      ...networkConstraint('shop', 'keeps', { key: 'budget', type: 'ResourceLimit', effect: 'restrict' }),
      source: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', name: 'keeps', namespace: 'shop' },
      scope: { namespaces: { names: ['shop'] }, workloads: { selector: { matchLabels: { app: hidden.workload } } } },
      rule: { form: 'disruption', minAvailable: 1 },
    },
  ];
  return { clusterWide, foreign, own };
}

function gatewayOf(hidden: Hidden) {
  const { clusterWide, foreign, own } = constraintsOf(hidden);
  return createGateway({
    objects: [
      reportObject(
        'shop',
        own.map((each) => entryOf(each)),
        { inherited: [...clusterWide, foreign].map(lineOf) },
      ),
      detailObject('shop', 'constraints', own),
      detailObject('shop', 'workloads', [
        { kind: 'Deployment', name: hidden.workload, labels: { app: hidden.workload } },
        { kind: 'StatefulSet', name: 'db', labels: { app: 'db' } },
      ]),
      ...clusterWide.map((each) => clusterDetailObject(each.name, [each])),
      detailObject('mesh', 'constraints', [foreign]),
    ],
    rights: rightsOf('shop'),
  });
}

/** What somebody may paste who guesses what one cluster has. */
const guessesOf = ({ hook, binding, rule, foreign, port, size, level, workload }: Hidden): string[] => [
  `admission webhook "${hook}" denied the request: no`,
  `Internal error occurred: failed calling webhook "${hook}": failed to call webhook: Post "https://a.b.svc:443/x?timeout=1s": context deadline exceeded`,
  `deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding '${binding}' denied request: no`,
  `admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/shop/web was blocked due to the following policies \n\nlabels:\n  ${rule}: 'validation error: no'\n`,
  `"GET / HTTP/1.1" 403 - rbac_access_denied_matched_policy[ns[mesh]-policy[${foreign}]-rule[0]] - "-" 0 19`,
  'RBAC: access denied',
  `dial tcp 10.0.0.7:${port}: i/o timeout`,
  `default/${workload}-7c9f8d5b6-abcde:40000 (ID:1) <> shop/${workload}-7c9f8d5b6-abcde:${port} (ID:2) Policy denied DROPPED (TCP Flags: SYN)`,
  `pods "web" is forbidden: maximum cpu usage per Container is ${size}, but limit is 2`,
  `pods "web" is forbidden: violates PodSecurity "${level}:latest": privileged (container "web" must not set securityContext.privileged=true)`,
  `error when evicting pods/"${workload}-7c9f8d5b6-abcde" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.`,
  'pods "web" is forbidden: exceeded quota: sizes, requested: pods=1, used: pods=1, limited: pods=1',
];

const Answer = z.object({
  confidence: z.string(),
  matching_constraints: z.array(z.object({ name: z.string(), detail_level: z.string() })),
});

describe('who may read reports alone', () => {
  const gateways = [gatewayOf(one), gatewayOf(other)] as const;
  const texts = [...guessesOf(one), ...guessesOf(other)];
  test.each(texts)('learns nothing from %j', async (error_message) => {
    for (const workload_name of [undefined, one.workload, other.workload, 'db']) {
      const body = { namespace: 'shop', error_message, ...(workload_name === undefined ? {} : { workload_name }) };
      const [first, second] = await Promise.all(
        gateways.map(async (gateway) => {
          const answer = await gateway.post('/tools/potoo_explain', body, 'reader');
          return [answer.status, await answer.text()];
        }),
      );
      expect(first).toEqual(second);
      expect(first?.[0]).toBe(200);
    }
  });
});

test.each(guessesOf(one).slice(0, 4))('who may see all gets the rule with everything: %j', async (error_message) => {
  const answer = await gatewayOf(one).post('/tools/potoo_explain', { namespace: 'shop', error_message }, 'admin');
  const { confidence, matching_constraints: matching } = Answer.parse(await answer.json());
  expect(confidence).toBe('high');
  expect(matching).toMatchObject([{ detail_level: 'full' }]);
});

describe('who may not read the report', () => {
  test.each([
    ['a user who may read another one', 'reader', 403, 'FORBIDDEN'],
    ['somebody without a name', undefined, 401, 'UNAUTHENTICATED'],
  ] as const)('is refused before the text is read, %s', async (_who, user, status, code) => {
    const gateway = gatewayOf(one);
    const answers = await Promise.all(
      ['mesh', 'nowhere'].flatMap((namespace) =>
        [...guessesOf(one), ...guessesOf(other)].slice(0, 6).map(async (error_message) => {
          const answer = await gateway.post('/tools/potoo_explain', { namespace, error_message }, user);
          expect(answer.status).toBe(status);
          return answer.json();
        }),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ code });
  });
});

describe('who may read what lives in the namespace, and nothing else', () => {
  const gateways = [one, other].map((hidden) =>
    gatewayOf({ ...one, hook: hidden.hook, binding: hidden.binding, rule: hidden.rule, foreign: hidden.foreign }),
  );
  const texts = [...guessesOf(one), ...guessesOf(other)];
  test.each(texts)('learns of the rest of the cluster nothing from %j', async (error_message) => {
    const [first, second] = await Promise.all(
      gateways.map(async (gateway) => {
        const answer = await gateway.post('/tools/potoo_explain', { namespace: 'shop', error_message }, 'owner');
        return [answer.status, await answer.text()];
      }),
    );
    expect(first).toEqual(second);
    expect(first?.[0]).toBe(200);
  });
});
