/**
 * The readers of policies as they are wanted now: those of the adapters, without the kinds that a profile switches off, and a
 * generic one for every kind that a profile, an annotation or its name makes a policy.
 */
import { constraintProfiles } from '../../crds/api.ts';
import type { Condition } from '../../crds/condition.ts';
import { ConstraintProfile, type ProfileSpec } from '../../crds/profile.ts';
import { type KubeObject, resourceName } from '../../kube/resource.ts';
import type { Adapter } from '../adapters/define.ts';
import { genericAdapter, genericId } from '../adapters/generic.ts';
import { contentHash } from '../reports/content.ts';
import { type DecidedKinds, decideKinds, type IsParameterKind, isWhole } from './decide-kinds.ts';
import type { Definition } from './definitions.ts';
import type { Consumer, WatchState } from './watches.ts';

export interface PolicyKindsDeps {
  readonly adapters: readonly Adapter[];
  readonly policyConsumer: (adapter: Adapter, resource: { group: string; plural: string }) => Consumer<unknown>;
  /** Other readers are wanted. */
  readonly onChange: () => void;
  /** The status of a profile is another than before. */
  readonly onStatus: () => void;
  /** The kind (`plural.group`) has to be read again: something else is made of its objects. */
  readonly onReread: (resource: string) => void;
}

/** A ConstraintProfile as it stands in etcd. */
export interface KnownProfile {
  readonly spec: ProfileSpec;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Of the status, whoever wrote it. */
  readonly statusHash: string;
  readonly conditions: readonly Condition[] | undefined;
}

export interface PolicyKinds {
  /** By name. */
  readonly profiles: ReadonlyMap<string, KnownProfile>;
  /** Reads the profiles. */
  readonly consumer: Consumer<unknown>;
  /** Without profiles that can be read everything is decided without them. */
  stateChanged(states: readonly WatchState[]): void;
  /** Decides anew, and returns the readers that are wanted besides those of the adapters for kinds that they name. */
  found(definitions: ReadonlyMap<string, Definition>, isParameterKind?: IsParameterKind): readonly Consumer<unknown>[];
  /** As last decided. */
  readonly decided: DecidedKinds;
  /**
   * Of what every adapter reads now, with the kinds of a group in place of the group; the generic one among them while there
   * is something for it.
   */
  readonly adapters: readonly Pick<Adapter, 'id' | 'resources'>[];
}

interface GenericReader {
  readonly consumer: Consumer<unknown>;
  /** What its adapter was made from. */
  profileText: string;
  adapter: Adapter;
}

/** Nothing is decided yet. */
export function createPolicyKinds(deps: PolicyKindsDeps): PolicyKinds {
  const profiles = new Map<string, KnownProfile>();
  const readers = new Map<string, GenericReader>();
  /** Of kinds of the groups that adapters read whole, by `plural.group`. */
  const groupReaders = new Map<string, Consumer<unknown>>();
  /** Profiles are known, or cannot be. Before that a kind would be read that one of them switches off. */
  let known = false;
  let decided: DecidedKinds = {
    generic: new Map(),
    ofGroups: new Map(),
    switchedOff: new Map(),
    wantedVersion: new Map(),
    waitMs: new Map(),
    refused: new Map(),
  };

  const consumer: Consumer<KnownProfile> = {
    resource: constraintProfiles,
    prune: readProfile,
    upsert(name, profile) {
      const before = profiles.get(name);
      profiles.set(name, profile);
      if (known && JSON.stringify(before?.spec) !== JSON.stringify(profile.spec)) deps.onChange();
      if (before?.statusHash !== profile.statusHash) deps.onStatus();
    },
    remove(name) {
      if (profiles.delete(name) && known) deps.onChange();
    },
    synced() {
      known = true;
      deps.onChange();
    },
  };

  function readerOf(name: string, kind: { group: string; plural: string }, profile: ProfileSpec | undefined) {
    const profileText = JSON.stringify(profile ?? null);
    const present = readers.get(name);
    if (present === undefined) {
      const adapter = genericAdapter(kind, profile);
      const reader: GenericReader = {
        profileText,
        adapter,
        consumer: deps.policyConsumer({ ...adapter, read: (object) => reader.adapter.read(object) }, kind),
      };
      readers.set(name, reader);
      return reader.consumer;
    }
    if (present.profileText !== profileText) {
      present.profileText = profileText;
      present.adapter = genericAdapter(kind, profile);
      deps.onReread(name);
    }
    return present.consumer;
  }

  function groupReaderOf(name: string, kind: { group: string; plural: string }, id: string): Consumer<unknown>[] {
    const adapter = deps.adapters.find((one) => one.id === id);
    if (adapter === undefined) return [];
    const reader = groupReaders.get(name) ?? deps.policyConsumer(adapter, kind);
    groupReaders.set(name, reader);
    return [reader];
  }

  return {
    profiles,
    consumer,
    stateChanged(states) {
      const own = states.find(({ resource }) => resource === resourceName(constraintProfiles));
      if (known || own === undefined || (own.state === 'starting' && !own.overdue)) return;
      known = true;
      deps.onChange();
    },
    found(definitions, isParameterKind) {
      if (!known) return [];
      const specs = new Map([...profiles].map(([name, { spec }]) => [name, spec]));
      decided = decideKinds(definitions, specs, deps.adapters, isParameterKind);
      for (const name of readers.keys()) if (!decided.generic.has(name)) readers.delete(name);
      for (const name of groupReaders.keys()) if (!decided.ofGroups.has(name)) groupReaders.delete(name);
      return [
        ...[...decided.ofGroups].flatMap(([name, { group, plural, adapter }]) =>
          groupReaderOf(name, { group, plural }, adapter),
        ),
        ...[...decided.generic].map(([name, { group, plural, profile }]) => readerOf(name, { group, plural }, profile)),
      ];
    },
    get decided() {
      return decided;
    },
    get adapters() {
      const ofGroups = [...decided.ofGroups.values()];
      const made = deps.adapters.map(({ id, resources }) => ({
        id,
        resources: [
          ...resources.filter((kind) => !isWhole(kind)),
          ...ofGroups.flatMap(({ group, plural, adapter }) => (adapter === id ? [{ group, plural }] : [])),
        ],
      }));
      const resources = [...decided.generic.values()];
      if (resources.length === 0) return made;
      return [...made, { id: genericId, resources }].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}

/** One that the API server took before the definition had its rules is as if it were not there. */
function readProfile(object: KubeObject): KnownProfile | undefined {
  const parsed = ConstraintProfile.safeParse(object);
  if (!parsed.success) return undefined;
  const { resourceVersion, generation = 0 } = object.metadata;
  return {
    spec: parsed.data.spec,
    generation,
    resourceVersion,
    statusHash: contentHash(object['status'] ?? null),
    conditions: parsed.data.status?.conditions,
  };
}
