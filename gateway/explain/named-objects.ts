/**
 * Objects that a text names, in whatever form: `pods "web-1"`, `deployment.apps/web`, `resource Pod/shop/web`, `"namespace":"shop"`.
 */
import type { StoredWorkload } from '../../crds/detail.ts';
import type { ErrorText } from './error-text.ts';
import type { About } from './finding.ts';

export interface NamedObject {
  /** Kind or resource as the text writes it, in lower case and singular: pod, deployment. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** What the text names, in its order, each once. */
export function namedObjects(_text: ErrorText): readonly NamedObject[] {
  return [];
}

/** The workload that the question is about: the one that was asked about, else the one that the text names or whose pod it names. */
export function workloadOf({ workloads, workloadName }: About): StoredWorkload | undefined {
  return workloads?.find(({ name }) => name === workloadName);
}
