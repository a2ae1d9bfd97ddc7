import type { Condition } from '../../crds/condition.ts';

/** The condition Ready. The time of its transition moves only when its status does. */
export function readyCondition(
  says: Pick<Condition, 'status' | 'reason' | 'message'>,
  before: readonly Condition[] | undefined,
  now: string,
): Condition {
  const known = before?.find(({ type }) => type === 'Ready');
  return {
    type: 'Ready',
    ...says,
    lastTransitionTime: known?.status === says.status ? known.lastTransitionTime : now,
  };
}
