import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { asStored, caseFolders, loadCases, type StoredObject } from '../../crds/cases/load-cases.ts';
import { Constraint } from '../../crds/constraint.ts';
import { mutate } from '../testing/mutate.ts';
import { adapters } from './all.ts';
import { readCase } from '../testing/read-case.ts';
import { type Adapter, messageLengthMax, type Reading, summaryLengthMax } from './define.ts';
import { genericAdapter, genericId } from './generic.ts';
import { readTogether } from './join.ts';
import { settled } from './settled.ts';

describe.each(adapters)('$id', (adapter) => {
  test.each(loadCases(adapter.id))('$name: $why', (example) => {
    const { read, parts, partsGiven } = readCase(adapter, example);
    expect(read).toMatchObject({ constraints: example.constraints, problems: example.problems });
    expect(parts).toEqual(partsGiven);
  });

  test('names what cannot be read of an object that is none of its kind, and does not throw', () => {
    for (const unreadable of [undefined, null, 7, 'text', [], {}, { metadata: null }]) {
      const { constraints, problems } = adapter.read(unreadable);
      expect(constraints).toEqual([]);
      expect(problems.length).toBeGreaterThan(0);
    }
    expect(adapter.read({ apiVersion: 'v1', kind: 'Any', metadata: { name: 'x' } })).toMatchObject({
      constraints: [],
      problems: expect.arrayContaining([expect.objectContaining({ object: 'Any x', path: 'metadata.uid' })]),
    });
  });

  test('has cases that impose something, and cases or objects that impose nothing', () => {
    const counts = loadCases(adapter.id).flatMap(({ objects }) => [
      readTogether(adapter, objects.map(asStored)).constraints.length,
      ...objects.map((object) => readTogether(adapter, [asStored(object)]).constraints.length),
    ]);
    expect(counts.some((count) => count > 0)).toBe(true);
    expect(counts).toContain(0);
  });
});

test('every adapter has cases, and every folder of cases has an adapter', () => {
  expect([...adapters.map(({ id }) => id), genericId].toSorted()).toEqual(caseFolders());
});

test('the list is sorted by id, and no two adapters read the same kind', () => {
  const ids = adapters.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].toSorted());
  const read = adapters.flatMap(({ resources }) => resources.map(({ group, plural }) => `${plural}.${group}`));
  expect(read).toEqual([...new Set(read)]);
});

/** Each case with its adapter. */
const examples = [
  ...adapters.flatMap((adapter) => loadCases(adapter.id).map(({ objects }) => ({ adapter, objects }))),
  ...loadCases(genericId).map(({ profile, objects }) => ({
    adapter: genericAdapter({ group: 'guards.example.com', plural: 'guardrails' }, profile),
    objects,
  })),
];
/** The objects of all cases, each with the others of its case. */
const samples = examples.flatMap(({ adapter, objects }) =>
  objects.map((object) => ({
    adapter,
    object: asStored(object),
    others: objects.filter((other) => other !== object).map(asStored),
  })),
);

type Json = unknown;

const Uid = z.object({ metadata: z.object({ uid: z.string() }) });

/** The same JSON with the keys of every object in another order. */
function reordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reordered(item)]),
  );
}

function expectSound(adapter: Adapter, object: Json, others: readonly Json[] = []): void {
  const reading = readTogether(adapter, [object, ...others]);
  expect(new Set(reading.constraints.map(({ id }) => id)).size).toBe(reading.constraints.length);
  for (const constraint of reading.constraints) {
    const plain = settled(constraint, undefined);
    expect(Constraint.parse(plain)).toEqual(plain);
    for (const text of [constraint.summary, constraint.message]) expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(constraint.summary.length).toBeLessThanOrEqual(summaryLengthMax);
    expect(constraint.message.length).toBeLessThanOrEqual(messageLengthMax);
  }
  for (const problem of reading.problems) {
    expect(problem.object.length + problem.path.length + problem.message.length).toBeLessThanOrEqual(900);
  }
  for (const same of [structuredClone(object), reordered(object)]) {
    expect(JSON.stringify(readTogether(adapter, [same, ...others]))).toBe(JSON.stringify(reading));
  }
  const idsOf = ({ constraints }: Reading) => constraints.map(({ id }) => id).toSorted();
  expect(idsOf(readTogether(adapter, [...others, object].toReversed()))).toEqual(idsOf(reading));
}

function idsByPlace(adapter: Adapter, objects: readonly Json[]): ReadonlyMap<string, string> {
  const { constraints } = readTogether(adapter, objects);
  return new Map(constraints.map(({ id, key, source }) => [[source.namespace, source.name, key].join('/'), id]));
}

const anyAdapter = fc.constantFrom(...new Set(examples.map(({ adapter }) => adapter)));
const anyMutation = fc.record({
  path: fc.array(fc.nat({ max: 12 }), { maxLength: 9 }),
  replacement: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, '', 0, -1, [], {}, 'é\u2028\n\0', '𝒳'.repeat(700)),
  ),
});

test('any JSON is read without throwing', () => {
  fc.assert(
    fc.property(anyAdapter, fc.jsonValue({ maxDepth: 5 }), (adapter, json) => expectSound(adapter, json)),
    { numRuns: 500 },
  );
});

