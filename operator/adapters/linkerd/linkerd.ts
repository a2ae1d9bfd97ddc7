/**
 * Linkerd: a Server with everything that lets somebody connect to it, from AuthorizationPolicies and ServerAuthorizations and
 * the authentications that they name. A Server is one constraint, the whole truth about its port; each policy that lets
 * somebody through is one that refuses nothing.
 *
 * - What lets through adds up: any of them is enough.
 * - Routes are not read. Once one is attached to a Server, only routes are served, to whom policies for the route or for
 *   the Server let through: where the namespace has policies for routes, a Server may let more through than stands here.
 * - All of a namespace is joined. Authentications of another namespace are named and not looked up: were they joined with
 *   every namespace, a change of one would be a change of all.
 *
 * Only pods with a proxy are bound. Not read: the default of a pod for ports without a Server (the annotation
 * config.linkerd.io/default-inbound-policy of pod or namespace, read when the pod is created, and a setting of the
 * installation), EgressNetwork, and rate limits.
 *
 * @see https://linkerd.io/2-edge/features/server-policy/
 * @see https://linkerd.io/2-edge/reference/authorization-policy/
 */
import { compareText } from '../../../crds/constraint.ts';
import type { MeshClause, MeshRule, MeshTarget } from '../../../crds/rules/mesh.ts';
import type { Scope } from '../../../crds/scope.ts';
import { matchesLabels } from '../../../kube/label-selector.ts';
import type { Draft } from '../define.ts';
import { selectsAll } from '../fields.ts';
import { defineJoiningAdapter, type ImposedBy } from '../join.ts';
import { meshTold } from '../mesh-form.ts';
import { meshTlsAuthentications, networkAuthentications } from './authentication.ts';
import {
  type Authentication,
  type Authorization,
  authorizationPolicies,
  serverAuthorizations,
} from './authorization.ts';
import { accessPolicies, networksOf } from './clients.ts';
import { type Server, servers } from './server.ts';

type Value = Server | Authorization | Authentication;

const group = 'policy.linkerd.io';

export const linkerd = defineJoiningAdapter<Value>({
  id: 'linkerd',
  resources: [
    'authorizationpolicies',
    'meshtlsauthentications',
    'networkauthentications',
    'serverauthorizations',
    'servers',
  ].map((plural) => ({ group, plural })),
  kinds: [authorizationPolicies, meshTlsAuthentications, networkAuthentications, serverAuthorizations, servers],
  join(values) {
    const known = new Map(
      values.flatMap((value) =>
        value.is === 'authentication' ? [[`${value.kind}/${value.name}`, value] as const] : [],
      ),
    );
    const grants = values
      .flatMap((value) => (value.is === 'authorization' ? grantOf(value, known) : []))
      .toSorted((a, b) => compareText(a.by, b.by));
    const own = values
      .filter((value) => value.is === 'server')
      .toSorted((a, b) => compareText(a.head.metadata.name, b.head.metadata.name));
    const ofServers = createGrantIndex(grants, Math.max(clausesMin, Math.floor(clausesMax / own.length)));
    return [...own.map((server) => serverDraft(server, ofServers)), ...grants.map(grantDraft)];
  },
});

/** An authorization that is in force. */
interface Grant {
  readonly authorization: Authorization;
  /** `Kind namespace/name`. */
  readonly by: string;
  readonly clause: MeshClause;
}

/** None when it is ignored. */
function grantOf(authorization: Authorization, known: ReadonlyMap<string, Authentication>): Grant[] {
  const { head, namespace, unread, references, clause } = authorization;
  const by = `${head.kind} ${namespace}/${head.metadata.name}`;
  if (unread.length > 0) return [{ authorization, by, clause: { path: '', by, unread: [...unread] } }];
  if (clause === undefined) return [];
  const demands = demandsOf(references, namespace, known);
  if (demands === undefined) return [];
  return [{ authorization, by, clause: { path: '', by, ...clause, ...demands } }];
}

/** What all references together ask for; undefined when one of them is not there, or there are too many of a sort. */
function demandsOf(
  references: Authorization['references'],
  namespace: string,
  known: ReadonlyMap<string, Authentication>,
): Pick<MeshClause, 'from' | 'when' | 'elsewhere' | 'unread'> | undefined {
  const elsewhere: MeshTarget[] = [];
  let demands: Pick<MeshClause, 'from' | 'when' | 'unread'> = {};
  const networkReferences = references.filter(({ type }) => type === `networkauthentication.${group}`);
  if (networkReferences.length > 1 || references.length - networkReferences.length > 1) return undefined;
  for (const reference of references) {
    const { type, name, namespace: named = namespace } = reference;
    if (type === 'serviceaccount.') {
      const values = [`${named}/${name}`];
      demands = { ...demands, from: [[{ attribute: 'source.serviceAccount', by: 'serviceAccount', values }]] };
      continue;
    }
    const kind = type === `networkauthentication.${group}` ? 'NetworkAuthentication' : 'MeshTLSAuthentication';
    if (named !== namespace) {
      elsewhere.push({ group, kind, namespace: named, name });
      continue;
    }
    const found = known.get(`${kind}/${name}`);
    if (found === undefined) return undefined;
    if (found.unread) demands = { ...demands, unread: [...(demands.unread ?? []), `${kind} ${named}/${name}`] };
    else if (kind === 'MeshTLSAuthentication') demands = { ...demands, from: found.identities };
    else demands = { ...demands, ...networksOf(found.networks) };
  }
  return elsewhere.length === 0 ? demands : { ...demands, elsewhere };
}

