import { expect, test } from 'vitest';
import { readTogether } from '../join.ts';
import { linkerd } from './linkerd.ts';

const object = (kind: string, name: string, spec: object) => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind,
  metadata: { name, namespace: 'shop', uid: name },
  spec,
});

test('Servers of a namespace with very many policies name some of them, and say that others may let more through', () => {
  const policies = Array.from({ length: 1_000 }, (_, index) =>
    object('AuthorizationPolicy', `p${1_000 + index}`, {
      targetRef: { kind: 'Namespace', name: 'shop' },
      requiredAuthenticationRefs: [{ kind: 'ServiceAccount', name: `a${index}` }],
    }),
  );
  const servers = Array.from({ length: 100 }, (_, index) =>
    object('Server', `s${index}`, { podSelector: {}, port: index + 1 }),
  );
  const { constraints } = readTogether(linkerd, [...servers, ...policies]);
  const [server] = constraints.filter(({ key }) => key === 'server');
  const demand = server?.rule.form === 'mesh' && server.rule.demand.about === 'server' ? server.rule.demand : undefined;
  expect(demand?.clauses).toHaveLength(201);
  expect(demand?.clauses.at(-1)).toMatchObject({ by: 'AuthorizationPolicy shop/p1200', unread: [''] });
  expect(server?.message).toContain('policies that are not understood may allow more');
});
