import { expect, test } from 'vitest';
import type { Constraint } from '../../../crds/constraint.ts';
import type { StoredWorkload } from '../../../crds/detail.ts';
import type { NetworkClause, NetworkRule } from '../../../crds/rules/network.ts';
import type { DetailLevel } from '../../answer/levels.ts';
import { ownBinding } from '../../catalog/binding.ts';
import { entryOf, networkConstraint } from '../../testing/objects.ts';
import { type Candidate, candidateOf } from '../candidates.ts';
import { readErrorText } from '../error-text.ts';
import { explain, type Question } from '../explain.ts';

interface Given {
  readonly name: string;
  readonly direction?: NetworkRule['direction'];
  readonly clauses?: NetworkClause[];
  readonly app?: string;
  readonly level?: DetailLevel;
  readonly changes?: Partial<Constraint>;
}

function policy({ name, direction = 'Egress', clauses = [], app, level = 'detailed', changes = {} }: Given): Candidate {
  const constraint = networkConstraint('shop', name, {
    key: direction,
    type: `Network${direction}`,
    scope: {
      namespaces: { names: ['shop'] },
      workloads: { hostNetwork: false, ...(app === undefined ? {} : { selector: { matchLabels: { app } } }) },
    },
    rule: { form: 'network', direction, clauses },
    ...changes,
  });
  const binding = ownBinding(entryOf(constraint), () => ({ home: 'shop', text: '', value: constraint }));
  return candidateOf(binding, () => level, 'shop');
}

const workload = (name: string): StoredWorkload => ({ kind: 'Deployment', name, labels: { app: name } });
const question: Question = {
  namespace: 'shop',
  workloadName: 'web',
  workloads: [workload('web'), workload('db')],
  complete: true,
  contact: undefined,
};
const ask = (text: string, candidates: readonly Candidate[], changes: Partial<Question> = {}) =>
  explain(readErrorText(text), candidates, { ...question, ...changes });
const names = (text: string, candidates: readonly Candidate[], changes: Partial<Question> = {}) =>
  ask(text, candidates, changes).suspects.map(({ candidate }) => candidate.name);

const dropped = (ends = 'shop/web-5c7d-abcde:40000 (ID:1) <> data/db-0:5432 (ID:2)') =>
  `${ends} policy-verdict:none EGRESS DENIED (TCP Flags: SYN)`;
const port = (number: number, protocol = 'TCP'): NetworkClause => ({
  path: '/spec/egress/0',
  ports: [{ protocol, port: number }],
});

test('of what isolates, only what binds this pod in this direction and lets nothing of it through is named, at high', () => {
  const candidates = [
    policy({ name: 'deny-web', app: 'web' }),
    policy({ name: 'deny-db', app: 'db' }),
    policy({ name: 'deny-in', direction: 'Ingress' }),
  ];
  expect(ask(dropped(), candidates)).toMatchObject({
    confidence: 'high',
    cause: { category: 'network', engine: 'cilium' },
    suspects: [
      { candidate: { name: 'deny-web' }, reason: expect.stringContaining('no rule of it lets this one through') },
    ],
  });
});

test('another policy that lets the connection through clears all that isolate', () => {
  const candidates = [policy({ name: 'deny' }), policy({ name: 'allow-db', clauses: [port(5_432)] })];
  expect(names(dropped(), candidates)).toEqual([]);
  expect(names(dropped(), [policy({ name: 'deny' }), policy({ name: 'allow-web', clauses: [port(80)] })])).toEqual([
    'allow-web',
    'deny',
  ]);
});

test('an end in another namespace has rules of its own, which are not asked for here', () => {
  expect(names(dropped('other/web:40000 (ID:1) <> shop/db-0:5432 (ID:2)'), [policy({ name: 'deny' })])).toEqual([]);
});

