/**
 * What stands in the status of a ConstraintProfile: what it matched, or why it matched nothing.
 */
import type { Condition } from '../../crds/condition.ts';
import type { ProfileSpec, ProfileStatus } from '../../crds/profile.ts';
import { type Resource, resourceName } from '../../kube/resource.ts';
import { reasonOf } from '../adapter-health.ts';
import { fieldPathText } from '../adapters/field-path.ts';
import { fieldPathFaults, genericId } from '../adapters/generic.ts';
import { readyCondition } from '../reports/ready-condition.ts';
import { adapterOf } from './decide-kinds.ts';
import type { KnownProfile, PolicyKinds } from './policy-kinds.ts';
import type { Watches, WatchState } from './watches.ts';

export interface ProfileFacts {
  readonly spec: ProfileSpec;
  readonly generation: number;
  /** Why it is not followed; undefined when it is. */
  readonly refusal: string | undefined;
  /** Id of the adapter that is made for its kind. */
  readonly adapter: string;
  /** How its kind is asked for, and how that goes; undefined when it is not asked for. */
  readonly watched: Resource | undefined;
  readonly watch: WatchState | undefined;
}

/** What is known of a profile now. */
export function factsOf(name: string, known: KnownProfile, policies: PolicyKinds, watches: Watches): ProfileFacts {
  const { spec, generation } = known;
  const kind = { group: spec.gvr.group, plural: spec.gvr.resource };
  const resource = resourceName(kind);
  return {
    spec,
    generation,
    refusal: policies.decided.refused.get(name),
    adapter: adapterOf(kind, policies.adapters) ?? genericId,
    watched: watches.watched(resource),
    watch: watches.states().find((state) => state.resource === resource),
  };
}

type Says = Pick<Condition, 'status' | 'reason' | 'message'>;

/** Undefined while it is too early to tell. Times of conditions that stand there already are kept. */
export function profileStatus(
  facts: ProfileFacts,
  before: readonly Condition[] | undefined,
  now: string,
): ProfileStatus | undefined {
  const says = saysOf(facts);
  if (says === undefined) return undefined;
  const { adapter, generation, watched } = facts;
  const ready = readyCondition(says, before, now);
  return {
    observedGeneration: generation,
    ...(says.reason === 'Matched' && watched !== undefined
      ? { matchedResource: [watched.plural, watched.version, watched.group].filter(Boolean).join('.'), adapter }
      : {}),
    conditions: [{ ...ready, observedGeneration: generation }],
  };
}

function saysOf({ spec, refusal, adapter, watched, watch }: ProfileFacts): Says | undefined {
  const { group, resource: plural, version } = spec.gvr;
  const name = resourceName({ group, plural });
  if (refusal !== undefined) return { status: 'False', reason: 'Refused', message: refusal };
  if (!spec.enabled) return { status: 'True', reason: 'Disabled', message: `${name} is read by no adapter.` };
  if (watch === undefined || watched === undefined || watch.state === 'absent') {
    const inVersion = version === undefined ? '' : ` in version ${version}`;
    return { status: 'False', reason: 'NotServed', message: `The cluster does not serve ${name}${inVersion}.` };
  }
  if (watch.state === 'forbidden') return { status: 'False', reason: 'Forbidden', message: reasonOf(watch) ?? '' };
  if (version !== undefined && version !== watched.version) {
    const message = `${name} is read in version ${watched.version}, because it is read for more than policies.`;
    return { status: 'False', reason: 'Refused', message };
  }
  const [fault] = fieldPathFaults(spec);
  if (fault !== undefined) {
    return { status: 'False', reason: 'Refused', message: `${fieldPathText(fault.path)}: ${fault.message}` };
  }
  if (watch.wasSynced)
    return { status: 'True', reason: 'Matched', message: `${name} is read by the adapter ${adapter}.` };
  return watch.overdue ? { status: 'False', reason: 'Unread', message: reasonOf(watch) ?? '' } : undefined;
}
