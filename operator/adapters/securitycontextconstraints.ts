/**
 * SecurityContextConstraints of OpenShift: sets of permissions for pods. A pod is admitted by the first set that allows all it
 * asks for, of those that its creator or its ServiceAccount may use: by priority, then the more restrictive, then by name.
 * Only when none does is it refused, so that no single set ever denies.
 *
 * - Who may use a set stands in its users and groups, and in roles with the verb `use`, which are not known here. Hence each
 *   set appears in every namespace. Restrictions of a set that is for every ServiceAccount are what pods meet that have no
 *   other: Warning. Others say what those may do that have been given them: Info.
 * - Namespaces labelled openshift.io/run-level 0 or 1 are left alone.
 * - Volumes that are absent are all, an empty list or `none` is none; allowHostDirVolumePlugin goes before either as to hostPath.
 *   allowPrivilegeEscalation that is absent is true. An absent strategy for groups is RunAsAny.
 * - What MustRunAs and MustRunAsRange leave open (ids, SELinux level) is given to each namespace by its annotations
 *   `openshift.io/sa.scc.*`. Not read: they decide values, and not who is bound.
 *
 * A field that is not known may allow less or more: it is a problem and stands in `unread`.
 *
 * @see https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/authentication_and_authorization/managing-pod-security-policies
 * @see https://github.com/openshift/api/blob/master/security/v1/types.go
 * @see https://github.com/openshift/apiserver-library-go/blob/master/pkg/securitycontextconstraints/sccadmission/admission.go
 */
import * as z from 'zod';
import { compareText, type Effect, type Severity } from '../../crds/constraint.ts';
import type { SecurityContextRule } from '../../crds/rules/security-context.ts';
import type { Scope } from '../../crds/scope.ts';
import { FieldsOfObject } from './bounded-fields.ts';
import { defineAdapter } from './define.ts';
import { pointersOf } from './fault-pointers.ts';
import { absent, listOf } from './fields.ts';
import { readSpec, type SpecReader } from './spec-reader.ts';
import { boundedList, sentence } from './text.ts';
import { unknownFields } from './unknown-fields.ts';

const Texts = listOf(z.string());
const Id = z.int();
const RunAsUser = z.strictObject({
  type: absent(z.string()),
  uid: absent(Id),
  uidRangeMin: absent(Id),
  uidRangeMax: absent(Id),
});
const Range = z.strictObject({ min: absent(Id), max: absent(Id) });
const Groups = z.strictObject({ type: absent(z.string()), ranges: absent(listOf(Range)) });
const SeLinux = z.strictObject({
  type: absent(z.string()),
  seLinuxOptions: absent(z.record(z.string(), z.string())),
});

const known = new Set([
  'allowHostDirVolumePlugin',
  'allowHostIPC',
  'allowHostNetwork',
  'allowHostPID',
  'allowHostPorts',
  'allowPrivilegeEscalation',
  'allowPrivilegedContainer',
  'allowedCapabilities',
  'allowedFlexVolumes',
  'allowedUnsafeSysctls',
  'apiVersion',
  'defaultAddCapabilities',
  'defaultAllowPrivilegeEscalation',
  'fsGroup',
  'forbiddenSysctls',
  'groups',
  'kind',
  'metadata',
  'priority',
  'readOnlyRootFilesystem',
  'requiredDropCapabilities',
  'runAsUser',
  'seLinuxContext',
  'seccompProfiles',
  'supplementalGroups',
  'userNamespaceLevel',
  'users',
  'volumes',
]);

export const securityContextConstraints = defineAdapter({
  id: 'securitycontextconstraints',
  resources: [{ group: 'security.openshift.io', plural: 'securitycontextconstraints' }],
  fields: {},
  constraints({ metadata: { name } }, whole) {
    const object = FieldsOfObject.catch({}).parse(whole);
    const spec = readSpec(object, []);
    const read = ruleOf(spec);
    const faults = [...spec.faults, ...unknownFields(object, known, [])];
    const rule: SecurityContextRule = faults.length === 0 ? read : { ...read, unread: pointersOf(faults) };
    const told = {
      effect: effectOf(rule),
      severity: severityOf(rule),
      summary: summaryOf(rule, name),
      message: messageOf(rule, name),
    };
    return { drafts: [{ key: 'pods', type: 'Admission', ...told, scope, rule }], faults };
  },
});