interface GrantIndex {
  readonly of: (server: Server) => readonly MeshClause[];
  /** Policies for routes. */
  readonly routes: readonly Grant[];
}

/** Of all Servers of a namespace together: as each may tell of every policy, there would be no end to them. */
const clausesMax = 20_000;
/** Of a Server, however many there are. */
const clausesMin = 10;

/** A namespace may have thousands of both: most policies name one Server. Of what is over `max` for a Server it is not known whom it lets through. */
function createGrantIndex(grants: readonly Grant[], max: number): GrantIndex {
  const byName = Map.groupBy(grants, ({ authorization: { to } }) => (to.of === 'server' ? to.name : undefined));
  const others = byName.get(undefined) ?? [];
  const selecting = others.filter(
    ({ authorization: { to } }) => to.of === 'servers' || to.of === 'namespace' || to.of === 'unknown',
  );
  return {
    of: ({ head, labels }) => {
      const all = [
        ...(byName.get(head.metadata.name) ?? []),
        ...selecting.filter(({ authorization: { to } }) => to.of !== 'servers' || matchesLabels(to.selector, labels)),
      ].map(({ clause }) => clause);
      const [over] = all.slice(max);
      return over === undefined ? all : [...all.slice(0, max), { ...over, unread: [''] }];
    },
    routes: others.filter(({ authorization: { to } }) => to.of === 'route'),
  };
}

/** Each Server of a namespace tells of all of them. */
const routesMax = 20;

/** Protocols without requests have no routes. */
const withoutRoutes: ReadonlySet<string> = new Set(['opaque', 'TLS']);

function serverDraft(server: Server, grants: GrantIndex): ImposedBy {
  const { head, namespace, selector, isExternal, port, protocol, accessPolicy, unread, scopeUnread } = server;
  const { otherwise, clause } = accessPolicies[accessPolicy];
  const routes = withoutRoutes.has(protocol) ? [] : grants.routes.map(({ by }) => by);
  const outside: MeshTarget = {
    group: 'workload.linkerd.io',
    kind: 'ExternalWorkload',
    namespace,
    name: '*',
    selector,
  };
  const targets = isExternal ? [outside] : [];
  const rule: MeshRule = {
    form: 'mesh',
    engine: 'linkerd',
    demand: {
      about: 'server',
      ...(port === undefined ? {} : { port }),
      protocol,
      otherwise,
      clauses: [...(clause === undefined ? [] : [{ path: '/spec/accessPolicy', ...clause }]), ...grants.of(server)],
      ...(routes.length === 0 ? {} : { routes: routes.slice(0, routesMax) }),
    },
    ...(isExternal ? { targets } : {}),
    ...(unread.length === 0 ? {} : { unread: [...unread] }),
  };
  const scope: Scope = {
    namespaces: { names: [namespace] },
    ...(isExternal
      ? {}
      : { workloads: { ...(selectsAll(selector) ? {} : { selector }), hostNetwork: false as const } }),
    ...(scopeUnread.length === 0 ? {} : { unread: [...scopeUnread] }),
  };
  return { source: head, drafts: [{ key: 'server', ...meshTold(rule, { selector, targets }), scope, rule }] };
}

/** What a policy lets through, whether or not its target is there. */
function grantDraft({ authorization, clause: { by: _by, ...clause } }: Grant): ImposedBy {
  const { head, namespace, to, unread } = authorization;
  const targets = targetsOf(authorization);
  const rule: MeshRule = {
    form: 'mesh',
    engine: 'linkerd',
    demand: { about: 'authorization', action: 'allow', clauses: [clause] },
    targets,
  };
  const draft: Draft = {
    key: 'allow',
    ...meshTold(rule, { selector: undefined, targets }),
    scope: {
      namespaces: { names: [namespace] },
      ...(to.of === 'unknown' && unread.length > 0 ? { unread: [...unread] } : {}),
    },
    rule,
  };
  return { source: head, drafts: [draft] };
}

function targetsOf({ to, namespace }: Authorization): MeshTarget[] {
  switch (to.of) {
    case 'server':
      return [{ group, kind: 'Server', namespace, name: to.name }];
    case 'servers':
      return [{ group, kind: 'Server', namespace, name: '*', selector: to.selector }];
    case 'namespace':
      return [{ group: '', kind: 'Namespace', name: namespace }];
    case 'route':
      return [to.target];
    case 'unknown':
      return [];
    default:
      return to satisfies never;
  }
}
