import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { Constraint } from '../../crds/constraint.ts';
import { bindsNamespace } from '../scope/namespace-scope.ts';
import { readTogether } from './join.ts';
import type { KnownParameters, ParameterHead } from './parameters.ts';
import { settled } from './settled.ts';
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts';

interface Situation {
  readonly namespaced: boolean;
  readonly objects: readonly ParameterHead[];
  readonly ref: { readonly name?: string; readonly selector?: { readonly matchLabels?: Record<string, string> } };
  readonly namespace: string | undefined;
  readonly notFound: 'Allow' | 'Deny' | undefined;
  readonly failurePolicy: 'Fail' | 'Ignore';
}

const names = fc.constantFrom('a', 'b');
const places = fc.constantFrom('shop', 'pay');
const labels = fc.constantFrom<Record<string, string>>({}, { tier: 'web' });
const situations: fc.Arbitrary<Situation> = fc
  .record({
    namespaced: fc.boolean(),
    objects: fc.uniqueArray(fc.record({ name: names, namespace: places, labels }), {
      selector: ({ name, namespace }) => `${namespace}/${name}`,
    }),
    ref: fc.constantFrom({ name: 'a' }, { selector: {} }, { selector: { matchLabels: { tier: 'web' } } }),
    namespace: fc.option(places, { nil: undefined }),
    notFound: fc.constantFrom('Allow' as const, 'Deny' as const, undefined),
    failurePolicy: fc.constantFrom('Fail' as const, 'Ignore' as const),
  })
  .map(({ objects, ...rest }) => ({
    ...rest,
    objects: rest.namespaced ? objects : objects.map(({ name, labels: own }) => ({ name, labels: own })),
  }));

/** What is said of all requests for every kind of object, with a policy and a binding in that situation. */
function constraintsOf({ namespaced, objects, ref, namespace, notFound, failurePolicy }: Situation): Constraint[] {
  const head = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: 'p' } };
  const rule = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] };
  const paramRef = {
    ...ref,
    ...(namespace === undefined ? {} : { namespace }),
    ...(notFound === undefined ? {} : { parameterNotFoundAction: notFound }),
  };
  const policy = {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: 'true' }],
    paramKind: { apiVersion: 'example.org/v1', kind: 'Limit' },
    failurePolicy,
  };
  const binding = { policyName: 'p', validationActions: ['Deny'], paramRef };
  const known: KnownParameters = { state: 'read', namespaced, objects: () => objects };
  const { constraints, problems } = readTogether(
    validatingAdmissionPolicy,
    [
      asStored({ ...head, kind: 'ValidatingAdmissionPolicy', spec: policy }),
      asStored({ ...head, kind: 'ValidatingAdmissionPolicyBinding', spec: binding }),
    ],
    () => known,
  );
  expect(problems).toEqual([]);
  return constraints.map((constraint) => Constraint.parse(settled(constraint, undefined)));
}

/** As CollectParams of the API server does it, request by request; '' is no namespace. */
function outcomeOf(
  { namespaced, objects, ref, namespace, notFound, failurePolicy }: Situation,
  requestNamespace: string,
): 'judged' | 'refused' | 'nothing' {
  const fault = failurePolicy === 'Fail' ? 'refused' : 'nothing';
  const place = namespaced ? (namespace ?? requestNamespace) : undefined;
  if (place === '' || (!namespaced && namespace !== undefined)) return fault;
  const tier = ref.selector?.matchLabels?.['tier'];
  const found = objects.filter(
    (object) =>
      object.namespace === place &&
      (ref.name === undefined ? tier === undefined || object.labels['tier'] === tier : object.name === ref.name),
  );
  if (found.length > 0) return 'judged';
  return notFound === 'Deny' ? fault : 'nothing';
}

test('what is said of each namespace is what the API server does to a request there', () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const constraints = constraintsOf(situation);
      expect(new Set(constraints.map(({ id }) => id)).size).toBe(constraints.length);
      for (const name of ['shop', 'pay', 'bank']) {
        const bound = constraints.filter(({ scope }) => bindsNamespace(scope.namespaces, { name, labels: {} }));
        const said = bound.map(({ rule }) => (rule.form === 'cel' && rule.broken !== undefined ? 'refused' : 'judged'));
        const expected = outcomeOf(situation, name);
        expect(said).toEqual(expected === 'nothing' ? [] : [expected]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('what is said of requests in no namespace is what the API server does to them', () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const rules = constraintsOf(situation).flatMap(({ rule }) => (rule.form === 'cel' ? [rule] : []));
      const needsNamespace = situation.namespaced && situation.namespace === undefined;
      const refused = rules.some(({ broken }) => broken === 'noNamespace' || (broken !== undefined && !needsNamespace));
      expect(refused).toBe(outcomeOf(situation, '') === 'refused');
    }),
    { numRuns: 1_000 },
  );
});

test('a change of what the parameters are moves no id', () => {
  fc.assert(
    fc.property(situations, situations, (one, other) => {
      const idsOf = (situation: Situation) => new Map(constraintsOf(situation).map(({ key, id }) => [key, id]));
      const before = idsOf(one);
      for (const [key, id] of idsOf(other)) expect(before.get(key) ?? id).toBe(id);
    }),
    { numRuns: 200 },
  );
});