test('Cilium obeys no policies of administrators, and where no rule matched none denied', () => {
  const all: NetworkClause = { path: '/spec/egress/0', action: 'deny' };
  const ruled = (engine: 'kubernetes' | 'cilium', tier: string, source: Constraint['source']) => ({
    rule: {
      form: 'network' as const,
      direction: 'Egress' as const,
      clauses: [all],
      otherwise: 'next' as const,
      place: { engine, tier },
    },
    source,
  });
  const admin = policy({
    name: 'admin',
    changes: ruled('kubernetes', 'Admin', {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      name: 'admin',
    }),
  });
  const denies = policy({
    name: 'denies',
    changes: ruled('cilium', 'Normal', {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      name: 'denies',
      namespace: 'shop',
    }),
  });
  const isolates = policy({ name: 'isolates' });
  expect(names(dropped(), [admin, denies, isolates])).toEqual(['isolates']);
  expect(names(dropped(), [admin])).toEqual([]);
  const denied = dropped().replace('policy-verdict:none', 'policy-verdict:L3-Only');
  expect(names(denied, [admin, denies, isolates])).toEqual(['denies']);
});

test('a policy that the text names is it, and what isolates beside it is not', () => {
  const text =
    '2025-01-02T03:04:05Z|1|acl_log(ovn_pinctrl0)|INFO|name="NP:shop:db-out:Egress:0", verdict=drop, severity=info, direction=from-lport: tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80';
  const candidates = [
    policy({ name: 'db-out' }),
    policy({ name: 'db-out', direction: 'Ingress' }),
    policy({ name: 'db-outer' }),
  ];
  expect(ask(text, candidates)).toMatchObject({
    confidence: 'high',
    cause: { policy: 'db-out' },
    suspects: [{ candidate: { name: 'db-out', type: 'NetworkEgress' } }],
  });
  expect(ask(text, [policy({ name: 'db-outer' })])).toMatchObject({ confidence: 'medium', suspects: [] });
  expect(names(text.replace('shop', 'data'), candidates)).toEqual([]);
});

test('at the summary level all that limits the direction comes into question, whatever its rules are', () => {
  const summary = (name: string, clauses: NetworkClause[]) => policy({ name, clauses, level: 'summary' });
  const answers = [[], [port(5_432)], [port(80)]].map((clauses) => ask(dropped(), [summary('a', clauses)]));
  for (const answer of answers) {
    expect(answer.suspects).toMatchObject([{ candidate: { name: 'a' }, reason: expect.stringContaining('not shown') }]);
    expect(answer.confidence).toBe('medium');
    expect(JSON.stringify(answer.steps)).toBe(JSON.stringify(answers[0]?.steps));
  }
});

test('a timeout is a hint: what isolates the client comes before what may let it through', () => {
  const text = 'dial tcp 10.96.4.4:5432: i/o timeout';
  const candidates = [
    policy({ name: 'a-some-ports', clauses: [port(80)], app: 'web' }),
    policy({ name: 'for-db', app: 'db' }),
    policy({ name: 'in-db', direction: 'Ingress', app: 'db' }),
  ];
  const answer = ask(text, candidates);
  expect(answer).toMatchObject({ confidence: 'low', cause: { category: 'network' } });
  expect(answer.suspects.map(({ candidate }) => candidate.name)).toEqual(['a-some-ports', 'in-db']);
});

test.each([
  ['an address', 'dial tcp 10.96.4.4:5432: i/o timeout', ['only-http', 'of-web'], 'low'],
  ['a Service of another namespace', 'connect ETIMEDOUT db.data.svc.cluster.local:5432', ['only-http'], 'low'],
  [
    'a short name of such',
    'curl: (28) Failed to connect to db.data port 5432 after 9 ms: Timeout',
    ['only-http'],
    'low',
  ],
  ['a public address', 'dial tcp 198.51.100.7:5432: connect: connection timed out', ['only-http'], 'medium'],
])(
  'among fifty policies what can have caused a timeout stands first, and it is never sure: %s',
  (_, text, first, level) => {
    const others = Array.from({ length: 47 }, (_each, index) =>
      policy({ name: `app-${index}`, app: `app-${index}`, direction: index % 2 === 0 ? 'Egress' : 'Ingress' }),
    );
    const ofWeb = [
      policy({ name: 'of-web', app: 'web', direction: 'Ingress' }),
      policy({ name: 'only-http', app: 'web', clauses: [port(80), port(53, 'UDP')] }),
    ];
    const answer = ask(text, [...others, ...ofWeb]);
    const found = answer.suspects.map(({ candidate }) => candidate);
    expect(found.slice(0, 2).map(({ name }) => name)).toEqual(first);
    expect(found.filter(({ name, type }) => type === 'NetworkEgress' && name !== 'only-http')).toEqual([]);
    expect(answer.confidence).toBe(level);
  },
);

