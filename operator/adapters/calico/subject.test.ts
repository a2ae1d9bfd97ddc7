import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asStored } from '../../../crds/cases/load-cases.ts';
import { holdsExpression } from '../../../kube/label-expression.ts';
import { matchesLabels } from '../../../kube/label-selector.ts';
import { bindsNamespace } from '../../scope/namespace-scope.ts';
import { readTogether } from '../join.ts';
import { calico } from './calico.ts';
import { subjectOf } from './subject.ts';

type Labels = Readonly<Record<string, string>>;

interface Pod {
  readonly labels: Labels;
  readonly namespace: { readonly name: string; readonly labels: Labels };
  readonly account: { readonly name: string; readonly labels: Labels };
}

const value = fc.constantFrom('a', 'b', 'ab');
const labels = fc.dictionary(fc.constantFrom('x', 'y'), value, { maxKeys: 2 });
const somewhere = fc.record({ name: fc.constantFrom('a', 'b', 'shop'), labels });
const pod: fc.Arbitrary<Pod> = fc.record({ labels, namespace: somewhere, account: somewhere });

/** One test on one label, as text and as what it says. */
interface Atom {
  readonly text: (key: string) => string;
  readonly holds: (value: string | undefined) => boolean;
}
const atom: fc.Arbitrary<Atom> = fc.oneof(
  value.map((one) => ({ text: (key: string) => `${key} == '${one}'`, holds: (is?: string) => is === one })),
  value.map((one) => ({ text: (key: string) => `${key} != '${one}'`, holds: (is?: string) => is !== one })),
  fc.constant({ text: (key: string) => `has(${key})`, holds: (is?: string) => is !== undefined }),
  fc.constant({ text: (key: string) => `!has(${key})`, holds: (is?: string) => is === undefined }),
  value.map((one) => ({
    text: (key: string) => `${key} starts with '${one}'`,
    holds: (is?: string) => is?.startsWith(one) === true,
  })),
);

/** Two tests on labels as a selector, on the labels that are found below the keys. */
const selector = fc.record({
  keys: fc.tuple(fc.constantFrom('x', 'y', 'name'), fc.constantFrom('x', 'y', 'name')),
  atoms: fc.tuple(atom, atom),
  operator: fc.constantFrom('&&', '||'),
});

interface Field {
  readonly text: string;
  readonly holds: (labels: Labels) => boolean;
}

function fieldOf({ keys, atoms, operator }: typeof selector extends fc.Arbitrary<infer S> ? S : never): Field {
  const full = keys.map((key) => (key === 'name' ? 'projectcalico.org/name' : key));
  return {
    text: atoms.map((one, index) => one.text(full[index] ?? '')).join(` ${operator} `),
    holds: (found) => {
      const holds = atoms.map((one, index) => one.holds(found[full[index] ?? '']));
      return operator === '&&' ? holds.every(Boolean) : holds.some(Boolean);
    },
  };
}

const named = ({ name, labels: own }: Pod['namespace']) => ({ ...own, 'projectcalico.org/name': name });

test('namespaces and pods are bound that all selectors of a policy mean, and no others', () => {
  fc.assert(
    fc.property(selector, selector, selector, pod, fc.boolean(), (own, ofAccount, ofNamespace, one, isGlobal) => {
      const [pods, accounts, namespaces] = [own, ofAccount, ofNamespace].map(fieldOf);
      if (pods === undefined || accounts === undefined || namespaces === undefined) throw new Error('three fields');
      const home = isGlobal ? undefined : 'shop';
      const spec = {
        selector: pods.text,
        serviceAccountSelector: accounts.text,
        ...(isGlobal ? { namespaceSelector: namespaces.text } : {}),
      };
      const meant =
        pods.holds(one.labels) &&
        accounts.holds(named(one.account)) &&
        (isGlobal ? namespaces.holds(named(one.namespace)) : one.namespace.name === 'shop');

      const subject = subjectOf(spec, home);
      expect(subject.faults).toEqual([]);
      const bound = subject.pods;
      const where = { ...one.namespace.labels, 'kubernetes.io/metadata.name': one.namespace.name };
      const binds =
        bound !== undefined &&
        bindsNamespace(bound.namespaces, { name: one.namespace.name, labels: where }) &&
        matchesLabels(bound.workloads.selector ?? {}, one.labels) &&
        (bound.workloads.serviceAccounts?.includes(one.account.name) ?? true) &&
        (bound.workloads.expression === undefined ||
          holdsExpression(bound.workloads.expression, {
            own: one.labels,
            namespace: where,
            serviceAccount: named(one.account),
          }) === true);
      expect(binds, JSON.stringify(spec)).toBe(meant);
    }),
    { numRuns: 3_000 },
  );
});

describe('a policy of a megabyte', () => {
  const policy = (spec: unknown) =>
    readTogether(calico, [
      asStored({
        apiVersion: 'projectcalico.org/v3',
        kind: 'GlobalNetworkPolicy',
        metadata: { name: 'large' },
        spec: { types: ['Ingress'], ...Object(spec) },
      }),
    ]);

  test('of addresses on both sides is not multiplied', () => {
    const nets = Array.from({ length: 20_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const rule = { action: 'Allow', source: { nets }, destination: { nets } };
    const { constraints, problems } = policy({ ingress: [rule] });
    expect(constraints[0]?.rule).toMatchObject({ clauses: [{ unread: ['/spec/ingress/0'] }] });
    expect(problems).toMatchObject([{ path: 'spec.ingress[0]' }]);
  });

  test('of addresses beside a long selector is not multiplied', () => {
    const nets = Array.from({ length: 20_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const values = Array.from({ length: 5_000 }, (_, index) => `'v${index}'`);
    const rule = { action: 'Allow', source: { nets, selector: `x in {${values.join(',')}}` } };
    expect(policy({ ingress: [rule] }).problems).toMatchObject([{ path: 'spec.ingress[0]' }]);
  });

  test('of addresses alone is read whole', () => {
    const nets = Array.from({ length: 60_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const { constraints, problems } = policy({ ingress: [{ action: 'Deny', source: { nets } }] });
    expect(problems).toEqual([]);
    expect(constraints[0]?.rule).toMatchObject({ clauses: [{ peers: { length: 60_000 } }] });
  });

  test('of rules of which none is understood says so once', () => {
    const { constraints, problems } = policy({ ingress: Array.from({ length: 50_000 }, () => ({ action: 'x' })) });
    expect(constraints[0]?.effect).toBe('unknown');
    expect(problems.length).toBeLessThanOrEqual(20);
  });
});
