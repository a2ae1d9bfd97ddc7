/**
 * Rules of a service mesh: what the error looks like, whom they bind, and whom to ask. Nothing is drafted: a policy that
 * allows makes everything else refused, and one that denies wins over every other.
 *
 * @see https://istio.io/latest/docs/concepts/security/
 * @see https://linkerd.io/2-edge/features/server-policy/
 */
import type { MeshDemand, MeshRule } from '../../crds/rules/mesh.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { selectorArgument } from './selector.ts';
import { ask, link, look, manual, podsWith, titleOf, told } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed } from '../words.ts';

/** From the full form. */
export function meshRemediation(subject: Subject, rule: MeshRule): Remediation {
  const help = link('How policies of the mesh work.', rule.engine === 'istio' ? 'istio' : 'linkerd');
  if (subject.effect === 'allow' || subject.effect === 'audit') {
    const does = subject.effect === 'allow' ? 'refuses nothing by itself' : 'only notes what it is about';
    return {
      summary: `Nothing needs to be done: ${titleOf(subject)} ${does}.`,
      steps: [...look(subject, 'See the policy.'), help],
    };
  }
  const privilege = subject.home === subject.namespace ? 'namespace-admin' : 'cluster-admin';
  return {
    summary: summaryOf(subject, rule.demand),
    steps: [
      ...told(subject),
      manual(`${symptoms(rule)}${unreadText(rule)}`, 'developer'),
      ...bound(subject, rule),
      ...look(subject, 'See the policy.'),
      ask(subject, whatToAsk(rule.demand), privilege),
      help,
    ],
  };
}

function summaryOf(subject: Subject, demand: MeshDemand): string {
  const title = titleOf(subject);
  switch (demand.about) {
    case 'authorization':
      return demand.action === 'deny'
        ? `Use a connection that ${title} does not refuse, or have it taken out.`
        : `Use a connection that ${title} accepts, or have one more accepted.`;
    case 'server':
      return `Use a connection that ${title} accepts, or have one more accepted.`;
    case 'mutualTls':
      return `Give the client a proxy of the mesh, or have plaintext accepted beside what ${title} asks for.`;
    case 'requestAuthentication':
      return `Send a valid token that ${title} knows, or none where none is demanded.`;
    case 'reach':
      return `Use a host that ${title} lists, or have one more listed.`;
    default:
      return demand satisfies never;
  }
}

/** What the one who is refused sees; texts of the proxies, which are the same in every cluster. */
function symptoms({ engine, demand }: MeshRule): string {
  switch (demand.about) {
    case 'authorization':
    case 'server':
      return engine === 'istio'
        ? 'A request that it refuses gets HTTP 403 with "RBAC: access denied"; a connection without HTTP, and any in ambient mode, is closed.'
        : 'A request that it refuses gets HTTP 403 with the header l5d-proxy-error; a connection without HTTP is closed. Clients without a proxy of the mesh have no identity.';
    case 'mutualTls':
      return 'A client without a proxy of the mesh sees its connection reset; a client whose DestinationRule switches TLS off does, too.';
    case 'requestAuthentication':
      return 'A request with a token that is not valid gets HTTP 401; what no token gets is for an AuthorizationPolicy to say.';
    case 'reach':
      return 'A request to a host that the proxy does not know gets HTTP 502 where only known hosts are let through; a connection without HTTP is closed.';
    default:
      return demand satisfies never;
  }
}

function unreadText({ unread = [] }: MeshRule): string {
  return unread.length === 0 ? '' : ` Parts of the policy are not understood: ${listed(unread, 2)}.`;
}

function bound(subject: Subject, { targets = [] }: MeshRule): RemediationStep[] {
  if (targets.length > 0) {
    const names = targets.map(({ kind, name }) => `${kind} ${name}`);
    return [
      manual(
        `It is about ${listed(names, 3)}, and about pods only behind ${targets.length === 1 ? 'it' : 'them'}.`,
        'developer',
      ),
    ];
  }
  const { workloads } = subject.full?.scope ?? {};
  if (workloads === undefined) return [];
  const { selector = {} } = workloads;
  const isAll = selectorArgument(selector) === '';
  const narrower = workloads.expression === undefined ? '' : ', but for those that a narrower policy takes out';
  return [
    podsWith(
      subject,
      selector,
      `See which pods are bound, if they have a proxy of the mesh: ${isAll ? 'all of the namespace' : 'these'}${narrower}.`,
    ),
  ];
}

function whatToAsk(demand: MeshDemand): string {
  switch (demand.about) {
    case 'authorization':
    case 'server':
      return 'to let the request through: say from which service account and namespace, to which workload, with which method, path and port.';
    case 'mutualTls':
      return 'for a port on which plaintext is accepted, too: say which client cannot have a proxy, and which port of the pod it needs.';
    case 'requestAuthentication':
      return 'to have the issuer of the token accepted.';
    case 'reach':
      return 'to have the host listed: say from which workload and to which host and port.';
    default:
      return demand satisfies never;
  }
}
