/**
 * RBAC, the other authorizers of the API server and the kubelet, and who is not known at all.
 *
 * @see https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/errors.go (forbiddenMessage)
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/rbac/escalation_check.go
 * @see https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/noderestriction/admission.go
 */
import { shown } from '../../words.ts';
import { ask, manual } from '../../remediation/steps.ts';
import type { ErrorText, Span } from '../error-text.ts';
import { format, quoted, text as rest, word } from '../format.ts';
import type { Finding, Signature } from '../finding.ts';
import { outside, says } from '../sayings.ts';
import { lastWithin, wordBefore } from '../places.ts';
import { type Access, accessSteps, accessWords } from '../steps/access.ts';

const engine = 'rbac';

/** What followed `User "x" cannot `. */
interface Refused {
  readonly access: Access;
  readonly end: number;
}

const resourceForm = format`resource "${quoted('resource', '"', 300)}" in API group "${quoted('group', '"', 260)}" `;
const pathForm = format`path "${quoted('path', '"', 500)}"`;
const inNamespace = format`in the namespace "${quoted('namespace', '"', 80)}"`;
const inProject = format`in project "${quoted('namespace', '"', 80)}"`;
const clusterScope = 'at the cluster scope';
/** Verbs are short; anything longer is another sentence. */
const verbLengthMax = 40;
const windowMax = 900;

/** `User "x" cannot list resource "pods" in API group "" in the namespace "y"`, and what older versions wrote. */
const cannot: Signature = {
  anchors: ['" cannot '],
  read(text, at) {
    const { lower, flat } = text;
    const open = lower.lastIndexOf('user "', at - 1);
    if (open < 0 || at - open > 600) return undefined;
    const user = flat.slice(open + 'user "'.length, at);
    if (user.includes('"')) return undefined;
    const found = refusedAt(text, at + '" cannot '.length, user);
    if (found === undefined) return undefined;
    const start = forbiddenFrom(text, open);
    const tail = reasonEnd(text, found.end);
    const access = { ...found.access, ...objectOf(text, start, open) };
    const reason = flat.slice(found.end, tail);
    return finding(access, { start, end: tail }, reason);
  },
};

function refusedAt(text: ErrorText, at: number, user: string): Refused | undefined {
  const { flat } = text;
  const blank = flat.indexOf(' ', at);
  if (blank < 0 || blank - at > verbLengthMax) return undefined;
  const verb = flat.slice(at, blank).replaceAll('"', '');
  const next = blank + 1;
  const path = pathForm.read(text, next);
  if (path !== undefined) {
    return { access: { user, verb, path: path.parts.path ?? '' }, end: path.end };
  }
  const resource = resourceForm.read(text, next);
  if (resource !== undefined) {
    const { resource: named = '', group = '' } = resource.parts;
    const [plural = '', subresource] = named.split('/', 2);
    return withScope(text, { user, verb, resource: plural, group, subresource }, resource.end);
  }
  return olderForm(text, next, { user, verb });
}

/** How long the one word is that the line ends with, where nothing but a user and a verb of the API stands in front of it. */
function lastWordEnd(text: ErrorText, at: number, verb: string): number | undefined {
  const length = text.lineEnd(at) - at;
  const before = text.lower.slice(Math.max(0, at - 700), at);
  const isRest = length > 0 && length < 320 && !text.flat.slice(at, at + length).includes(' ');
  return isRest && verbs.has(verb.toLowerCase()) && before.includes(' is forbidden: user "') ? length : undefined;
}

/** Of the API: without a scope behind them, other words after a user are those of another program. */
const verbs: ReadonlySet<string> = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'proxy',
]);

/** Before 1.12: `cannot list pods.metrics.k8s.io in the namespace "x"`, also `cannot list all pods in the cluster`. */
function olderForm(text: ErrorText, at: number, { user, verb }: Access): Refused | undefined {
  const window = text.lower.slice(at, at + 320);
  const ends = [' in the namespace "', ' in project "', ` ${clusterScope}`, ' in the cluster', ' on the cluster'];
  const places = ends.map((each) => window.indexOf(each)).filter((each) => each >= 0);
  const end = places.length > 0 ? Math.min(...places) : lastWordEnd(text, at, verb);
  if (end === undefined) return undefined;
  // Hard wrapped texts break names at a dot; more blanks than that make a sentence.
  const words = text.flat
    .slice(at, at + end)
    .replaceAll('"', '')
    .replace(' .', '.')
    .replace('. ', '.')
    .split(' ');
  const [first = ''] = words.filter((each) => each !== 'all' && each !== 'the');
  if (first === '' || words.length > 5) return undefined;
  const [named = '', subresource] = first.split('/', 2);
  const dot = named.indexOf('.');
  const [plural, group] = dot < 0 ? [named, undefined] : [named.slice(0, dot), named.slice(dot + 1)];
  return withScope(text, { user, verb, resource: plural, group, subresource }, at + end + 1);
}