const scope: Scope = {
  namespaces: {
    selector: { matchExpressions: [{ key: 'openshift.io/run-level', operator: 'NotIn', values: ['0', '1'] }] },
  },
  workloads: {},
  admission: [
    {
      rules: [
        { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods'] },
        { operations: ['UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods/ephemeralcontainers'] },
      ],
    },
  ],
};

/** What cannot be read allows nothing here; that it cannot is told beside it. */
function ruleOf(spec: SpecReader): SecurityContextRule {
  const may = (field: string) => spec.read(field, z.boolean()) ?? false;
  const texts = (field: string) => spec.read(field, Texts) ?? [];
  const host = (['IPC', 'network', 'PID', 'ports'] as const).filter((what) =>
    may(`allowHost${what.slice(0, 1).toUpperCase()}${what.slice(1)}`),
  );
  const defaultEscalation = spec.read('defaultAllowPrivilegeEscalation', z.boolean());
  const flex = spec.read('allowedFlexVolumes', listOf(z.strictObject({ driver: z.string() }))) ?? [];
  const userNamespaces = spec.read('userNamespaceLevel', z.string());
  return {
    form: 'securityContext',
    users: texts('users').toSorted(compareText),
    groups: texts('groups').toSorted(compareText),
    priority: spec.read('priority', z.int()) ?? 0,
    privileged: may('allowPrivilegedContainer'),
    privilegeEscalation: spec.read('allowPrivilegeEscalation', z.boolean()) ?? true,
    ...(defaultEscalation === undefined ? {} : { defaultPrivilegeEscalation: defaultEscalation }),
    host,
    volumes: volumesOf(spec),
    hostPath: may('allowHostDirVolumePlugin'),
    ...(flex.length === 0 ? {} : { flexDrivers: flex.map(({ driver }) => driver) }),
    capabilities: {
      allowed: texts('allowedCapabilities'),
      added: texts('defaultAddCapabilities'),
      dropped: texts('requiredDropCapabilities'),
    },
    runAsUser: userOf(spec.read('runAsUser', RunAsUser)),
    fsGroup: groupsOf(spec.read('fsGroup', Groups)),
    supplementalGroups: groupsOf(spec.read('supplementalGroups', Groups)),
    seLinux: seLinuxOf(spec.read('seLinuxContext', SeLinux)),
    seccompProfiles: texts('seccompProfiles'),
    readOnlyRoot: may('readOnlyRootFilesystem'),
    unsafeSysctls: texts('allowedUnsafeSysctls'),
    forbiddenSysctls: texts('forbiddenSysctls'),
    ...(userNamespaces === undefined ? {} : { userNamespaces }),
  };
}

function volumesOf(spec: SpecReader): string[] {
  const before = spec.faults.length;
  const listed = spec.read('volumes', Texts) ?? (spec.faults.length === before ? ['*'] : []);
  return listed.filter((volume) => volume !== 'none' && volume !== 'hostPath').toSorted(compareText);
}

const any = 'RunAsAny';

function userOf(user: z.infer<typeof RunAsUser> | undefined): SecurityContextRule['runAsUser'] {
  if (user === undefined) return { strategy: any };
  const { type = any, uid, uidRangeMin: min, uidRangeMax: max } = user;
  return {
    strategy: type,
    ...(uid === undefined ? {} : { id: uid }),
    ...(min === undefined && max === undefined ? {} : { ranges: [rangeOf({ min, max })] }),
  };
}

function rangeOf({ min, max }: z.infer<typeof Range>): { min?: number; max?: number } {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function groupsOf(groups: z.infer<typeof Groups> | undefined): SecurityContextRule['fsGroup'] {
  const ranges = groups?.ranges ?? [];
  return { strategy: groups?.type ?? any, ...(ranges.length === 0 ? {} : { ranges: ranges.map(rangeOf) }) };
}

function seLinuxOf(context: z.infer<typeof SeLinux> | undefined): SecurityContextRule['seLinux'] {
  const options = context?.seLinuxOptions;
  return { strategy: context?.type ?? any, ...(options === undefined ? {} : { options }) };
}

/** What it keeps pods from, in words for every reader. */
function refusals(rule: SecurityContextRule): string[] {
  const { volumes, hostPath, capabilities, runAsUser, fsGroup, supplementalGroups, seLinux, seccompProfiles } = rule;
  const hosts = (['network', 'ports', 'PID', 'IPC'] as const).filter((what) => !rule.host.includes(what));
  const free = ({ strategy }: { readonly strategy: string }) => strategy === any;
  return [
    ...(rule.privileged ? [] : ['no privileged containers']),
    ...(rule.privilegeEscalation ? [] : ['no privilege escalation']),
    ...(hosts.length === 0 ? [] : [`no host ${hosts.join(', ')}`]),
    ...(hostPath ? [] : ['no hostPath']),
    ...(volumes.includes('*') ? [] : ['only some volumes']),
    ...(capabilities.allowed.includes('*') && capabilities.dropped.length === 0 ? [] : ['only some capabilities']),
    ...(free(runAsUser) ? [] : [runAsUser.strategy === 'MustRunAsNonRoot' ? 'no root user' : 'only some users']),
    ...(free(fsGroup) && free(supplementalGroups) ? [] : ['only some groups']),
    ...(free(seLinux) ? [] : ['only some SELinux contexts']),
    ...(seccompProfiles.includes('*') ? [] : ['only some seccomp profiles']),
    ...(rule.readOnlyRoot ? ['no writable root file system'] : []),
    ...(rule.forbiddenSysctls.length === 0 ? [] : ['only some sysctls']),
    ...(rule.userNamespaces === 'RequirePodLevel' ? ['only pods with a user namespace of their own'] : []),
  ];
}

function effectOf(rule: SecurityContextRule): Effect {
  if (rule.unread !== undefined) return 'unknown';
  return refusals(rule).length === 0 ? 'allow' : 'restrict';
}

const everyone: ReadonlySet<string> = new Set(['system:authenticated', 'system:serviceaccounts']);

function isForEveryone({ groups }: SecurityContextRule): boolean {
  return groups.some((group) => everyone.has(group));
}

function severityOf(rule: SecurityContextRule): Severity {
  if (rule.unread !== undefined) return 'Warning';
  return effectOf(rule) === 'restrict' && isForEveryone(rule) ? 'Warning' : 'Info';
}

function summaryOf(rule: SecurityContextRule, name: string): string {
  const who = isForEveryone(rule) ? 'Pods' : 'Pods of those who may use it';
  const under = `${who} are admitted under the permissions ${sentence(name, 60)}`;
  if (rule.unread !== undefined) return `${under}, parts of which are not understood`;
  const list = refusals(rule);
  if (list.length === 0) return `${under}, which allow everything`;
  return `${under} or others that allow what they ask for; these allow ${boundedList(list, { separator: ', ', lengthMax: 140, noun: 'limit' })}`;
}

function messageOf(rule: SecurityContextRule, name: string): string {
  const { capabilities, runAsUser, volumes, hostPath } = rule;
  const list = (items: readonly string[], lengthMax = 160) =>
    boundedList(
      items.map((item) => sentence(item, 80)),
      { separator: ', ', lengthMax, noun: 'item' },
    );
  const who = list([...rule.users, ...rule.groups], 160);
  const refused = refusals(rule).filter((refusal) => refusal.startsWith('no '));
  const kinds = [
    ...(hostPath ? ['hostPath'] : []),
    ...volumes.map((volume) => (volume === '*' ? 'any other' : volume)),
  ];
  const added = [...new Set([...capabilities.allowed, ...capabilities.added])];
  const parts = [
    `SecurityContextConstraints ${sentence(name, 80)} admit a pod that asks for nothing else than they allow: ${refused.length === 0 ? 'any rights on the node' : list(refused)}`,
    `volumes: ${kinds.length === 0 ? 'none' : list(kinds)}`,
    `capabilities that may be added: ${added.length === 0 ? 'none' : list(added)}`,
    ...(capabilities.dropped.length === 0 ? [] : [`dropped: ${list(capabilities.dropped)}`]),
    `user: ${idsText(runAsUser)}`,
    `fsGroup: ${idsText(rule.fsGroup)}`,
    `SELinux: ${sentence(rule.seLinux.strategy, 40)}`,
    `priority ${rule.priority}`,
    `usable by ${who === '' ? 'nobody it names' : who}, and by whoever has a role for it; a pod is refused only when no set that it may use allows it`,
    ...(rule.unread === undefined ? [] : [`not understood: ${list(rule.unread)}`]),
  ];
  return parts.join('; ');
}

function idsText({ strategy, id, ranges = [] }: SecurityContextRule['runAsUser']): string {
  const texts = ranges.map(({ min, max }) => `${min ?? 'lowest'} to ${max ?? 'highest'}`);
  const values = [...(id === undefined ? [] : [`${id}`]), ...texts];
  const text = boundedList(values, { separator: ', ', lengthMax: 80, noun: 'range' });
  return `${sentence(strategy, 40)}${text === '' ? '' : ` ${text}`}`;
}
