/**
 * Whether everything that Potoo has written in a real cluster says what the oracle demands of a fresh listing.
 */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type KubeObject, type Resource, resourceName } from '../kube/resource.ts';
import { oracleKinds, publishedIn, truthOf } from '../operator/testing/oracle.ts';
import { clusterTruthOf, publishedInCluster } from '../operator/testing/oracle-cluster.ts';
import { definedKinds } from '../operator/testing/oracle-policies.ts';
import packageJson from '../package.json' with { type: 'json' };
import { at, list, request, type Target } from './control-plane/admin.ts';

export interface Difference {
  readonly what: string;
  readonly name: string;
  readonly must: unknown;
  readonly says: unknown;
}

/** What does not say what it must: namespaces, cluster-wide policies, profiles and totals. */
export type Differences = () => Promise<readonly Difference[]>;

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const potoo = 'potoo.io';

const Version = z.object({ gitVersion: z.string() });
const Groups = z.object({
  groups: z.array(z.object({ name: z.string(), versions: z.array(z.object({ groupVersion: z.string() })) })),
});
const Resources = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** What differs, and where the two begin to. */
export function differenceText({ what, name, must, says }: Difference): string {
  return `${what} ${name}: ${firstDifference(must, says, '')}`;
}

function firstDifference(must: unknown, says: unknown, path: string): string {
  const both = [must, says].filter((value) => typeof value === 'object' && value !== null);
  if (both.length < 2) return `${path}: must be ${JSON.stringify(must)}, is ${JSON.stringify(says)}`;
  const [left, right] = both.map((value) => new Map<string, unknown>(Object.entries(Object(value))));
  for (const key of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
    const [a, b] = [left?.get(key), right?.get(key)];
    if (!isDeepStrictEqual(a, b)) return firstDifference(a, b, `${path}/${key}`);
  }
  return `${path}: another order`;
}

/** Ready when the API server has told what it serves by itself: ask before anything is installed there. */
export async function oracleOf(target: Target): Promise<Differences> {
  const builtIn = await readBuiltIn(target);
  const { gitVersion } = Version.parse(await request(target, 'GET', '/version'));
  const versions = { operator: packageJson.version, kubernetes: gitVersion };

  async function listAll({ group, plural }: { readonly group: string; readonly plural: string }) {
    if (group === '') return list(target, `/api/v1/${plural}`);
    const described = await request(target, 'GET', `/apis/${group}`);
    return list(target, `/apis/${group}/${String(at(described, 'preferredVersion', 'version'))}/${plural}`);
  }

  return async () => {
    const listing = new Map<string, KubeObject[]>();
    const definitions = await list(target, definitionsPath);
    listing.set('customresourcedefinitions.apiextensions.k8s.io', definitions);
    for (const kind of definedKinds(listing)) {
      const [version] = kind.versions;
      if (version === undefined || (kind.group === potoo && kind.plural !== 'constraintprofiles')) continue;
      listing.set(resourceName(kind), await list(target, `/apis/${kind.group}/${version}/${kind.plural}`));
    }
    for (const kind of oracleKinds) {
      const isBuiltIn = builtIn.some(({ group, plural }) => group === kind.group && plural === kind.plural);
      if (isBuiltIn) listing.set(resourceName(kind), await listAll(kind));
    }
    const profiles = listing.get('constraintprofiles.potoo.io') ?? [];
    const reports = await listAll({ group: potoo, plural: 'constraintreports' });
    const published = publishedIn(reports, await listAll({ group: potoo, plural: 'constraintdetails' }));
    const expected = truthOf(listing, reports);
    // What is left in a namespace that is going away is the namespace controller's to remove.
    for (const { metadata } of listing.get('namespaces') ?? []) {
      if (!expected.has(metadata.name)) published.delete(metadata.name);
    }
    const must = clusterTruthOf(listing, reports, { builtIn, versions });
    const says = publishedInCluster(
      await listAll({ group: potoo, plural: 'clusterconstraintdetails' }),
      await listAll({ group: potoo, plural: 'clusterconstraintreports' }),
      profiles,
    );
    return [
      ...unequal('namespace', expected, published),
      ...unequal('cluster detail', must.details, says.details),
      ...unequal('profile', must.profiles, says.profiles),
      ...unequal('totals', new Map([['totals', must.totals]]), new Map([['totals', says.totals]])),
    ];
  };
}

/** What the API server serves by itself, each in the version that its group prefers; read the old way, not as the operator does. */
async function readBuiltIn(target: Target): Promise<Resource[]> {
  const definitions = await list(target, definitionsPath);
  const defined = new Set(definitions.map((definition) => at(definition, 'spec', 'group')));
  const { groups } = Groups.parse(await request(target, 'GET', '/apis'));
  const found = new Map<string, Resource>();
  const all = groups.filter(({ name }) => !defined.has(name)).flatMap((group) => group.versions);
  for (const { groupVersion } of [{ groupVersion: 'v1' }, ...all]) {
    const [version = '', group = ''] = groupVersion.split('/').toReversed();
    const path = group === '' ? '/api/v1' : `/apis/${groupVersion}`;
    for (const resource of Resources.parse(await request(target, 'GET', path)).resources) {
      const { name: plural, kind, namespaced } = resource;
      const key = resourceName({ group, plural });
      if (!plural.includes('/') && !found.has(key)) found.set(key, { group, version, plural, kind, namespaced });
    }
  }
  return [...found.values()];
}

function unequal(
  what: string,
  must: ReadonlyMap<string, unknown>,
  says: ReadonlyMap<string, unknown>,
): readonly Difference[] {
  return [...new Set([...must.keys(), ...says.keys()])]
    .map((name) => ({ what, name, must: must.get(name), says: says.get(name) }))
    .filter((each) => !isDeepStrictEqual(each.must, each.says));
}
