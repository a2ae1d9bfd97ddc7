/**
 * What to do where Pod Security does not like a pod: the very fields that its message demands.
 */
import type { PodSecurityRule } from '../../../crds/rules/pod-security.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { kubectl, manual, ask, yamlPatch } from '../../remediation/steps.ts';
import { capitalized, cited, listed, shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';
import { type Check, type Clause, clausesOf, quotedAfter } from '../pod-security-checks.ts';
import type { Standard } from '../suspects/pod-security.ts';

interface Told {
  readonly mode: PodSecurityRule['mode'];
  readonly standard: Standard | undefined;
  readonly checks: readonly Check[];
  /** Pods that run already and do not meet a new level. */
  readonly pods?: readonly string[];
}

/**
 * The fields as a patch, what no patch can say in words, and where the level comes from when no label is known.
 *
 * @param about Of the namespace that the message speaks of.
 */
export function podSecuritySteps(
  { standard, checks, pods, mode }: Told,
  suspects: Suspects,
  about: About,
): RemediationStep[] {
  const fix = fixOf(checks);
  const level = standard?.level;
  return [
    ...(pods === undefined || level === undefined ? [] : tellAll(pods, level, about)),
    ...patchOf(fix),
    ...(fix.words.length === 0 ? [] : [manual(`${fix.words.slice(0, 6).map(capitalized).join('. ')}.`, 'developer')]),
    ...(suspects.certain.length + suspects.possible.length > 0 ? [] : [unlabelled(mode, about)]),
  ];
}

function tellAll(pods: readonly string[], level: string, { namespace }: About): RemediationStep[] {
  const named = pods.length === 0 ? '' : ` Named are ${listed(pods, 6)}.`;
  const label = `pod-security.kubernetes.io/enforce=${level}`;
  return [
    kubectl(
      `See all pods that do not meet it; no label is changed.${named}`,
      ['label', '--dry-run=server', '--overwrite', 'namespace', { value: namespace }, label],
      'cluster-admin',
    ),
  ];
}

function unlabelled(mode: string, about: About): RemediationStep {
  return ask(
    about,
    `which level the namespace has for ${mode}: no label that sets one is known, so it may be the default of the cluster, which stands in the configuration of the API server.`,
    'cluster-admin',
  );
}

type Fields = Record<string, unknown>;

interface Fix {
  /** Of the pod as a whole. */
  readonly spec: Fields;
  readonly podContext: Fields;
  readonly containers: Map<string, Fields>;
  /** What no field sets right without knowing more. */
  readonly words: string[];
}

const anyUser = 1_000;

function patchOf({ spec, podContext, containers }: Fix): RemediationStep[] {
  const named = [...containers].slice(0, 20).map(([name, securityContext]) => ({ name, securityContext }));
  const pod = {
    ...spec,
    ...(Object.keys(podContext).length === 0 ? {} : { securityContext: podContext }),
    ...(named.length === 0 ? {} : { containers: named }),
  };
  if (Object.keys(pod).length === 0) return [];
  const asUser = JSON.stringify(pod).includes('"runAsUser"');
  const notes = [
    ...(named.length === 0 ? [] : [' A name may be that of an init container.']),
    ...(asUser ? [` ${anyUser} stands for any user but 0 that the image can run as.`] : []),
  ].join('');
  return [
    yamlPatch(
      `In the workload, with its other fields as they are; of a bare pod what stands below template.${notes}`,
      { spec: { template: { spec: pod } } },
      'developer',
    ),
  ];
}

function fixOf(checks: readonly Check[]): Fix {
  const fix: Fix = { spec: {}, podContext: {}, containers: new Map(), words: [] };
  for (const { reason, words, detail } of checks) {
    if (detail === undefined) continue;
    if (reason === 'host namespaces') {
      for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
        if (detail.includes(`${field}=true`)) fix.spec[field] = false;
      continue;
    }
    const clauses = clausesOf(detail);
    const rest = clauses.filter((clause) => !setFields(fix, reason, clause));
    const told = rest.map((clause) => wordsOf(reason, clause));
    if (told.includes(undefined)) fix.words.push(`${shown(words, 80)}: ${cited(detail, 300)}`);
    else fix.words.push(...told.filter((text) => text !== undefined));
  }
  return fix;
}

/** False where the demand is no matter of setting a field. */
function setFields(fix: Fix, reason: string, clause: Clause): boolean {
  const fields = fieldsOf(reason, clause);
  if (fields === undefined) return false;
  const isOnlyOfContainers = containerOnly.has(reason);
  if (clause.pod !== 'no' && !isOnlyOfContainers) Object.assign(fix.podContext, fields);
  // Where either will do, the pod as a whole is the shorter way.
  const names = clause.pod === 'or' && !isOnlyOfContainers ? [] : clause.containers;
  for (const name of names) {
    const known = fix.containers.get(name) ?? {};
    fix.containers.set(name, { ...known, ...fields });
  }
  return names.length > 0 || clause.pod !== 'no';
}

const containerOnly: ReadonlySet<string> = new Set([
  'allowprivilegeescalation != false',
  'privileged',
  'procmount',
  'unrestricted capabilities',
]);

function fieldsOf(reason: string, { mustSet, text }: Clause): Fields | undefined {
  switch (reason) {
    case 'allowprivilegeescalation != false':
      return { allowPrivilegeEscalation: false };
    case 'privileged':
      return { privileged: false };
    case 'procmount':
      return { procMount: 'Default' };
    case 'runasnonroot != true':
      return { runAsNonRoot: true };
    case 'runasuser=0':
      return { runAsUser: anyUser };
    case 'seccompprofile':
      return text.includes('annotation') ? undefined : { seccompProfile: { type: 'RuntimeDefault' } };
    case 'forbidden apparmor profile':
    case 'forbidden apparmor profiles':
      return text.includes('annotation') ? undefined : { appArmorProfile: { type: 'RuntimeDefault' } };
    case 'hostprocess':
      return { windowsOptions: { hostProcess: false } };
    case 'unrestricted capabilities':
      return mustSet ? { capabilities: { drop: ['ALL'] } } : undefined;
    default:
      return undefined;
  }
}

/** Undefined where there is nothing better to say than the message does. */
function wordsOf(reason: string, { text, containers }: Clause): string | undefined {
  const whose = containers.length === 0 ? '' : ` of container ${listed(containers)}`;
  switch (reason) {
    case 'non-default capabilities':
    case 'unrestricted capabilities':
      return `take ${listed(quotedAfter(text, 'must not include'), 10)} out of securityContext.capabilities.add${whose}`;
    case 'hostpath volumes':
      return `replace the hostPath ${shown(text, 300)} by another kind, like emptyDir, a volume claim or a CSI volume`;
    case 'restricted volume types':
      return `use another kind of volume, like emptyDir, a volume claim or a CSI volume: ${shown(text, 300)}`;
    case 'hostport':
      return `take the hostPort out${whose}, and reach it by a Service: ${shown(text, 300)}`;
    case 'forbidden sysctls':
      return `take ${shown(text, 300)} out of securityContext.sysctls`;
    case 'probe or lifecycle host':
      return `take the field host out of probes and lifecycle hooks${whose}`;
    default:
      return undefined;
  }
}
