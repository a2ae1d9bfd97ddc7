/**
 * What to do where RBAC, or another authorizer, said no: the very rule that is missing, for the very user.
 */
import { isDnsLabel, isDnsSubdomain } from '../../../kube/names.ts';
import { ask, kubectl, manual, yamlPatch } from '../../remediation/steps.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { cited, shown } from '../../words.ts';
import type { About } from '../finding.ts';

/** What was refused to whom. */
export interface Access {
  readonly user: string;
  readonly verb: string;
  readonly resource?: string;
  /** Empty for the core group; undefined where the text does not tell. */
  readonly group?: string | undefined;
  readonly subresource?: string | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly cluster?: boolean;
  /** Of a request that is for no resource. */
  readonly path?: string;
}

const anonymous = 'system:anonymous';
const serviceAccountPrefix = 'system:serviceaccount:';
const nodePrefix = 'system:node:';

/** In a sentence: who may not do what where, and what the authorizer said beside it. */
export function accessWords(access: Access, reason: string): string {
  const { user, verb, path } = access;
  const what =
    path === undefined
      ? `${shown(verb, 40)} ${resourceOf(access)}${whereOf(access)}`
      : `${shown(verb, 40)} ${cited(path)}`;
  const first =
    user === anonymous
      ? `The request came without credentials that the cluster knows (${anonymous}), which may not ${what}.`
      : `RBAC does not allow the user ${cited(user)} to ${what}.`;
  return [first, ...reasonWords(reason)].join(' ');
}

function reasonWords(reason: string): string[] {
  const lower = reason.toLowerCase();
  if (lower.includes('role.rbac.authorization.k8s.io "') && lower.includes('not found')) {
    return ['A binding names a role that is not there.'];
  }
  if (lower.includes('required "') || lower.includes('requires one of ["')) {
    return ['A permission of Google Cloud IAM would allow it too.'];
  }
  if (lower.includes('in azure')) return ['A role assignment in Azure would allow it too.'];
  if (lower.includes('no relationship found between node')) {
    return ['The kubelet asks for an object that none of the pods of its node uses.'];
  }
  return [];
}

