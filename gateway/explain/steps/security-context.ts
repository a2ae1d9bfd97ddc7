/**
 * What to do where no set of permissions allows a pod.
 */
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import { cited, listed } from '../../words.ts';
import type { About } from '../finding.ts';

interface Told {
  readonly kind: string;
  /** What is wrong, field by field. */
  readonly faults: readonly string[];
  readonly unusable: readonly string[];
}

const faultsMax = 6;

/** Ask for less, or for the use of a set that allows it. */
export function securityContextSteps({ kind, faults, unusable }: Told, about: About): RemediationStep[] {
  const ranges = faults.some((fault) => fault.includes('must be in the ranges'))
    ? [
        manual(
          'Leave runAsUser and fsGroup out of the pod: a user of the range of the namespace is set then.',
          'developer',
        ),
      ]
    : [];
  const told = faults.slice(0, faultsMax).map((fault) => cited(fault, 160));
  const more = faults.length - told.length;
  const others = unusable.length === 0 ? '' : ` (it may not use ${listed(unusable)})`;
  const isSet = kind === 'SecurityContextConstraints';
  return [
    ...(told.length === 0
      ? []
      : [
          manual(`Change what was not allowed: ${told.join('; ')}${more > 0 ? ` and ${more} more` : ''}.`, 'developer'),
        ]),
    ...ranges,
    ask(
      about,
      `to let the ServiceAccount of the pod use a set that allows it${others}, with the reason.`,
      'cluster-admin',
    ),
    ...(isSet
      ? [kubectl('See which sets there are.', ['get', 'securitycontextconstraints'], 'cluster-admin')]
      : [manual('PodSecurityPolicy is gone since Kubernetes 1.25: namespaces have Pod Security levels in its place.')]),
  ];
}
