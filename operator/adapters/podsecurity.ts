/**
 * Pod Security: what the labels of a Namespace ask of its pods, in three modes.
 *
 * - pod-security.kubernetes.io/<mode> is the level, pod-security.kubernetes.io/<mode>-version the Kubernetes version whose
 *   checks apply: `latest` when there is none; one that is newer than the API server means its newest.
 * - enforce refuses pods. warn and audit speak of pods and of the templates of built-in workloads, and refuse nothing.
 * - Where no warn level is set, warn follows a valid enforce level that is stricter than the cluster's default, with the
 *   version of enforce unless there is one for warn.
 * - Labels are validated when they are written. A bad one that is there nevertheless counts: a bad enforce level as
 *   restricted (and warn does not follow it), a bad audit or warn level as privileged, a bad version as latest.
 * - The level privileged asks for nothing and is no constraint.
 *
 * Not known here, because it stands in the AdmissionConfiguration of the API server, which no API serves: the levels of
 * namespaces without labels (Kubernetes sets privileged unless told otherwise), and which users, namespaces and runtime
 * classes are exempt.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 * @see https://github.com/kubernetes/pod-security-admission/blob/v0.36.3/api/helpers.go (PolicyToEvaluate)
 * @see https://github.com/kubernetes/pod-security-admission/blob/v0.36.3/admission/admission.go
 */
import type { Effect, Severity } from '../../crds/constraint.ts';
import { PodSecurityRule } from '../../crds/rules/pod-security.ts';
import type { AdmissionRule } from '../../crds/scope.ts';
import { type Draft, type Fault, defineAdapter } from './define.ts';
import { sentence } from './text.ts';

type Mode = PodSecurityRule['mode'];
type Level = PodSecurityRule['level'];
type Labels = Readonly<Record<string, string>>;

export const podSecurity = defineAdapter({
  id: 'podsecurity',
  resources: [{ group: '', plural: 'namespaces' }],
  fields: {},
  constraints({ metadata: { name, labels = {} } }) {
    const settings = [settingOf('audit', labels), settingOf('enforce', labels), warnOf(labels)];
    return {
      drafts: settings.filter(({ rule }) => rule.level !== 'privileged').map((setting) => draftOf(setting, name)),
      faults: settings.flatMap(({ faults }) => faults),
    };
  },
});

/** What applies in one mode, and what is wrong with its labels. */
interface Setting {
  readonly rule: PodSecurityRule;
  readonly faults: readonly Fault[];
}

const prefix = 'pod-security.kubernetes.io/';
const levels = PodSecurityRule.shape.level;

function settingOf(mode: Mode, labels: Labels): Setting {
  const level = readLevel(mode, labels);
  const version = readVersion(mode, labels);
  return {
    rule: { form: 'podSecurity', mode, level: level.value, version: version.value, implied: false },
    faults: [...level.faults, ...version.faults],
  };
}

function warnOf(labels: Labels): Setting {
  const own = settingOf('warn', labels);
  const enforced = levels.safeParse(valueOf(labels, 'enforce'));
  if (valueOf(labels, 'warn') !== undefined || !enforced.success) return own;
  const ownVersion = valueOf(labels, 'warn-version') !== undefined;
  const version = ownVersion ? own.rule.version : readVersion('enforce', labels).value;
  return { ...own, rule: { ...own.rule, level: enforced.data, version, implied: true } };
}

interface Read<Value> {
  readonly value: Value;
  readonly faults: readonly Fault[];
}

function readLevel(mode: Mode, labels: Labels): Read<Level> {
  const text = valueOf(labels, mode);
  if (text === undefined) return { value: 'privileged', faults: [] };
  const level = levels.safeParse(text);
  if (level.success) return { value: level.data, faults: [] };
  const value = mode === 'enforce' ? 'restricted' : 'privileged';
  return { value, faults: [fault(mode, `Must be privileged, baseline or restricted; ${value} applies`)] };
}

/** As PolicyToEvaluate reads it: no leading zeros. */
const versionPattern = /^v1\.(0|[1-9][0-9]*)$/;

function readVersion(mode: Mode, labels: Labels): Read<string> {
  const text = valueOf(labels, `${mode}-version`);
  if (text === undefined || text === 'latest') return { value: 'latest', faults: [] };
  if (versionPattern.test(text)) return { value: text, faults: [] };
  return { value: 'latest', faults: [fault(`${mode}-version`, 'Must be latest or v1.<minor>; latest applies')] };
}

function valueOf(labels: Labels, name: string): string | undefined {
  return labels[prefix + name];
}

function fault(name: string, message: string): Fault {
  return { path: ['metadata', 'labels', prefix + name], message };
}

const effects: Readonly<Record<Mode, { readonly effect: Effect; readonly severity: Severity }>> = {
  enforce: { effect: 'deny', severity: 'Critical' },
  warn: { effect: 'warn', severity: 'Warning' },
  audit: { effect: 'audit', severity: 'Info' },
};

function draftOf({ rule, faults }: Setting, namespace: string): Draft {
  const { mode, level, version, implied } = rule;
  const standard = `the ${level} Pod Security Standard`;
  const asOf = version === 'latest' ? 'as of the newest version' : `as of ${sentence(version, 40)}`;
  const why = implied ? '; no label asks for it, it follows from enforce' : '';
  const bad = faults.length === 0 ? '' : `; a label has a value that is not valid (${faults.map(faultText).join(' ')})`;
  return {
    key: mode,
    type: 'Admission',
    ...effects[mode],
    summary: sentenceFor(mode, standard),
    message: `${sentenceFor(mode, `${standard} ${asOf}`)}${why}${bad}`,
    scope: {
      namespaces: { names: [namespace] },
      workloads: {},
      admission: [{ rules: mode === 'enforce' ? pods : podsAndTemplates }],
    },
    rule,
  };
}

function sentenceFor(mode: Mode, standard: string): string {
  switch (mode) {
    case 'enforce':
      return `Pods that do not meet ${standard} are refused`;
    case 'warn':
      return `Pods and workloads that do not meet ${standard} get a warning`;
    case 'audit':
      return `Pods and workloads that do not meet ${standard} are noted in the audit log`;
    default:
      return mode satisfies never;
  }
}

function faultText({ path, message }: Fault): string {
  return `${String(path.at(-1))}: ${message}.`;
}

/** An update counts when containers or images change. pods/resize is looked at too, but cannot change either. */
const pods: AdmissionRule[] = [
  { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods'] },
  { operations: ['UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods/ephemeralcontainers'] },
];

const podsAndTemplates: AdmissionRule[] = [
  ...pods,
  {
    operations: ['CREATE', 'UPDATE'],
    apiGroups: [''],
    apiVersions: ['*'],
    resources: ['podtemplates', 'replicationcontrollers'],
  },
  {
    operations: ['CREATE', 'UPDATE'],
    apiGroups: ['apps'],
    apiVersions: ['*'],
    resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
  },
  { operations: ['CREATE', 'UPDATE'], apiGroups: ['batch'], apiVersions: ['*'], resources: ['cronjobs', 'jobs'] },
];