function resourceOf({ resource = '', group, subresource, name }: Access): string {
  const plural = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === undefined || group === '' ? '' : `.${group}`}`;
  return `${shown(plural)}${name === undefined ? '' : ` ${cited(name)}`}`;
}

function whereOf({ namespace, cluster }: Access): string {
  if (namespace !== undefined) return ` in the namespace ${shown(namespace)}`;
  return cluster === true ? ' at the cluster scope' : '';
}

/** The grant that is missing, how to see that it works, and whom to ask. */
export function accessSteps(access: Access, reason: string, about: About): readonly RemediationStep[] {
  const { user, verb, cluster } = access;
  const privilege = cluster === true || access.path !== undefined ? 'cluster-admin' : 'namespace-admin';
  if (user === anonymous) {
    return [
      manual(
        'Present credentials: log in again, or have the client read its kubeconfig or its mounted token.',
        'developer',
      ),
      kubectl('See who you are to the cluster.', ['auth', 'whoami'], 'developer'),
    ];
  }
  if (user.startsWith(nodePrefix)) {
    return [
      manual('Look why the kubelet asks for this: nodes may only read what their own pods use.', 'cluster-admin'),
    ];
  }
  const lower = reason.toLowerCase();
  return [
    ...(lower.includes('role.rbac.authorization.k8s.io "') && lower.includes('not found')
      ? [manual('Create the role that the message says is not found, or delete the binding that names it.', privilege)]
      : []),
    ...grant(access, about, privilege),
    kubectl('See whether it is allowed now.', canI(access, about), 'cluster-admin'),
    ask(
      about,
      `for permission to ${shown(verb, 40)} ${access.path === undefined ? resourceOf(access) : cited(access.path)}${whereOf(access)}`,
      privilege,
    ),
  ];
}

/** As every verb of a request is written, and those of RBAC alone. */
function isVerb(verb: string): boolean {
  return verb === '*' || /^[a-z]+$/.test(verb);
}

/** Names of most kinds; those of RBAC may hold colons and capitals, too. */
function isObjectName(name: string): boolean {
  return /^[A-Za-z0-9:._-]+$/.test(name);
}

/** `kubectl auth can-i`, as that user. */
function canI(access: Access, about: About): (string | { value: string })[] | undefined {
  const { user, verb, path, resource = '', group, subresource, name, cluster } = access;
  if (!isVerb(verb) || (name !== undefined && !isObjectName(name))) return undefined;
  const as = ['--as', { value: user }];
  if (path !== undefined) return ['auth', 'can-i', { value: verb }, { value: path }, ...as];
  const plural = `${resource}${group === undefined || group === '' ? '' : `.${group}`}`;
  if (!isDnsSubdomain(plural)) return undefined;
  const what = name === undefined || verb === 'create' ? plural : `${plural}/${name}`;
  return [
    'auth',
    'can-i',
    { value: verb },
    { value: what },
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...(cluster === true ? ['--all-namespaces'] : ['-n', namespaceOf(access, about)]),
    ...as,
  ];
}

function namespaceOf({ namespace }: Access, about: About): string {
  return namespace !== undefined && isDnsLabel(namespace) ? namespace : about.namespace;
}

/** Verbs that are judged by the name of an object. @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources */
const namedVerbs: ReadonlySet<string> = new Set([
  'get',
  'update',
  'patch',
  'delete',
  'impersonate',
  'bind',
  'escalate',
  'use',
  'approve',
  'sign',
]);

function grant(access: Access, about: About, privilege: 'cluster-admin' | 'namespace-admin'): RemediationStep[] {
  const rule = ruleOf(access);
  const subject = subjectOf(access.user);
  if (rule === undefined) return [];
  const isCluster = privilege === 'cluster-admin';
  const namespace = namespaceOf(access, about);
  const name = `allow-${access.verb.toLowerCase()}-${access.resource ?? 'path'}`;
  const kinds = isCluster ? (['ClusterRole', 'ClusterRoleBinding'] as const) : (['Role', 'RoleBinding'] as const);
  const metadata = isCluster ? { name } : { name, namespace };
  const group = 'rbac.authorization.k8s.io';
  const apiVersion = `${group}/v1`;
  const [role, binding] = kinds;
  return [
    yamlPatch(
      `Grant exactly this, if whoever asks is meant to do it: a ${role} and a ${binding}.`,
      {
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion, kind: role, metadata, rules: [rule] },
          { apiVersion, kind: binding, metadata, roleRef: { apiGroup: group, kind: role, name }, subjects: [subject] },
        ],
      },
      privilege,
      ['create', '-f', 'FILE'],
    ),
  ];
}

function ruleOf({ verb, resource, group, subresource, name, path }: Access): object | undefined {
  if (!/^[a-z]+$/.test(verb)) return undefined;
  if (path !== undefined) return { nonResourceURLs: [path], verbs: [verb] };
  // Where older versions write no group behind a dot, it is the core group.
  if (resource === undefined || !isDnsSubdomain(resource) || ((group ?? '') !== '' && !isDnsSubdomain(group ?? '')))
    return undefined;
  return {
    apiGroups: [group ?? ''],
    resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
    ...(name !== undefined && isDnsSubdomain(name) && namedVerbs.has(verb) ? { resourceNames: [name] } : {}),
    verbs: [verb],
  };
}

function subjectOf(user: string): object {
  const [namespace, name, ...more] = user.slice(serviceAccountPrefix.length).split(':');
  if (user.startsWith(serviceAccountPrefix) && namespace !== undefined && name !== undefined && more.length === 0) {
    return { kind: 'ServiceAccount', name, namespace };
  }
  return { kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' };
}
