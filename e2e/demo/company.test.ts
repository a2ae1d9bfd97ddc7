import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { asStored } from '../../crds/cases/load-cases.ts';
import { ConstraintProfile } from '../../crds/profile.ts';
import { resourceName } from '../../kube/resource.ts';
import { aggregationLabel } from '../../operator/adapter-health.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { builtInGroups } from '../../operator/adapters/built-in-groups.ts';
import type { Adapter } from '../../operator/adapters/define.ts';
import { genericAdapter, genericId } from '../../operator/adapters/generic.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import { isPolicyByName } from '../../operator/adapters/policy-hints.ts';
import { adapterOf } from '../../operator/discovery/decide-kinds.ts';
import { isPolicyAnnotation } from '../../operator/discovery/definitions.ts';
import { at } from '../control-plane/admin.ts';
import { readObjects } from '../programs.ts';

const objects = z
  .array(z.record(z.string(), z.unknown()))
  .parse(readObjects(fileURLToPath(new URL('samples', import.meta.url))));
const ofKind = (kind: unknown) => objects.filter((object) => object['kind'] === kind);

const definitions = ofKind('CustomResourceDefinition').map((definition) => ({
  group: String(at(definition, 'spec', 'group')),
  plural: String(at(definition, 'spec', 'names', 'plural')),
  kind: String(at(definition, 'spec', 'names', 'kind')),
  isPolicy: at(definition, 'metadata', 'annotations', isPolicyAnnotation),
}));
const ofEngine = (definition: { readonly group: string; readonly plural: string }) =>
  adapterOf(definition, adapters) !== undefined;