test('names that nothing resolves: a policy that isolates without port 53 is it, and one with it is not', () => {
  const text =
    'dial tcp: lookup db.data.svc.cluster.local on 10.96.0.10:53: read udp 10.0.0.9:41000->10.96.0.10:53: i/o timeout';
  const answer = ask(text, [policy({ name: 'only-db', clauses: [port(5_432)], app: 'web' })]);
  expect(answer).toMatchObject({ confidence: 'medium', suspects: [{ candidate: { name: 'only-db' } }] });
  expect(answer.steps[0]).toMatchObject({
    type: 'yaml_patch',
    command: 'kubectl apply -f FILE',
    requires_privilege: 'namespace-admin',
    patch: expect.stringContaining('protocol: UDP'),
  });
  const toDns: NetworkClause = {
    path: '/spec/egress/0',
    peers: [
      {
        pods: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      },
    ],
    ports: [{ protocol: 'UDP', port: 53 }],
  };
  expect(names(text, [policy({ name: 'with-dns', clauses: [toDns], app: 'web' })])).toEqual([]);
});

test('a public address lies in blocks, and no pod of the namespace is there', () => {
  const text = 'curl: (28) Failed to connect to 198.51.100.7 port 443 after 30001 ms: Connection timed out';
  const block = (cidr: string): NetworkClause => ({
    path: '/spec/egress/0',
    peers: [{ ipBlock: { cidr, except: [] } }],
  });
  const inside = policy({ name: 'inside', clauses: [block('10.0.0.0/8')] });
  expect(names(text, [inside, policy({ name: 'in', direction: 'Ingress' })])).toEqual(['inside']);
  expect(names(text, [inside, policy({ name: 'all', clauses: [block('0.0.0.0/0')] })])).toEqual([]);
});

test('a refusal is never certain, and never the work of Cilium', () => {
  const text = 'dial tcp 10.96.4.4:5432: connect: connection refused';
  expect(ask(text, [policy({ name: 'deny', app: 'web' })])).toMatchObject({
    confidence: 'low',
    suspects: [{ candidate: { name: 'deny' } }],
  });
  const source = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', name: 'cnp', namespace: 'shop' };
  expect(names(text, [policy({ name: 'deny' }), policy({ name: 'cnp', changes: { source } })])).toEqual([]);
});

test('the step opens exactly the connection that was dropped', () => {
  const [step] = ask(dropped(), [policy({ name: 'deny-web', app: 'web' })]).steps;
  expect(step?.patch).toBe(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-egress-5432
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: web
  policyTypes:
    - Egress
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: data
          podSelector:
            matchLabels:
              app.kubernetes.io/name: replace-me
      ports:
        - protocol: TCP
          port: 5432
`);
});

test('a policy on the metadata of the cloud is blamed for that alone, and surely', () => {
  const metadata = policy({
    name: 'no-metadata',
    clauses: [{ path: '/spec/egress/0', peers: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] } }] }],
  });
  const text = (address: string) => `curl: (28) Failed to connect to ${address} port 80 after 5000 ms: timed out`;
  expect(ask(text('169.254.169.254'), [metadata])).toMatchObject({
    confidence: 'medium',
    suspects: [{ candidate: { name: 'no-metadata' } }],
  });
  expect(names(text('10.96.14.7'), [metadata])).toEqual([]);
});

test('of a Service in another namespace only the way out of this one is judged', () => {
  const candidates = [policy({ name: 'deny-out' }), policy({ name: 'deny-in', direction: 'Ingress' })];
  const text = (host: string) => `Get "http://${host}:5432/": dial tcp 10.96.0.9:5432: i/o timeout`;
  expect(names(text('db.data.svc.cluster.local'), candidates)).toEqual(['deny-out']);
  expect(names(text('db.shop.svc.cluster.local'), candidates)).toEqual(['deny-out', 'deny-in']);
});
