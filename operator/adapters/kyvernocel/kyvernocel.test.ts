import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../../crds/cases/load-cases.ts';
import { readTogether } from '../join.ts';
import { kyvernoCel } from './kyvernocel.ts';

const pods = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

function policy(kind: string, spec: object, namespace?: string) {
  const metadata = { name: 'p', ...(namespace === undefined ? {} : { namespace }) };
  return asStored({ apiVersion: 'policies.kyverno.io/v1', kind, metadata, spec });
}

const secret = fc.constantFrom('qqqq', 'xqz', 'zzqx');
const condition = fc.record({ name: secret, expression: secret });
const selector = fc.record({ matchLabels: fc.dictionary(secret, secret, { maxKeys: 2 }) });
const common = {
  matchConstraints: fc.record({
    resourceRules: fc.constant([pods]),
    namespaceSelector: selector,
    objectSelector: selector,
  }),
};
const conditions = { matchConditions: fc.array(condition, { maxLength: 2 }) };
const validations = { validations: fc.array(fc.record({ expression: secret, message: secret }), { minLength: 1 }) };
const policies = fc.oneof(
  fc.record({ ...common, ...conditions, ...validations }).map((spec) => policy('ValidatingPolicy', spec)),
  fc
    .record({
      ...common,
      ...conditions,
      ...validations,
      attestors: fc.array(fc.record({ name: secret, cosign: fc.record({ key: secret }) })),
      matchImageReferences: fc.array(fc.record({ glob: secret })),
    })
    .map((spec) => policy('ImageValidatingPolicy', spec)),
  fc
    .record({
      ...common,
      ...conditions,
      mutations: fc.constant([{ patchType: 'JSONPatch', jsonPatch: { expression: 'qqqq' } }]),
    })
    .map((spec) => policy('MutatingPolicy', spec)),
  fc
    .record({ ...common, ...conditions, generate: fc.array(fc.record({ expression: secret }), { minLength: 1 }) })
    .map((spec) => policy('GeneratingPolicy', spec)),
  fc
    .record({ ...common, conditions: fc.array(condition), schedule: secret })
    .map((spec) => policy('DeletingPolicy', spec)),
);

test('a summary tells neither selectors nor expressions nor images nor what a policy says', () => {
  fc.assert(
    fc.property(policies, (object) => {
      const { constraints, problems } = readTogether(kyvernoCel, [object]);
      expect(problems).toEqual([]);
      expect(constraints).toHaveLength(1);
      for (const { summary } of constraints) expect(summary).not.toMatch(/[qxz]{2}/);
    }),
  );
});

test('of an attestor nothing but its name and its kind is kept', () => {
  const attestors = [{ name: 'release', cosign: { key: { data: 'qqqq' }, keyless: { identities: ['qqqq'] } } }];
  const spec = { matchConstraints: { resourceRules: [pods] }, attestors, validations: [{ expression: 'true' }] };
  expect(JSON.stringify(readTogether(kyvernoCel, [policy('ImageValidatingPolicy', spec)]))).not.toContain('qqqq');
});

test('a policy of a namespace never binds another one, whatever its rules are', () => {
  const names = fc.subarray(['pods', 'namespaces', '*', '*/*', 'clusterroles', 'nodes/status'], { minLength: 1 });
  const rule = fc.record(
    { resources: names, scope: fc.constantFrom('*', 'Cluster', 'Namespaced'), resourceNames: fc.subarray(['shop']) },
    { requiredKeys: ['resources'] },
  );
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), (rules) => {
      const resourceRules = rules.map((each) => ({
        operations: ['*'],
        apiGroups: ['*'],
        apiVersions: ['*'],
        ...each,
      }));
      const spec = { matchConstraints: { resourceRules }, validations: [{ expression: 'true' }] };
      const { constraints } = readTogether(kyvernoCel, [policy('NamespacedValidatingPolicy', spec, 'shop')]);
      for (const { scope } of constraints) {
        expect(scope.namespaces.names).toEqual(['shop']);
        for (const { scope: reach, names: own } of scope.admission?.[0]?.rules ?? []) {
          expect(reach === 'Namespaced' || own?.join() === 'shop').toBe(true);
        }
      }
    }),
  );
});

test('the order of exceptions makes no difference, and many of them are told as far as they fit', () => {
  const spec = { matchConstraints: { resourceRules: [pods] }, validations: [{ expression: 'true' }] };
  const exceptions = Array.from({ length: 200 }, (_, index) =>
    asStored({
      apiVersion: 'policies.kyverno.io/v1',
      kind: 'PolicyException',
      metadata: { name: `e${index}`, namespace: 'shop' },
      spec: { policyRefs: [{ kind: 'ValidatingPolicy', name: 'p' }] },
    }),
  );
  const own = policy('ValidatingPolicy', spec);
  const [constraint] = readTogether(kyvernoCel, [own, ...exceptions]).constraints;
  expect(constraint?.message).toMatch(/ honours PolicyException shop\/e0, .* … and \d+ more exceptions; /);
  expect(constraint?.scope.admission?.[0]?.exceptions).toHaveLength(51);
  expect(constraint?.scope.admission?.[0]?.exceptions?.at(-1)).toMatchObject({ conditional: '150 more exceptions' });
  const reversed = readTogether(kyvernoCel, [...exceptions.toReversed(), own]).constraints;
  expect(reversed).toEqual([constraint]);
});

test('a policy of a megabyte is told in a message that ends', () => {
  const rules = Array.from({ length: 80 }, (_, index) => ({ ...pods, resources: [`kinds${index}`] }));
  const many = Array.from({ length: 3_000 }, (_, index) => ({ expression: `object.spec.a${index} == 'b'`.repeat(6) }));
  const spec = { matchConstraints: { resourceRules: rules }, validations: many };
  const [constraint] = readTogether(kyvernoCel, [policy('ValidatingPolicy', spec)]).constraints;
  expect(constraint?.message).toMatch(/ more kinds are checked by policy p, .* … and \d+ more expressions$/);
  expect(constraint?.rule).toMatchObject({ validations: { length: 3_000 } });
});

test('more rules than anybody writes are not read: the policy may be about everything', () => {
  const rules = Array.from({ length: 3_000 }, (_, index) => ({ ...pods, resources: [`kinds${index}`] }));
  const spec = { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'false' }] };
  const { constraints, problems } = readTogether(kyvernoCel, [policy('ValidatingPolicy', spec)]);
  expect(constraints).toMatchObject([{ effect: 'unknown', scope: { unread: ['/spec/matchConstraints'] } }]);
  expect(constraints[0]?.scope.admission?.[0]).not.toHaveProperty('rules');
  expect(problems).toMatchObject([{ path: 'spec.matchConstraints' }]);
});
