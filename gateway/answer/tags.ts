import type { ConstraintType, Effect } from '../../crds/constraint.ts';

const domains: Readonly<Record<ConstraintType, string>> = {
  NetworkIngress: 'network',
  NetworkEgress: 'network',
  Admission: 'admission',
  ResourceLimit: 'resources',
  MeshPolicy: 'mesh',
  MissingResource: 'prerequisite',
  Unknown: 'other',
};

/** Words to group and filter by: what is limited, and what the rule does. They say nothing that type and effect do not. */
export function tagsOf(type: ConstraintType, effect: Effect): string[] {
  return [domains[type], effect];
}
