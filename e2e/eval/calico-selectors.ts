/**
 * Random selectors of Calico: a tree of demands beside the text that stands in a policy.
 */
import * as fc from 'fast-check';

export type Labels = Readonly<Record<string, string>>;

/** A selector as a tree, beside the text that stands in a policy. */
export interface Selector {
  readonly text: string;
  readonly holds: (labels: Labels) => boolean;
}

export const all: Selector = { text: 'all()', holds: () => true };
const keys = ['app', 'team'];
const values = ['a', 'b', 'ab'];
export const key = fc.constantFrom(...keys);
export const value = fc.constantFrom(...values);
const someValues = fc.uniqueArray(value, { maxLength: 2 });

function comparison(label: fc.Arbitrary<string>, text: fc.Arbitrary<string>, list: fc.Arbitrary<string[]>) {
  const set = (given: readonly string[]) => `{${given.map((one) => `'${one}'`).join(', ')}}`;
  return fc.oneof(
    fc.tuple(label, text).map(([k, v]): Selector => ({ text: `${k} == '${v}'`, holds: (of) => of[k] === v })),
    fc.tuple(label, text).map(([k, v]): Selector => ({ text: `${k} != "${v}"`, holds: (of) => of[k] !== v })),
    fc.tuple(label, list).map(
      ([k, v]): Selector => ({
        text: `${k} in ${set(v)}`,
        holds: (of) => of[k] !== undefined && v.includes(of[k]),
      }),
    ),
    fc.tuple(label, list).map(
      ([k, v]): Selector => ({
        text: `${k} not in ${set(v)}`,
        holds: (of) => of[k] === undefined || !v.includes(of[k]),
      }),
    ),
    fc.tuple(label, text).map(
      ([k, v]): Selector => ({
        text: `${k} contains '${v}'`,
        holds: (of) => of[k]?.includes(v) === true,
      }),
    ),
    fc.tuple(label, text).map(
      ([k, v]): Selector => ({
        text: `${k} starts with '${v}'`,
        holds: (of) => of[k]?.startsWith(v) === true,
      }),
    ),
    label.map((k): Selector => ({ text: `has(${k})`, holds: (of) => of[k] !== undefined })),
  );
}

function selectorOf(leaf: fc.Arbitrary<Selector>): fc.Arbitrary<Selector> {
  const not = leaf.map(({ text, holds }): Selector => ({ text: `!(${text})`, holds: (of) => !holds(of) }));
  const simple = fc.oneof(leaf, leaf, not);
  return fc.oneof(
    simple,
    fc.tuple(simple, simple).map(
      ([a, b]): Selector => ({
        text: `${a.text} && ${b.text}`,
        holds: (of) => a.holds(of) && b.holds(of),
      }),
    ),
    fc.tuple(simple, simple, simple).map(
      ([a, b, c]): Selector => ({
        text: `(${a.text} || ${b.text}) && ${c.text}`,
        holds: (of) => (a.holds(of) || b.holds(of)) && c.holds(of),
      }),
    ),
    fc.tuple(simple, simple, simple).map(
      ([a, b, c]): Selector => ({
        text: `!(${a.text} || ${b.text} && ${c.text})`,
        holds: (of) => !(a.holds(of) || (b.holds(of) && c.holds(of))),
      }),
    ),
  );
}

export const namespaceNames = ['east', 'west'];
export const name = fc.constantFrom(...namespaceNames);
export const accounts = ['default', 'runner'];
const leaf = fc.oneof(
  { arbitrary: comparison(key, value, someValues), weight: 4 },
  { arbitrary: comparison(fc.constant('projectcalico.org/namespace'), name, fc.uniqueArray(name)), weight: 1 },
  { arbitrary: comparison(fc.constantFrom('pcns.team', 'pcsa.team'), value, someValues), weight: 1 },
  {
    arbitrary: comparison(
      fc.constant('projectcalico.org/serviceaccount'),
      fc.constantFrom(...accounts),
      fc.uniqueArray(fc.constantFrom(...accounts)),
    ),
    weight: 1,
  },
  { arbitrary: fc.constant(all), weight: 1 },
);
export const onOwn = selectorOf(leaf);
export const onNamespace = selectorOf(
  fc.oneof(
    comparison(fc.constant('team'), value, someValues),
    comparison(fc.constant('projectcalico.org/name'), name, fc.uniqueArray(name)),
    comparison(fc.constant('kubernetes.io/metadata.name'), name, fc.uniqueArray(name)),
  ),
);
export const onAccount = selectorOf(comparison(fc.constant('team'), value, someValues));
