import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../../crds/cases/load-cases.ts';
import { holdsExpression } from '../../../kube/label-expression.ts';
import { matchesLabels } from '../../../kube/label-selector.ts';
import { bindsNamespace } from '../../scope/namespace-scope.ts';
import type { ReadConstraint } from '../settled.ts';
import { readTogether } from '../join.ts';
import { istio } from './istio.ts';

type Labels = Record<string, string>;
interface Policy {
  readonly namespace: string;
  readonly selector: Labels;
  readonly mode: string;
  readonly port: string | undefined;
  readonly day: number;
  readonly name: string;
}

const namespaces = ['istio-system', 'cart', 'shop'];
const mode = fc.constantFrom('UNSET', 'PERMISSIVE', 'STRICT', 'DISABLE');
const label = fc.constantFrom('x', 'y');
const policies: fc.Arbitrary<readonly Policy[]> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom(...namespaces),
      selector: fc.record({ app: label, tier: label }, { requiredKeys: [] }),
      mode,
      port: fc.option(mode, { nil: undefined }),
      day: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 7 },
  )
  .map((drawn) => drawn.map((policy, index) => ({ ...policy, name: `p${index}` })));

function objectOf({ namespace, name, day, selector, mode: whole, port }: Policy) {
  return asStored({
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name, namespace, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec: {
      selector: { matchLabels: selector },
      mtls: { mode: whole },
      ...(port === undefined ? {} : { portLevelMtls: { '80': { mode: port } } }),
    },
  });
}

const pods = namespaces.flatMap((namespace) =>
  ['x', 'y'].flatMap((app) => ['x', 'y'].map((tier) => ({ namespace, labels: { app, tier } }))),
);

function bindsPod({ scope }: ReadConstraint, { namespace, labels }: (typeof pods)[number]): boolean {
  const { selector = {}, expression } = scope.workloads ?? {};
  return (
    bindsNamespace(scope.namespaces, { name: namespace, labels: {} }) &&
    matchesLabels(selector, labels) &&
    (expression === undefined || holdsExpression(expression, { own: labels }) === true)
  );
}

function isWide({ selector }: Policy): boolean {
  return Object.keys(selector).length === 0;
}

/** As the documentation has it: the oldest of each level, the narrowest level first. */
function effective(all: readonly Policy[], { namespace, labels }: (typeof pods)[number]) {
  const oldest = (matching: readonly Policy[]) =>
    matching.toSorted((a, b) => a.day - b.day || (a.name < b.name ? -1 : 1))[0];
  const mesh = oldest(all.filter((policy) => policy.namespace === 'istio-system' && isWide(policy)));
  const own = all.filter((policy) => policy.namespace === namespace && namespace !== 'istio-system');
  const wide = oldest(own.filter(isWide));
  const workload = oldest(
    own.filter((policy) => !isWide(policy) && matchesLabels({ matchLabels: policy.selector }, labels)),
  );
  const set = [workload, wide, mesh].flatMap((policy) =>
    policy === undefined || policy.mode === 'UNSET' ? [] : [policy.mode],
  );
  const whole = set[0] ?? 'PERMISSIVE';
  const port = workload?.port === undefined || workload.port === 'UNSET' ? whole : workload.port;
  return { whole, port, isSaid: set.length > 0 || workload?.port !== undefined };
}

test('every pod is bound by the one policy that is in force for it, and by no other', () => {
  fc.assert(
    fc.property(policies, (all) => {
      const { constraints } = readTogether(istio, all.map(objectOf));
      for (const pod of pods) {
        const expected = effective(all, pod);
        const binding = constraints.filter((constraint) => bindsPod(constraint, pod));
        const told = binding.map(({ rule }) => {
          if (rule.form !== 'mesh' || rule.demand.about !== 'mutualTls') throw new Error('not about mutual TLS');
          const { mode: whole, ports = [] } = rule.demand;
          return { whole, port: ports.find(({ port }) => port === 80)?.mode ?? whole };
        });
        const { whole, port, isSaid } = expected;
        expect(told).toEqual(isSaid ? [{ whole, port }] : []);
      }
    }),
    { numRuns: 500 },
  );
});

test('of very many policies for workloads each names the oldest that it meets, and says that it may bind less', () => {
  const many = Array.from({ length: 60 }, (_, index) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: `p${10 + index}`, namespace: 'shop', uid: `p${index}` },
    spec: { selector: { matchLabels: { [`label${index}`]: 'x' } }, mtls: { mode: 'STRICT' } },
  }));
  const scopes = readTogether(istio, many).constraints.map(({ scope }) => scope);
  expect(scopes).toHaveLength(60);
  expect(scopes.filter(({ unread }) => unread !== undefined)).toHaveLength(9);
  expect(scopes.at(-1)).toMatchObject({ unread: ['/spec/selector'] });
});
