import { expect, test } from 'vitest';
import type { Effect, StoredConstraint } from '../../../crds/constraint.ts';
import type { MeshDemand, MeshRule } from '../../../crds/rules/mesh.ts';
import { candidatesOf } from '../../testing/candidates.ts';
import { networkConstraint } from '../../testing/objects.ts';
import type { DetailLevel } from '../../answer/levels.ts';
import { readErrorText } from '../error-text.ts';
import { explain, type Question } from '../explain.ts';

interface Options {
  readonly app?: string;
  readonly namespace?: string;
  readonly effect?: Effect;
  readonly rule?: Partial<MeshRule>;
}

function policy(
  kind: string,
  name: string,
  demand: MeshDemand,
  { app, namespace = 'shop', effect = 'restrict', rule = {} }: Options = {},
): StoredConstraint {
  const isLinkerd = demand.about === 'server' || rule.engine === 'linkerd';
  return networkConstraint(namespace, name, {
    key: demand.about === 'authorization' ? demand.action : demand.about,
    type: 'MeshPolicy',
    effect,
    source: { apiVersion: isLinkerd ? 'policy.linkerd.io/v1beta3' : 'security.istio.io/v1', kind, name, namespace },
    scope: {
      namespaces: { names: ['shop'] },
      workloads: app === undefined ? {} : { selector: { matchLabels: { app } } },
    },
    rule: { form: 'mesh', engine: isLinkerd ? 'linkerd' : 'istio', demand, ...rule },
  });
}

const authorization = (action: 'allow' | 'deny' | 'delegate', name: string, options: Options = {}) =>
  policy(
    'AuthorizationPolicy',
    name,
    { about: 'authorization', action, clauses: [{ path: '/spec/rules/0' }] },
    options,
  );

const question: Question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: ['web', 'db'].map((name) => ({ kind: 'Deployment', name, labels: { app: name } })),
  complete: true,
  contact: undefined,
};

function told(message: string, constraints: readonly StoredConstraint[], level: DetailLevel = 'full') {
  const { confidence, suspects } = explain(
    readErrorText(message),
    candidatesOf(constraints, { namespace: 'shop', level }),
    question,
  );
  return [confidence, suspects.map(({ candidate }) => candidate.name)];
}

const matched = (name: string) => `rbac_access_denied_matched_policy[${name}]`;
const ztunnel = (workload: string, namespace = 'shop') =>
  `dst.hbone_addr=10.0.0.5:9080 dst.workload="${workload}-7d9-x" dst.namespace="${namespace}" error="connection closed due to policy rejection: allow policies exist, but none allowed"`;

test('the policy that the text names is the cause, in its namespace and of its engine', () => {
  const grant = authorization('allow', 'no-admin', { effect: 'allow', rule: { engine: 'linkerd' } });
  const constraints = [authorization('deny', 'no-admin'), grant, authorization('deny', 'no-admins')];
  expect(told(matched('ns[shop]-policy[no-admin]-rule[0]'), constraints)).toEqual(['high', ['no-admin']]);
  expect(told(matched('ns[shop]-policy[no-admin]-rule[0]'), [constraints[0] ?? grant], 'summary')).toEqual([
    'high',
    ['no-admin'],
  ]);
  expect(told(matched('ns[cart]-policy[no-admin]-rule[0]'), constraints)[1]).toEqual([]);
  expect(told(matched('ns[shop]-policy[no-adm]-rule[0]'), constraints)[1]).toEqual([]);
});

test('a policy of another namespace has no name for who may not see it', () => {
  const root = authorization('deny', 'mesh-wide', { namespace: 'istio-system' });
  const text = matched('ns[istio-system]-policy[mesh-wide]-rule[0]');
  expect(told(text, [root])).toEqual(['high', ['mesh-wide']]);
  expect(told(text, [root], 'summary')[1]).toEqual([]);
});

test('where nothing allowed it, all that allow something for that workload are the cause together', () => {
  const web = authorization('allow', 'web', { app: 'web' });
  const all = authorization('allow', 'all');
  const db = authorization('allow', 'db', { app: 'db' });
  expect(told(ztunnel('web'), [web, all, db, authorization('deny', 'no')])).toEqual(['medium', ['web', 'all']]);
  expect(told(ztunnel('web'), [web, db])).toEqual(['high', ['web']]);
  expect(told(ztunnel('web', 'cart'), [web, all])[1]).toEqual([]);
  expect(told(ztunnel('web'), [authorization('allow', 'gateway', { rule: { proxies: ['gateway'] } })])[1]).toEqual([]);
});

test('what only notes or is open to all refused nothing', () => {
  const dryRun = authorization('allow', 'dry', { effect: 'audit', rule: { dryRun: true } });
  const open = authorization('allow', 'open', { effect: 'allow' });
  expect(told(ztunnel('web'), [dryRun, open])[1]).toEqual([]);
});

test('the answer alone does not tell where the request arrived, so nothing is sure', () => {
  expect(told('RBAC: access denied', [authorization('allow', 'web', { app: 'web' })])).toEqual(['medium', ['web']]);
});

test('plaintext is refused by what demands mutual TLS on that port', () => {
  const tls = (name: string, mode: 'STRICT' | 'PERMISSIVE', ports?: { port: number; mode: 'STRICT' | 'DISABLE' }[]) =>
    policy(
      'PeerAuthentication',
      name,
      { about: 'mutualTls', level: 'workload', mode, ...(ports === undefined ? {} : { ports }) },
      { effect: 'require' },
    );
  const text = '"- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - - - 10.0.0.5:8080 10.0.0.6:5 - -';
  const strict = tls('strict', 'STRICT');
  expect(
    told(text, [strict, tls('open-port', 'STRICT', [{ port: 8080, mode: 'DISABLE' }]), tls('lax', 'PERMISSIVE')]),
  ).toEqual(['medium', ['strict']]);
  expect(told(text, [tls('port', 'PERMISSIVE', [{ port: 8080, mode: 'STRICT' }])])[1]).toEqual(['port']);
});

test('a Server of Linkerd by its name, else by its port', () => {
  const server = (name: string, port: number) =>
    policy(
      'Server',
      name,
      { about: 'server', port, protocol: 'HTTP/1', otherwise: 'deny', clauses: [] },
      { effect: 'deny' },
    );
  const servers = [server('web-http', 8080), server('web-admin', 9990)];
  expect(told('Request denied server.kind=server server.name=web-http client.ip=10.0.0.6', servers)).toEqual([
    'high',
    ['web-http'],
  ]);
  expect(told('Request denied server.kind=server server.name=web client.ip=10.0.0.6', servers)[1]).toEqual([]);
  expect(told('inbound:server{port=9990}: request failed error=unauthorized request on route', servers)).toEqual([
    'medium',
    ['web-admin'],
  ]);
});