test('any spec, status and metadata in an object with a name are read without throwing', () => {
  const anyObject = fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.string(),
    metadata: fc.record(
      {
        name: fc.string(),
        namespace: fc.string(),
        uid: fc.uuid(),
        labels: fc.dictionary(fc.constantFrom('pod-security.kubernetes.io/enforce', 'a', '__proto__'), fc.string()),
      },
      { requiredKeys: ['name', 'namespace', 'uid'] },
    ),
    spec: fc.jsonValue(),
    status: fc.jsonValue(),
  });
  fc.assert(
    fc.property(anyAdapter, anyObject, (adapter, object) => expectSound(adapter, object)),
    { numRuns: 500 },
  );
});

test('any change to a policy leaves constraints that hold to the schema, with ids that do not depend on it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(anyMutation, { minLength: 1, maxLength: 4 }),
      (sample, changes) => {
        let object: Json = sample.object;
        for (const { path, replacement } of changes) object = mutate(object, path, replacement);
        expectSound(sample.adapter, object, sample.others);

        if (Uid.safeParse(object).data?.metadata.uid !== sample.object.metadata.uid) return;
        const before = idsByPlace(sample.adapter, [sample.object, ...sample.others]);
        for (const [place, id] of idsByPlace(sample.adapter, [object, ...sample.others])) {
          expect(before.get(place) ?? id).toBe(id);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('two objects of the same name but another uid have other ids', () => {
  const renewed = (object: StoredObject) => ({
    ...object,
    metadata: { ...object.metadata, uid: `another ${object.metadata.uid}` },
  });
  for (const { adapter, object, others } of samples) {
    const objects = [object, ...others];
    const ids = new Set(idsByPlace(adapter, objects).values());
    for (const id of idsByPlace(adapter, objects.map(renewed)).values()) expect(ids.has(id)).toBe(false);
  }
});

describe('a NetworkPolicy', () => {
  const networkPolicy = adapters.find(({ id }) => id === 'networkpolicy');
  const short = { maxLength: 3 };
  const label = fc.constantFrom('qqqq', 'xqz', 'zzqx', 'xx');
  const selector = fc.record(
    {
      matchLabels: fc.dictionary(label, label, { maxKeys: 2 }),
      matchExpressions: fc.array(
        fc.record({ key: label, operator: fc.constantFrom('In', 'Exists'), values: fc.array(label) }),
      ),
    },
    { requiredKeys: [] },
  );
  const cidr = fc.tuple(fc.ipV4(), fc.integer({ min: 8, max: 32 })).map(([ip, length]) => `${ip}/${length}`);
  const peer = fc.oneof(
    fc.record({ podSelector: selector, namespaceSelector: selector }, { requiredKeys: ['podSelector'] }),
    fc.record({ ipBlock: fc.record({ cidr, except: fc.array(cidr, short) }) }),
  );
  const port = fc.record(
    { port: fc.oneof(fc.integer({ min: 1, max: 65_535 }), label), protocol: fc.constantFrom('TCP', 'UDP', 'SCTP') },
    { requiredKeys: [] },
  );
  const policy = fc.record({
    podSelector: selector,
    ingress: fc.array(
      fc.record({ from: fc.array(peer, short), ports: fc.array(port, short) }, { requiredKeys: [] }),
      short,
    ),
    egress: fc.array(
      fc.record({ to: fc.array(peer, short), ports: fc.array(port, short) }, { requiredKeys: [] }),
      short,
    ),
  });

  function read(spec: unknown) {
    const object = { kind: 'NetworkPolicy', metadata: { name: 'p', namespace: 'n' }, spec };
    const reading = networkPolicy?.read(asStored({ apiVersion: 'networking.k8s.io/v1', ...object }));
    if (reading === undefined) throw new Error('no adapter networkpolicy');
    return reading;
  }

  test('is summed up without its ports, names, addresses and selectors', () => {
    fc.assert(
      fc.property(policy, (spec) => {
        const { constraints, problems } = read(spec);
        expect(problems).toEqual([]);
        for (const { summary } of constraints) expect(summary).not.toMatch(/[0-9/=(!]|[qxz]{2}|TCP|UDP|SCTP/);
      }),
      { numRuns: 500 },
    );
  });

  test('with hundreds of rules has a message that says how many it leaves out', () => {
    const ingress = Array.from({ length: 300 }, (_, index) => ({
      from: [{ podSelector: { matchLabels: { app: `client-${index}` } } }],
      ports: [{ port: 8_000 + index }],
    }));
    const [constraint] = read({ podSelector: { matchLabels: { app: 'web' } }, ingress }).constraints;
    expect(constraint?.message.length).toBeLessThanOrEqual(1_024);
    expect(constraint?.message).toMatch(/ … and 2\d\d more rules; other policies may allow more$/);
    expect(constraint?.rule).toMatchObject({ clauses: { length: 300 } });
  });

  test('with hundreds of peers and ports in one rule has a message that says how many it leaves out', () => {
    const from = Array.from({ length: 300 }, (_, index) => ({ ipBlock: { cidr: `10.0.${index % 256}.0/24` } }));
    const ports = Array.from({ length: 300 }, (_, index) => ({ port: 8_000 + index }));
    const [constraint] = read({ podSelector: {}, ingress: [{ from, ports }] }).constraints;
    expect(constraint?.message).toMatch(
      / … and 2\d\d more peers on TCP 8000, .* … and 2\d\d more ports; other policies may allow more$/,
    );
  });
});
