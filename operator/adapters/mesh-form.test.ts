import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import type { Adapter } from './define.ts';
import { istio } from './istio/istio.ts';
import { readTogether } from './join.ts';
import { linkerd } from './linkerd/linkerd.ts';

/** None of these is part of a word of ours. */
const word = fc.constantFrom('qqqq', 'xqz', 'zzqx', '10.9.8.7/16', '8443', '*.xqz', 'qqqq/xqz');
const words = fc.array(word, { maxLength: 3 });
const labels = fc.dictionary(fc.constantFrom('qqqq', 'xqz'), fc.constantFrom('zzqx', 'qqqq'), { maxKeys: 2 });
const optional = <Value>(fields: { [Name in keyof Value]: fc.Arbitrary<Value[Name]> }) =>
  fc.record<Value>(fields, { requiredKeys: [] });

const metadata = { name: 'xqz', namespace: 'qqqq' };
const source = optional({ principals: words, notNamespaces: words, ipBlocks: words, requestPrincipals: words });
const operation = optional({ hosts: words, ports: words, notPaths: words, methods: words });
const condition = fc.record({ key: fc.constant('request.headers[xqz]'), values: fc.array(word, { minLength: 1 }) });
const rule = optional({
  from: fc.array(
    source.map((one) => ({ source: one })),
    { maxLength: 2 },
  ),
  to: fc.array(
    operation.map((one) => ({ operation: one })),
    { maxLength: 2 },
  ),
  when: fc.array(condition, { maxLength: 2 }),
});
const ofIstio = fc.oneof(
  fc.record({
    kind: fc.constant('AuthorizationPolicy'),
    spec: fc.record({
      action: fc.constantFrom('ALLOW', 'DENY', 'AUDIT', 'CUSTOM'),
      provider: fc.constant({ name: 'zzqx' }),
      selector: labels.map((matchLabels) => ({ matchLabels })),
      rules: fc.array(rule, { maxLength: 3 }),
    }),
  }),
  fc.record({
    kind: fc.constant('RequestAuthentication'),
    spec: fc.record({ jwtRules: fc.array(fc.record({ issuer: word, audiences: words }), { maxLength: 2 }) }),
  }),
  fc.record({
    kind: fc.constant('PeerAuthentication'),
    spec: fc.record({
      selector: labels.map((matchLabels) => ({ matchLabels })),
      mtls: fc.record({ mode: fc.constantFrom('STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET') }),
      portLevelMtls: fc.constantFrom({}, { '8443': { mode: 'DISABLE' } }),
    }),
  }),
  fc.record({
    kind: fc.constant('Sidecar'),
    spec: fc.record({
      workloadSelector: fc.record({ labels }),
      egress: fc.array(fc.record({ hosts: words }), { maxLength: 2 }),
      outboundTrafficPolicy: fc.record({ mode: fc.constantFrom('REGISTRY_ONLY', 'ALLOW_ANY') }),
    }),
  }),
);
const ofLinkerd = fc.oneof(
  fc.record({
    kind: fc.constant('Server'),
    spec: fc.record({
      podSelector: labels.map((matchLabels) => ({ matchLabels })),
      port: fc.constantFrom<number | string>(8443, 'qqqq'),
      accessPolicy: fc.constantFrom('deny', 'audit', 'all-authenticated', 'cluster-unauthenticated'),
    }),
  }),
  fc.record({
    kind: fc.constant('ServerAuthorization'),
    spec: fc.record({
      server: fc.constantFrom({ name: 'xqz' }, { selector: { matchLabels: { qqqq: 'xqz' } } }),
      client: fc.record({ meshTLS: fc.record({ identities: words }), networks: fc.array(fc.record({ cidr: word })) }),
    }),
  }),
);

test.each<{ adapter: Adapter; drawn: fc.Arbitrary<{ kind: string; spec: unknown }> }>([
  { adapter: istio, drawn: ofIstio },
  { adapter: linkerd, drawn: ofLinkerd },
])('a policy of $adapter.id is summed up without ports, names, addresses and selectors', ({ adapter, drawn }) => {
  fc.assert(
    fc.property(fc.array(drawn, { minLength: 1, maxLength: 3 }), (objects) => {
      const stored = objects.map((object, index) =>
        asStored({ apiVersion: 'example.io/v1', ...object, metadata: { ...metadata, uid: `${index}` } }),
      );
      const { constraints, problems } = readTogether(adapter, stored);
      expect(problems).toEqual([]);
      for (const { summary, message } of constraints) {
        expect(summary).not.toMatch(/[0-9/=(*]|[qxz]{2}/);
        expect(message.length).toBeGreaterThan(10);
      }
    }),
    { numRuns: 500 },
  );
});

test('a policy with hundreds of rules and values has a message that says how many it leaves out', () => {
  const rules = Array.from({ length: 300 }, (_, index) => ({
    from: [{ source: { principals: [`cluster.local/ns/shop/sa/client-${index}`] } }],
  }));
  const object = { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec: { rules } };
  const [constraint] = readTogether(istio, [asStored(object)]).constraints;
  expect(constraint?.message).toMatch(/ … and 2\d\d more rules; other ALLOW policies may let more through$/);
  expect(constraint?.rule).toMatchObject({ demand: { clauses: { length: 300 } } });
});