function withScope(text: ErrorText, access: Access, at: number): Refused | undefined {
  const namespace = inNamespace.read(text, at) ?? inProject.read(text, at);
  if (namespace !== undefined)
    return { access: { ...access, namespace: namespace.parts.namespace }, end: namespace.end };
  for (const words of [clusterScope, 'in the cluster', 'on the cluster']) {
    if (text.lower.startsWith(words, at)) return { access: { ...access, cluster: true }, end: at + words.length };
  }
  // The text ends here, or goes on otherwise: what was refused is known all the same.
  return { access, end: at };
}

/** The name in front of ` is forbidden: `. */
function objectOf(text: ErrorText, start: number, open: number): { name?: string } {
  const name = format`"${quoted('name', '"', 300)}" is forbidden: `.read(text, text.flat.indexOf('"', start));
  return name === undefined || name.end !== open || name.parts.name === undefined ? {} : { name: name.parts.name };
}

/** Where `pods "x" is forbidden: ` begins that ends here, or here. */
function forbiddenFrom(text: ErrorText, at: number): number {
  const words = ' is forbidden: ';
  const from = at - words.length;
  if (!text.lower.startsWith(words, from)) return at;
  if (text.flat.charAt(from - 1) !== '"') return from - wordBefore(text, from).length;
  const mark = text.flat.lastIndexOf('"', from - 2);
  if (mark < 0 || from - mark > 320 || text.flat.charAt(mark - 1) !== ' ') return at;
  return mark - 1 - wordBefore(text, mark - 1).length;
}

/** What authorizers add behind a colon: reasons, roles that were not found, permissions of the provider. */
function reasonEnd(text: ErrorText, at: number): number {
  if (text.flat.charAt(at) !== ':') return at;
  if (text.lower.startsWith(': rbac: [', at)) {
    const close = text.flat.indexOf(']', at);
    if (close > 0 && close - at < windowMax) return close + 1;
  }
  return Math.min(text.lineEnd(at), at + windowMax);
}

function finding(access: Access, span: Span, reason: string): Finding {
  return outside({
    category: 'rbac',
    engine,
    certainty: 'stated',
    span,
    evidence: [span],
    sentence: accessWords(access, reason),
    steps: (about) => accessSteps(access, reason, about),
  });
}

/** A role that would give more than its author has. */
const escalation: Signature = {
  anchors: ['is attempting to grant rbac permissions not currently held', 'attempt to grant extra privileges: '],
  read(text, at) {
    const user = lastWithin(text.lower, 'user ', at - 500, at);
    const from = user < 0 ? at : forbiddenFrom(text, user);
    let end = text.lineEnd(at);
    for (const line of text.linesFrom(Math.min(end + 1, text.flat.length), 3_000)) {
      const first = text.flat.charAt(line.start);
      if (first !== '{' && first !== ';') break;
      end = line.end;
    }
    return outside({
      category: 'rbac',
      engine,
      certainty: 'stated',
      span: { start: from, end: Math.min(end, at + 4_000) },
      evidence: [{ start: from, end: Math.min(text.lineEnd(at), at + 240) }],
      sentence:
        'RBAC lets nobody give permissions that they do not have themselves, unless they may escalate (roles) or bind (bindings).',
      steps: (about) => [
        manual(
          'Leave out of the role what whoever creates it does not hold; the message lists those permissions.',
          'developer',
        ),
        ask(
          about,
          'for these permissions for whoever creates the role, or to create the role or binding in your place',
          'cluster-admin',
        ),
      ],
    });
  },
};

const kubeletForm = format`forbidden (user=${word('user', 400)}, verb=${word('verb', 60)}, resource=${word('resource', 60)}, subresource${rest('subresource', 80)})`;