/** `plural.group`, as the kinds of the samples and of the adapters are named. */
function resourceOf(object: unknown): string {
  const version = String(at(object, 'apiVersion'));
  const kind = String(at(object, 'kind'));
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
  const defined = definitions.find((definition) => definition.group === group && definition.kind === kind)?.plural;
  const lower = kind.toLowerCase();
  return resourceName({ group, plural: defined ?? (lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`) });
}

/** What an adapter makes of the samples of its kinds. */
function read(adapter: Adapter) {
  const names = adapter.resources.map(resourceName);
  const groups = adapter.resources.flatMap(({ group, plural }) => (plural === '*' ? [`.${group}`] : []));
  const own = objects.filter((object) => {
    const name = resourceOf(object);
    return names.includes(name) || groups.some((group) => name.endsWith(group));
  });
  return { own, ...readTogether(adapter, own.map(asStored)) };
}

test('every namespaced sample lives in a namespace of the samples, which comes first', () => {
  const known = new Set<unknown>([undefined]);
  for (const object of objects) {
    if (object['kind'] === 'Namespace') known.add(at(object, 'metadata', 'name'));
    expect(known).toContain(at(object, 'metadata', 'namespace'));
  }
  expect(known.size).toBe(9);
});

/** What every API server has: the demo installs no engine. */
const ofBuiltIns = adapters.filter(({ resources }) => resources.every(({ group }) => builtInGroups.has(group)));

test.each(ofBuiltIns)('there are samples of all that $id reads, and it understands them', (adapter) => {
  const { own, constraints, problems } = read(adapter);
  expect(new Set(own.map(resourceOf))).toEqual(new Set(adapter.resources.map(resourceName)));
  expect(problems).toEqual([]);
  expect(constraints.length).toBeGreaterThan(0);
});

/** Of which the demo has definitions. */
const ofEngines = adapters.filter((adapter) =>
  definitions.some((definition) => adapterOf(definition, adapters) === adapter.id),
);

test.each(ofEngines)(
  'the samples of $id are understood, and there is one of each kind that is defined for it',
  (adapter) => {
    const { own, constraints, problems } = read(adapter);
    const defined = definitions.filter((definition) => adapterOf(definition, adapters) === adapter.id);
    expect(new Set(own.map(resourceOf))).toEqual(new Set(defined.map(resourceName)));
    expect(problems).toEqual([]);
    expect(constraints.length).toBeGreaterThan(0);
  },
);

test('engines of each way to decide are there: patterns, programs, connections, the mesh', () => {
  const forms = ofEngines.flatMap((adapter) => read(adapter).constraints.map(({ rule }) => rule.form));
  expect([...new Set(forms)].toSorted()).toEqual(['assignment', 'mesh', 'network', 'pattern', 'rego']);
});

test('webhooks: one that fails closed and is Critical, one that changes objects, one that carries an engine', () => {
  const webhooks = adapters.filter(({ id }) => id === 'webhookconfig').flatMap((adapter) => read(adapter).constraints);
  expect(webhooks).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ severity: 'Critical', rule: expect.objectContaining({ failurePolicy: 'Fail' }) }),
      expect.objectContaining({ rule: expect.objectContaining({ mutating: true }) }),
      expect.objectContaining({ rule: expect.objectContaining({ carries: 'gatekeeper' }) }),
    ]),
  );
});

test('the README shows a sample as it is, and has a row for every adapter', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const shown = [...readme.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']): unknown => parse(text));
  expect(shown).toEqual(ofKind('ConstraintProfile'));
  const rows = [...readme.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, id]) => id);
  expect(rows).toEqual(expect.arrayContaining([genericId, ...adapters.map(({ id }) => id)]));
});

test('a PriorityClass is there, and a workload has it', () => {
  const names = ofKind('PriorityClass').map((each) => at(each, 'metadata', 'name'));
  const used = objects.map((object) => at(object, 'spec', 'template', 'spec', 'priorityClassName'));
  expect(names.filter((name) => used.includes(name))).toEqual(names);
  expect(names).toHaveLength(1);
});

describe('kinds of the company', () => {
  const own = definitions.filter((definition) => !ofEngine(definition));
  const profiles = ofKind('ConstraintProfile').map((object) => ConstraintProfile.parse(object).spec);
  const profileOf = ({ group, plural }: { readonly group: string; readonly plural: string }) =>
    profiles.find(({ gvr }) => gvr.group === group && gvr.resource === plural);
  const allowed = ofKind('ClusterRole')
    .filter((role) => at(role, 'metadata', 'labels', aggregationLabel) === 'true')
    .flatMap((role) =>
      z.array(z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()) })).parse(at(role, 'rules')),
    )
    .flatMap(({ apiGroups, resources }) =>
      apiGroups.flatMap((group) => resources.map((plural) => resourceName({ group, plural }))),
    );

  test.each(own)('$plural has samples that are understood', (definition) => {
    const { constraints, problems } = read(genericAdapter(definition, profileOf(definition)));
    expect(problems).toEqual([]);
    expect(constraints.length).toBeGreaterThan(0);
  });

  test('one is read by a profile that finds all there is to find, and no other way leads to it', () => {
    const [known, ...more] = own.filter((definition) => profileOf(definition) !== undefined);
    expect(more).toEqual([]);
    expect(known).toMatchObject({ isPolicy: undefined });
    expect(known !== undefined && isPolicyByName(known)).toBe(false);
    expect(Object.keys(profiles[0]?.fieldPaths ?? {}).toSorted()).toEqual([
      'effectPath',
      'namespaceSelectorPath',
      'selectorPath',
      'summaryPath',
    ]);
  });

  test('one is read by its annotation, and its objects say in annotations what they come to', () => {
    const annotated = own.filter(({ isPolicy }) => isPolicy === 'true');
    expect(annotated.map(isPolicyByName)).toEqual([false]);
    const told = ofKind(annotated[0]?.kind).map((object) => Object.keys(Object(at(object, 'metadata', 'annotations'))));
    expect(told).toEqual([['potoo.io/summary', 'potoo.io/severity', 'potoo.io/constraint-type']]);
  });

  test('one is a policy by its name, and the operator may not read it until a printed line lets it', () => {
    const forbidden = own.filter((definition) => !allowed.includes(resourceName(definition)));
    expect(forbidden.map(({ plural }) => plural)).toEqual(['costlimits']);
    expect(forbidden.map(isPolicyByName)).toEqual([true]);
  });
});
