import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../../crds/cases/load-cases.ts';
import { compareText } from '../../../crds/constraint.ts';
import { createPolicies } from '../../discovery/policies.ts';
import { createScopeIndex } from '../../scope/scope-index.ts';
import { readTogether } from '../join.ts';
import { noParametersRead } from '../parameters.ts';
import { istio } from './istio.ts';

const change = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  namespace: fc.constantFrom('istio-system', 'cart', 'shop'),
  kind: fc.constantFrom('PeerAuthentication', 'Sidecar', 'AuthorizationPolicy'),
  isWide: fc.boolean(),
  isThere: fc.boolean(),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function objectOf({ name, namespace, kind, isWide }: Change) {
  const labels = isWide ? {} : { app: name };
  return asStored({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace },
    spec:
      kind === 'Sidecar'
        ? { workloadSelector: { labels }, egress: [{ hosts: ['./*'] }] }
        : { selector: { matchLabels: labels }, ...(kind === 'PeerAuthentication' ? { mtls: { mode: 'STRICT' } } : {}) },
  });
}

test('after any changes the same is in force as when all that is there is read at once', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const scopes = createScopeIndex();
      for (const name of ['istio-system', 'cart', 'shop']) scopes.setNamespace({ name, labels: {} });
      const policies = createPolicies({
        scopes,
        onProblem: () => undefined,
        parameters: noParametersRead,
        onParameterKinds: () => undefined,
      });
      const there = new Map<string, unknown>();
      for (const one of changes) {
        const id = `${one.kind}/${one.namespace}/${one.name}`;
        const object = objectOf(one);
        if (one.isThere) {
          policies.set(istio, id, istio.read(object));
          there.set(id, object);
        } else {
          policies.remove(istio, id);
          there.delete(id);
        }
      }
      const sorted = (constraints: Iterable<unknown>) =>
        [...constraints].map((constraint) => JSON.stringify(constraint)).toSorted(compareText);
      expect(sorted(scopes.all())).toEqual(sorted(readTogether(istio, [...there.values()]).constraints));
    }),
    { numRuns: 200 },
  );
});