/** The HTTP interface of the kubelet. */
const kubelet: Signature = {
  anchors: ['forbidden (user='],
  read(text, at) {
    const found = kubeletForm.read(text, at);
    const { user, verb, resource, subresource = '' } = found?.parts ?? {};
    if (found === undefined || user === undefined || verb === undefined || resource === undefined) return undefined;
    const names = subresource
      .slice(subresource.indexOf('=') + 1)
      .replaceAll('[', '')
      .replaceAll(']', '')
      .split(',');
    const access = {
      user,
      verb,
      resource,
      group: '',
      subresource: names[0] === '' ? undefined : names[0],
      cluster: true,
    };
    return finding(access, found, '');
  },
};

/** Node authorizer and NodeRestriction: kubelets reach their own node and pods only. */
const nodeForms: Signature = {
  anchors: ['is forbidden: node "'],
  read(text, at) {
    const start = forbiddenFrom(text, at + 'is forbidden: '.length);
    const found = format`is forbidden: node "${quoted('node')}" ${rest('rest', 400)}`.read(text, at);
    const said = found?.parts.rest?.toLowerCase() ?? '';
    if (
      found === undefined ||
      !['is not allowed to', 'can only', 'cannot ', 'may only'].some((each) => said.startsWith(each))
    ) {
      return undefined;
    }
    const span = { start, end: found.end };
    return outside({
      category: 'rbac',
      engine: 'node-restriction',
      certainty: 'stated',
      span,
      evidence: [span],
      sentence: `The kubelet of node ${shown(found.parts.node ?? '')} may change its own Node and its own pods only (NodeRestriction).`,
      steps: (about) => [
        manual(
          'Do it with a user of your own instead of the credentials of a kubelet, and look that the node is registered under its own name.',
          'cluster-admin',
        ),
        ask(about, 'to look at the name that the kubelet registers with', 'cluster-admin'),
      ],
    });
  },
};

const adviceCredentials =
  'Get new credentials (a pod: its mounted token, read anew), and see with kubectl auth whoami who you are to the cluster.';

export const rbacSignatures: readonly Signature[] = [
  cannot,
  escalation,
  kubelet,
  nodeForms,
  ...says({ category: 'rbac', engine }, [
    {
      words: ['you must be logged in to the server', 'the server has asked for the client to provide credentials'],
      sentence: 'The API server does not know who asks: the credentials are missing, wrong or have expired.',
      advice: [
        'Log in again, and see with kubectl config current-context and kubectl auth whoami who you are to the cluster.',
      ],
    },
    {
      words: [
        'error from server (unauthorized)',
        'unable to authenticate the request',
        'service account token has expired',
        'serviceaccount token has been invalidated',
      ],
      never: ['denied the request', 'elasticsearch', 'failed calling webhook'],
      sentence: 'The API server does not know who asks: the credentials are missing, wrong or have expired.',
      advice: [adviceCredentials],
    },
    {
      // Others answer in these words as well; a Status of the API server has a kind.
      words: ['"reason":"unauthorized"', '"reason": "unauthorized"', 'invalid bearer token'],
      beside: ['"kind"', 'apiversion', 'kube', 'authenticate the request', 'authentication.go', 'token lookup failed'],
      never: ['denied the request', 'elasticsearch', 'failed calling webhook'],
      sentence: 'The API server does not know who asks: the credentials are missing, wrong or have expired.',
      advice: [adviceCredentials],
    },
    {
      // To read an object no admission is asked.
      words: ['could not get information about the resource'],
      beside: ['" is forbidden'],
      certainty: 'likely',
      sentence: 'The API server does not let the user read an object that the client looks for.',
      advice: ['See with kubectl auth can-i get and the resource, and ask for the role that is missing.'],
    },
    {
      words: [
        "cannot set blockownerdeletion if an ownerreference refers to a resource you can't set finalizers on",
        'cannot set an ownerref on a resource you can',
      ],
      sentence: 'Who sets an owner that blocks deletion has to be allowed to update the finalizers of that owner.',
      advice: ['Have update on the subresource finalizers of the kind of the owner added to the role of the operator.'],
      privilege: 'cluster-admin',
    },
    {
      words: ['the server does not allow access to the requested resource'],
      certainty: 'likely',
      sentence: 'The API server does not allow the user this request.',
      advice: ['See with kubectl auth can-i --list what is allowed, and ask for the rest.'],
    },
  ]),
];
