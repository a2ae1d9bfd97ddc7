import { expect, test } from 'vitest';
import * as z from 'zod';
import type { Adapter, Part } from '../adapters/define.ts';
import { defineJoinedKind, defineJoiningAdapter, headOf, readTogether } from '../adapters/join.ts';
import { noParametersRead } from '../adapters/parameters.ts';
import { createScopeIndex } from '../scope/scope-index.ts';
import { createPolicies } from './policies.ts';

type Value =
  | { readonly is: 'rule'; readonly head: ReturnType<typeof headOf> }
  | { readonly is: 'settings'; readonly exempt: readonly string[] };

/** Rules that bind every namespace, but those that the settings of all of them name. */
const adapter: Adapter = defineJoiningAdapter<Value>({
  id: 'example',
  resources: [{ group: 'example.io', plural: 'rules' }],
  kinds: [
    defineJoinedKind({
      kind: 'Rule',
      fields: {},
      parts: (object): { parts: Part<Value>[] } => ({
        parts: [{ key: object.metadata.name, value: { is: 'rule', head: headOf(object) } }],
      }),
    }),
    defineJoinedKind({
      kind: 'Settings',
      fields: { exempt: z.array(z.string()) },
      parts: ({ exempt }): { parts: Part<Value>[]; shared: Value[] } => ({
        parts: [],
        shared: [{ is: 'settings', exempt }],
      }),
    }),
  ],
  join(values) {
    const excluded = values.flatMap((value) => (value.is === 'settings' ? value.exempt : []));
    return values.flatMap((value) =>
      value.is === 'settings'
        ? []
        : {
            source: value.head,
            drafts: [
              {
                key: 'rule',
                type: 'Unknown',
                severity: 'Info',
                effect: 'unknown',
                summary: 'A rule',
                message: 'A rule',
                scope: { namespaces: excluded.length === 0 ? {} : { excluded } },
                rule: { form: 'opaque', fields: [] },
              },
            ],
          },
    );
  },
});

const PartsOf = z.array(z.object({ key: z.string(), value: z.string(), hears: z.string().exactOptional() }));
const metadata = (name: string) => ({ name, uid: name });
const rule = (name: string) => ({ apiVersion: 'example.io/v1', kind: 'Rule', metadata: metadata(name) });
const settings = (...exempt: string[]) => ({
  apiVersion: 'example.io/v1',
  kind: 'Settings',
  metadata: metadata('settings'),
  exempt,
});

test('what is shared changes every join of its adapter, whichever comes first, and not when it says the same', () => {
  const scopes = createScopeIndex();
  for (const name of ['a', 'b']) scopes.setNamespace({ name, labels: {} });
  const policies = createPolicies({
    scopes,
    onProblem: () => undefined,
    parameters: noParametersRead,
    onParameterKinds: () => undefined,
  });
  const set = (name: string, object: unknown) => [...policies.set(adapter, name, adapter.read(object))].toSorted();
  const bound = (namespace: string) => [...scopes.boundTo(namespace)].map(({ name }) => name).toSorted();

  set('one', rule('one'));
  expect(set('settings', settings('a'))).toEqual(['a']);
  set('two', rule('two'));
  expect([bound('a'), bound('b')]).toEqual([[], ['one', 'two']]);
  expect(set('settings', settings('a'))).toEqual([]);
  expect(set('settings', settings('b'))).toEqual(['a', 'b']);
  expect(bound('a')).toEqual(['one', 'two']);
  expect([...policies.remove(adapter, 'settings')]).toEqual(['b']);
  expect(bound('b')).toEqual(['one', 'two']);
  policies.remove(adapter, 'one');
  policies.remove(adapter, 'two');
  expect([...scopes.all()]).toEqual([]);
});

test('objects read together hear what is shared', () => {
  const { constraints } = readTogether(adapter, [rule('one'), settings('a')]);
  expect(constraints.map(({ scope }) => scope.namespaces)).toEqual([{ excluded: ['a'] }]);
});

test('an object whose parts are as before is joined with nothing', () => {
  const joined: number[] = [];
  const counting: Adapter = {
    ...adapter,
    join(values, parameters) {
      joined.push(values.length);
      return adapter.join?.(values, parameters) ?? { constraints: [], problems: [] };
    },
  };
  const policies = createPolicies({
    scopes: createScopeIndex(),
    onProblem: () => undefined,
    parameters: noParametersRead,
    onParameterKinds: () => undefined,
  });
  const set = (object: unknown) => policies.set(counting, 'one', counting.read(object));
  set(rule('one'));
  set({ ...rule('one'), status: { seen: 7 } });
  expect(joined).toEqual([1]);
  set({ ...rule('one'), metadata: { ...metadata('one'), uid: 'another' } });
  policies.remove(counting, 'one');
  expect(joined).toEqual([1, 1, 0]);
});

test('each policy of many that hear one template is joined by itself, all when the template comes, changes or goes', () => {
  const joined: string[] = [];
  const counting: Adapter = {
    id: 'counting',
    resources: [],
    read: (object) => ({ constraints: [], problems: [], parts: PartsOf.parse(object) }),
    join(values) {
      joined.push(values.map(String).toSorted().join(' '));
      return { constraints: [], problems: [] };
    },
  };
  const policies = createPolicies({
    scopes: createScopeIndex(),
    onProblem: () => undefined,
    parameters: noParametersRead,
    onParameterKinds: () => undefined,
  });
  const set = (name: string, ...parts: Part<string>[]) => {
    joined.length = 0;
    policies.set(counting, name, counting.read(parts));
    return joined.toSorted();
  };
  const follower = (name: string, hears = 'template') => ({ key: name, value: name, hears });

  expect(set('a', follower('a'))).toEqual(['a']);
  expect(set('b', follower('b'))).toEqual(['b']);
  expect(set('t', { key: 'template', value: 't1' })).toEqual(['a t1', 'b t1', 't1']);
  expect(set('c', follower('c'))).toEqual(['c t1']);
  expect(set('b', follower('b', 'another'))).toEqual(['b']);
  expect(set('t', { key: 'template', value: 't2' })).toEqual(['a t2', 'c t2', 't2']);
  expect(set('t')).toEqual(['', 'a', 'c']);
  expect(set('a')).toEqual(['']);
  expect(set('t', { key: 'template', value: 't3' })).toEqual(['c t3', 't3']);
});
