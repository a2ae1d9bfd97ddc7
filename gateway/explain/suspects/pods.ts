/**
 * Whether a constraint takes in the pods of a workload, as far as its caller may know.
 */
import type { StoredWorkload } from '../../../crds/detail.ts';
import { selects } from '../../answer/affected.ts';
import type { Candidate } from '../candidates.ts';
import type { About } from '../finding.ts';
import { type NamedObject, workloadOf } from '../named-objects.ts';

/** Undefined where that is not known: without the full form, or where more than labels decides. */
export function takesIn({ full, binding }: Candidate, workload: StoredWorkload | undefined): boolean | undefined {
  if (full === undefined || workload === undefined) return undefined;
  if (workload.hostNetwork === true && full.scope.workloads?.hostNetwork === false) return false;
  return selects(binding, workload.labels);
}

/** The workload that a question is about, where the text names its pod in a way of its own. */
export function workloadOfPod(pod: Omit<NamedObject, 'kind'> | undefined, about: About): StoredWorkload | undefined {
  return workloadOf(pod === undefined ? about : { ...about, named: [{ ...pod, kind: 'pod' }] });
}
