/**
 * A set of permissions that pods may be admitted by: no single one denies, so one asks for less or for another one.
 */
import type { SecurityContextRule } from '../../crds/rules/security-context.ts';
import { listed, shown } from '../words.ts';
import type { Remediation } from './schema.ts';
import { ask, dryRun, link, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';

/** What the set does not allow, and how to come by another one. */
export function securityContextRemediation(subject: Subject, rule: SecurityContextRule): Remediation {
  const title = titleOf(subject);
  return {
    summary: `A pod needs one of the sets that its ServiceAccount may use; ask for less than ${title} allows, or for the use of another.`,
    steps: [
      manual(demandText(rule), 'developer'),
      dryRun(subject, 'See what the API server says to a manifest: it names each set that was tried.'),
      manual('By which set a running pod was admitted stands in its annotation openshift.io/scc.', 'developer'),
      ...look(subject, 'See the set, if your rights allow it.'),
      ask(subject, 'to let the ServiceAccount use another set, with the reason.', 'cluster-admin'),
      link('What the sets allow, and how one is chosen.', 'securityContext'),
    ],
  };
}

function demandText(rule: SecurityContextRule): string {
  const not = [
    ...(rule.privileged ? [] : ['privileged containers']),
    ...(rule.privilegeEscalation ? [] : ['privilege escalation']),
    ...(['IPC', 'network', 'PID', 'ports'] as const)
      .filter((what) => !rule.host.includes(what))
      .map((what) => `host ${what}`),
  ];
  const volumes = [...(rule.hostPath ? ['hostPath'] : []), ...rule.volumes];
  const { allowed, added, dropped } = rule.capabilities;
  const capabilities = [...new Set([...allowed, ...added])];
  const parts = [
    not.length === 0 ? 'It allows all rights on the node' : `It does not allow ${listed(not, 6)}`,
    `volumes: ${volumes.length === 0 ? 'none' : listed(volumes, 12)}`,
    `added capabilities: ${capabilities.length === 0 ? 'none' : listed(capabilities, 8)}`,
    ...(dropped.length === 0 ? [] : [`dropped ones: ${listed(dropped, 8)}`]),
    `user: ${shown(rule.runAsUser.strategy, 40)}`,
    `seccomp profiles: ${rule.seccompProfiles.length === 0 ? 'none may be set' : listed(rule.seccompProfiles)}`,
    ...(rule.readOnlyRoot ? ['the root file system must be read-only'] : []),
  ];
  return `${shown(parts.join('; '), 1_000)}.`;
}
