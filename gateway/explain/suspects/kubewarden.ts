/**
 * Constraints against the name of a Kubewarden webhook: `clusterwide-<name>`, `clusterwide-group-<name>`,
 * `namespaced-<namespace>-<name>`, `namespaced-group-<namespace>-<name>`. Where a namespace ends in that the name does not
 * say: only the namespace that was asked about can tell.
 */
import type { Candidate } from '../candidates.ts';
import { namedIn } from '../candidates.ts';
import type { About, Suspects } from '../finding.ts';
import { refusing, suspectsWith } from './named-policy.ts';
import { webhooksNamed } from './webhook.ts';

const suffix = '.kubewarden.admission';

/** What the webhook's name says of its policy; undefined for a webhook that is none of Kubewarden's policies. */
export function kubewardenPolicyOf(
  hook: string,
): { readonly name: string | undefined; readonly isGroup: boolean } | undefined {
  if (!hook.endsWith(suffix)) return undefined;
  const unique = hook.slice(0, -suffix.length);
  const clusterwide = restOf(unique, 'clusterwide-');
  if (clusterwide !== undefined) {
    const group = restOf(clusterwide, 'group-');
    return { name: group ?? clusterwide, isGroup: group !== undefined };
  }
  return restOf(unique, 'namespaced-') === undefined ? undefined : { name: undefined, isGroup: false };
}

/** The policy itself, then its webhook. */
export function kubewardenSuspects(hook: string, candidates: readonly Candidate[], { namespace }: About): Suspects {
  const unique = hook.slice(0, -suffix.length);
  const policies = suspectsWith(refusing, named(unique, namespace, candidates));
  const webhooks = webhooksNamed(hook, candidates, { first: 'Validating', reason: 'It is the webhook of the policy' });
  const certain = [...policies, ...webhooks.certain];
  return certain.length > 0 ? { certain, possible: [] } : webhooks;
}

function named(unique: string, namespace: string, candidates: readonly Candidate[]): readonly Candidate[] {
  const readings: readonly (readonly [kind: string, prefix: string])[] = [
    ['ClusterAdmissionPolicyGroup', 'clusterwide-group-'],
    ['ClusterAdmissionPolicy', 'clusterwide-'],
    ['AdmissionPolicyGroup', `namespaced-group-${namespace}-`],
    ['AdmissionPolicy', `namespaced-${namespace}-`],
  ];
  return readings.flatMap(([kind, prefix]) => {
    const name = restOf(unique, prefix);
    return name === undefined ? [] : namedIn(candidates, { kinds: [kind], name });
  });
}

function restOf(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) && text.length > prefix.length ? text.slice(prefix.length) : undefined;
}
