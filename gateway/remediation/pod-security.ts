/**
 * A Pod Security Standard: what pods must and must not say, as a patch that does.
 *
 * The fields are those of the standards in their newest version; older versions ask for less.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import type { PodSecurityRule } from '../../crds/rules/pod-security.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, kubectl, link, manual, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { shown } from '../words.ts';

const baseline =
  'No hostNetwork, hostPID, hostIPC, hostPort, hostPath volume, privileged container or Windows HostProcess; no added ' +
  'capability beyond the usual ones; no other seccomp, AppArmor, SELinux or procMount setting than the standard lists; no unsafe sysctl.';
const restricted =
  'Also runAsNonRoot true and no runAsUser 0, allowPrivilegeEscalation false, all capabilities dropped (NET_BIND_SERVICE ' +
  'may be added), seccompProfile RuntimeDefault or Localhost, and no volume types but the usual ones.';

/** Fulfils the restricted standard for a container that needs nothing special. */
const restrictedTemplate = {
  spec: {
    template: {
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          { name: 'app', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
        ],
      },
    },
  },
};

/** @param rule Undefined at the summary level. */
export function podSecurityRemediation(subject: Subject, rule: PodSecurityRule | undefined): Remediation {
  const shared = [...labels(subject), link('What each standard asks for, field by field.', 'podSecurity')];
  if (rule === undefined) {
    return {
      summary: summaryOf(subject, 'the Pod Security Standard of the namespace'),
      steps: [dryRun(subject, 'See what the API server says to a manifest.'), ...shared],
    };
  }
  const { level, version, mode } = rule;
  const asked =
    level === 'privileged' ? [] : [manual(level === 'baseline' ? baseline : `${baseline} ${restricted}`, 'developer')];
  if (level === 'restricted') {
    asked.push(
      yamlPatch('In the workload; app stands for the name of each container.', restrictedTemplate, 'developer'),
    );
  }
  const said = mode === 'enforce' ? 'pods are refused, workloads get a warning' : 'warnings name each field';
  return {
    summary: summaryOf(subject, `the ${level} Pod Security Standard (${shown(version, 40)})`),
    steps: [
      ...asked,
      dryRun(subject, `See what the API server says to a manifest: ${said}.`),
      ...(mode === 'enforce' && level !== 'privileged'
        ? [ask(subject, 'for a lower level of the namespace, with the reason.', 'cluster-admin')]
        : []),
      ...shared,
    ],
  };
}

function summaryOf({ effect }: Subject, standard: string): string {
  if (effect === 'audit')
    return `Nothing needs to be done: pods that do not meet ${standard} are only noted in the audit log.`;
  if (effect === 'warn') return `Pods pass; to be rid of the warnings, make them meet ${standard}.`;
  return `Make pods meet ${standard}, or have the level of the namespace changed.`;
}

function labels({ namespace }: Subject): RemediationStep[] {
  return [
    kubectl(
      'See the levels that are set on the namespace.',
      ['get', 'namespace', namespace, '--show-labels'],
      'developer',
    ),
  ];
}
