/**
 * Which kinds the generic adapter reads, and which kinds nobody reads: what profiles say goes before the annotation of a
 * definition, and that before its name.
 */
import { apiGroup } from '../../crds/api.ts';
import { neverReadResources, type ProfileSpec } from '../../crds/profile.ts';
import { type Resource, resourceName } from '../../kube/resource.ts';
import type { Adapter } from '../adapters/define.ts';
import { genericId } from '../adapters/generic.ts';
import { isPolicyByName } from '../adapters/policy-hints.ts';
import type { Definition } from './definitions.ts';

export interface GenericKind {
  readonly group: string;
  readonly plural: string;
  /** What a profile says of it. */
  readonly profile: ProfileSpec | undefined;
}

export interface DecidedKinds {
  /** By `plural.group`, sorted. */
  readonly generic: ReadonlyMap<string, GenericKind>;
  /** Kinds of the groups that adapters read whole, by `plural.group`, sorted → id of the adapter. */
  readonly ofGroups: ReadonlyMap<string, { readonly group: string; readonly plural: string; readonly adapter: string }>;
  /** `plural.group` of what is read by nobody → the ConstraintProfile that says so. */
  readonly switchedOff: ReadonlyMap<string, string>;
  /** `plural.group` → the version to read, where a profile names one. */
  readonly wantedVersion: ReadonlyMap<string, string>;
  /** `plural.group` → how long changes of its objects are gathered, where a profile asks for it. */
  readonly waitMs: ReadonlyMap<string, number>;
  /** ConstraintProfile → why it is not followed. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Whether policies take parameters from objects of this kind: then it is they that impose what such an object says. */
export type IsParameterKind = (kind: Pick<Definition, 'group' | 'kind'>) => boolean;

/** The same for the same definitions and profiles, in whatever order they came. */
export function decideKinds(
  definitions: ReadonlyMap<string, Definition>,
  profiles: ReadonlyMap<string, ProfileSpec>,
  adapters: readonly Pick<Adapter, 'id' | 'resources'>[],
  isParameterKind: IsParameterKind = () => false,
): DecidedKinds {
  const generic = new Map<string, GenericKind>();
  const ofGroups = new Map<string, { group: string; plural: string; adapter: string }>();
  const switchedOff = new Map<string, string>();
  const wantedVersion = new Map<string, string>();
  const waitMs = new Map<string, number>();
  const refused = new Map<string, string>();
  /** `plural.group` → the profile that speaks for it. */
  const spoken = new Map<string, string>();

  for (const [profile, spec] of [...profiles].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const kind = { group: spec.gvr.group, plural: spec.gvr.resource };
    const name = resourceName(kind);
    const refusal = refusalOf(spec, kind, adapters) ?? alreadySpoken(name, spoken.get(name));
    if (refusal !== undefined) {
      refused.set(profile, refusal);
      continue;
    }
    spoken.set(name, profile);
    if (!spec.enabled) {
      switchedOff.set(name, profile);
      continue;
    }
    if (spec.gvr.version !== undefined) wantedVersion.set(name, spec.gvr.version);
    if (spec.debounceSeconds !== undefined) waitMs.set(name, spec.debounceSeconds * 1_000);
    if (adapterOf(kind, adapters) === undefined) generic.set(name, { ...kind, profile: spec });
  }
  for (const { group, plural, kind, versions, isPolicy } of definitions.values()) {
    const name = resourceName({ group, plural });
    const ofGroup = adapters.find(({ resources }) => resources.some((read) => isWhole(read) && read.group === group));
    if (ofGroup !== undefined && versions.length > 0) ofGroups.set(name, { group, plural, adapter: ofGroup.id });
    if (spoken.has(name) || versions.length === 0) continue;
    if (isNeverRead({ group, plural }) || adapterOf({ group, plural }, adapters) !== undefined) continue;
    const isGuessed = () => !isParameterKind({ group, kind }) && isPolicyByName({ group, plural, kind });
    if (isPolicy ?? isGuessed()) generic.set(name, { group, plural, profile: undefined });
  }
  return {
    generic: new Map([...generic].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ofGroups: new Map([...ofGroups].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    switchedOff,
    wantedVersion,
    waitMs,
    refused,
  };
}

type Kind = Pick<Resource, 'group' | 'plural'>;

/** Whether an adapter reads every kind of the group, each of which has a definition: the group itself cannot be asked for. */
export function isWhole({ plural }: Kind): boolean {
  return plural === '*';
}

/** Secrets and ConfigMaps hold what is nobody's business; our own kinds are what is made of policies. */
function isNeverRead({ group, plural }: Kind): boolean {
  if (group === apiGroup || group.endsWith(`.${apiGroup}`)) return true;
  return group === '' && neverReadResources.some((never) => never === plural);
}

/** Id of the adapter that is made for the kind. */
export function adapterOf(
  { group, plural }: Kind,
  adapters: readonly Pick<Adapter, 'id' | 'resources'>[],
): string | undefined {
  return adapters.find(({ resources }) =>
    resources.some((read) => read.group === group && (read.plural === plural || isWhole(read))),
  )?.id;
}

function refusalOf(
  { adapter }: ProfileSpec,
  kind: Kind,
  adapters: readonly Pick<Adapter, 'id' | 'resources'>[],
): string | undefined {
  if (isNeverRead(kind)) return `${resourceName(kind)} is never read, whatever a profile says`;
  const made = adapterOf(kind, adapters) ?? genericId;
  if (adapter === undefined || adapter === made) return undefined;
  return `${resourceName(kind)} is read by the adapter ${made}: spec.adapter must be that or absent`;
}

function alreadySpoken(name: string, profile: string | undefined): string | undefined {
  return profile === undefined ? undefined : `ConstraintProfile ${profile} speaks of ${name} already`;
}
