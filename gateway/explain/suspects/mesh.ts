/**
 * Which policies of a service mesh can have refused a request, by what they demand and whom they bind.
 *
 * Policies are enforced where the request arrives: what is known of the client's namespace says nothing. So nothing is sure
 * unless the text says where it arrived.
 *
 * @see https://istio.io/latest/docs/concepts/security/#implicit-enablement
 */
import type { StoredWorkload } from '../../../crds/detail.ts';
import type { MeshDemand, MeshRule } from '../../../crds/rules/mesh.ts';
import { keyOfWorkload } from '../../catalog/workloads.ts';
import { shown } from '../../words.ts';
import { type Candidate, namedIn } from '../candidates.ts';
import { type About, noSuspects, type Suspect, type Suspects } from '../finding.ts';
import { takesIn } from './pods.ts';

/** Where a request arrived, as far as the text tells. */
export interface Arrival {
  readonly namespace: string | undefined;
  /** Of a workload, its Service or a pod of it. */
  readonly name: string | undefined;
  /** Of the workload. */
  readonly port: number | undefined;
  readonly proxy: 'sidecar' | 'ztunnel' | undefined;
}

export const unknownArrival: Arrival = { namespace: undefined, name: undefined, port: undefined, proxy: undefined };

type Suspecting = (candidates: readonly Candidate[], about: About) => Suspects;
type Demand<Of extends MeshDemand['about']> = Extract<MeshDemand, { about: Of }>;

/** What a policy that is not named must be like. */
interface Wanted {
  readonly kinds: readonly string[];
  /** By the full form; undefined where that is not known. */
  readonly fits: (rule: MeshRule, arrival: Arrival) => boolean;
  /** Without the full form: by what everybody sees. */
  readonly mayFit: (candidate: Candidate) => boolean;
  /** Why one is taken for the cause that is known to fit. */
  readonly reason: string;
  /** Whether all that fit are the cause together, and not one of them. */
  readonly together?: boolean;
}

function meshRuleOf({ full }: Candidate): MeshRule | undefined {
  return full?.rule.form === 'mesh' ? full.rule : undefined;
}

/** A policy that the text names. Linkerd has a kind of the same name, whose policies refuse nothing. */
export function namedAuthorization(policy: {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly rule: string | undefined;
}): Suspecting {
  return (candidates) => {
    const named = namedIn(candidates, { kinds: ['AuthorizationPolicy'], name: policy.name }).filter(
      (candidate) =>
        (policy.namespace === undefined || candidate.home === policy.namespace) &&
        (meshRuleOf(candidate)?.engine ?? (candidate.effect === 'allow' ? 'linkerd' : 'istio')) === 'istio',
    );
    const denying = named.filter((candidate) => actionOf(candidate) === 'deny' && candidate.effect !== 'audit');
    const certain = (denying.length > 0 ? denying : named).map((candidate) => ({
      candidate,
      reason: namedReason(candidate, policy.rule),
      ...(candidate.effect === 'audit' ? { doubt: 'it only notes requests' } : {}),
    }));
    return { certain, possible: [] };
  };
}

function namedReason(candidate: Candidate, rule: string | undefined): string {
  const demand = meshRuleOf(candidate)?.demand;
  if (candidate.effect === 'audit')
    return 'The text names it; as it is now it only notes requests, so it may have changed since';
  if (demand?.about !== 'authorization' || rule === undefined) return 'The text names it';
  const path = `/spec/rules/${rule}`;
  const found = demand.clauses.some((clause) => clause.path === path);
  return found
    ? `The text names it and its rule at ${path}`
    : `The text names it; it has no rule at ${path} any more, so it may have changed since`;
}

/** The key of a policy of Istio is its action, as is that in the full form. */
function actionOf(candidate: Candidate): string | undefined {
  const demand = meshRuleOf(candidate)?.demand;
  return demand?.about === 'authorization' ? demand.action : candidate.key;
}

const authorizations: Pick<Wanted, 'kinds'> = { kinds: ['AuthorizationPolicy'] };

function isAuthorization(actions: readonly Demand<'authorization'>['action'][]): Pick<Wanted, 'fits' | 'mayFit'> {
  return {
    fits: ({ engine, demand }) =>
      engine === 'istio' && demand.about === 'authorization' && actions.includes(demand.action),
    mayFit: ({ key }) => key === undefined || actions.some((action) => action === key),
  };
}

/** No policy that allows matched: each of those that bind the workload could have, so together they are the cause. */
export const noneAllowed: Wanted = {
  ...authorizations,
  ...isAuthorization(['allow']),
  reason: 'it accepts only what its rules match, and the text says that none of those of the workload did',
  together: true,
};

/** A request was refused, and not said by what. */
export const anyAuthorization: Wanted = {
  ...authorizations,
  ...isAuthorization(['deny', 'allow']),
  reason: 'it refuses requests',
};

/** An external provider refused. */
export const delegating: Wanted = {
  ...authorizations,
  ...isAuthorization(['delegate']),
  reason: 'it has an external provider asked',
};

/** Plaintext where mutual TLS is demanded. */
export const strictTls: Wanted = {
  kinds: ['PeerAuthentication'],
  fits: ({ demand }, { port }) => demand.about === 'mutualTls' && modesOf(demand, port).includes('STRICT'),
  mayFit: ({ effect }) => effect === 'require' || effect === 'unknown',
  reason: 'it accepts nothing but mutual TLS',
};

/** Encrypted where the server takes plaintext alone, or the other way round. */
export const unlikeTls: Wanted = {
  kinds: ['PeerAuthentication'],
  fits: ({ demand }, { port }) =>
    demand.about === 'mutualTls' && modesOf(demand, port).some((mode) => mode !== 'PERMISSIVE'),
  mayFit: ({ effect }) => effect !== 'allow',
  reason: 'it accepts only one of mutual TLS and plaintext',
};

function modesOf({ mode, ports = [] }: Demand<'mutualTls'>, port: number | undefined): readonly string[] {
  if (port === undefined) return [mode, ...ports.map((each) => each.mode)];
  return [ports.find((each) => each.port === port)?.mode ?? mode];
}

/** A token that is not accepted. */
export const tokens: Wanted = {
  kinds: ['RequestAuthentication'],
  fits: ({ demand }) => demand.about === 'requestAuthentication',
  mayFit: () => true,
  reason: 'it says which tokens are accepted',
};

/** A host that the proxy of the client does not know. */
export const registryOnly: Wanted = {
  kinds: ['Sidecar'],
  fits: ({ demand }) =>
    demand.about === 'reach' && demand.others !== 'any' && (demand.others !== undefined || demand.egress !== undefined),
  mayFit: () => true,
  reason: 'it says which hosts the proxy knows, and others are refused',
};

/** A port of a workload that Linkerd guards. */
export const guarded: Wanted = {
  kinds: ['Server'],
  fits: ({ demand }, { port }) =>
    demand.about === 'server' && (port === undefined || typeof demand.port !== 'number' || demand.port === port),
  mayFit: () => true,
  reason: 'it says who may connect to a port',
};

/** What limits connections to pods below the mesh. */
export const incomingTraffic: Wanted = {
  kinds: ['NetworkPolicy', 'CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'],
  fits: () => false,
  mayFit: ({ type }) => type === 'NetworkIngress',
  reason: 'it limits what comes in: TCP 15008 must be among it',
};

/** What can have caused it, by what it demands and whom it binds. */
export function suspectsAt(wanted: Wanted, arrival: Arrival = unknownArrival): Suspecting {
  return (candidates, about) => {
    if (arrival.namespace !== undefined && arrival.namespace !== about.namespace) return noSuspects;
    const workload = workloadAt(arrival, about);
    const open = candidates
      .filter((candidate) => wanted.kinds.includes(candidate.kind) && canRefuse(candidate, wanted, arrival))
      .map((candidate) => ({ candidate, takes: takesInAt(candidate, workload) }))
      .filter(({ takes }) => takes !== false);
    const bound = open.filter(({ takes }) => takes === true);
    const isKnownPlace = arrival.namespace !== undefined;
    const others = open.length - bound.length;
    const isSure =
      isKnownPlace && (open.length === 1 || (wanted.together === true && bound.length > 0 && others === 0));
    const ranked = [...bound, ...open.filter(({ takes }) => takes !== true)];
    const suspects = ranked.map(
      ({ candidate, takes }): Suspect => ({
        candidate,
        reason: reasonOf(wanted, candidate, takes, workload),
      }),
    );
    return isSure ? { certain: suspects, possible: [] } : { certain: [], possible: suspects };
  };
}

function canRefuse(candidate: Candidate, { fits, mayFit }: Wanted, arrival: Arrival): boolean {
  const rule = meshRuleOf(candidate);
  if (rule === undefined) return candidate.effect !== 'audit' && candidate.effect !== 'allow' && mayFit(candidate);
  if (rule.dryRun === true || candidate.effect === 'audit' || candidate.effect === 'allow') return false;
  const isElsewhere = arrival.proxy !== undefined && rule.proxies?.includes(arrival.proxy) === false;
  return !isElsewhere && fits(rule, arrival);
}

/** The workload at which it arrived; a Service mostly has the name of what it stands for. */
function workloadAt({ name, namespace }: Arrival, { workloads, workloadName }: About): StoredWorkload | undefined {
  if (name === undefined) return namespace === undefined ? undefined : find(workloads, workloadName);
  const exact = find(workloads, name);
  if (exact !== undefined) return exact;
  const ofPod = workloads?.filter((workload) => name.startsWith(`${workload.name}-`)) ?? [];
  return ofPod.toSorted((a, b) => b.name.length - a.name.length)[0];
}

function find(workloads: readonly StoredWorkload[] | undefined, name: string | undefined): StoredWorkload | undefined {
  if (name === undefined) return undefined;
  return workloads?.find((workload) => workload.name === name || keyOfWorkload(workload) === name);
}

/** As for a workload; what binds all pods binds those of one that is not known, too. */
function takesInAt(candidate: Candidate, workload: StoredWorkload | undefined): boolean | undefined {
  if (workload !== undefined) return takesIn(candidate, workload);
  const pods = candidate.full?.scope.workloads;
  if (pods === undefined) return undefined;
  const { selector, expression, serviceAccounts, nodes } = pods;
  const parts = [...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? [])];
  const isAll = parts.length === 0 && [expression, serviceAccounts, nodes].every((part) => part === undefined);
  return isAll ? true : undefined;
}

function reasonOf(
  { reason }: Wanted,
  { effect, full }: Candidate,
  takes: boolean | undefined,
  workload: StoredWorkload | undefined,
): string {
  if (full === undefined)
    return `It ${effect === 'unknown' ? 'may be about this' : 'is of the kind that does this'}; what it says is not shown`;
  const whom = workload === undefined ? 'all pods' : shown(keyOfWorkload(workload));
  return takes === true ? `It binds ${whom}, and ${reason}` : `Whether it binds the workload is not known; ${reason}`;
}

/** A PeerAuthentication that the text names. */
export function namedPeer(policy: { readonly name: string; readonly namespace: string }): Suspecting {
  return (candidates) => ({
    certain: namedIn(candidates, { kinds: ['PeerAuthentication'], name: policy.name })
      .filter(({ home }) => home === policy.namespace)
      .map((candidate) => ({ candidate, reason: 'The text names it' })),
    possible: [],
  });
}

/** A Server of Linkerd that the text names. */
export function namedServer(name: string, namespace?: string): Suspecting {
  return (candidates, about) => {
    if (namespace !== undefined && namespace !== about.namespace) return noSuspects;
    const certain = namedIn(candidates, { kinds: ['Server'], name }).map((candidate) => ({
      candidate,
      reason:
        candidate.effect === 'allow' || candidate.effect === 'audit'
          ? 'The text names it; as it is now it refuses nobody, so it may have changed since'
          : 'The text names it',
    }));
    return { certain, possible: [] };
  };
}

/** Several kinds of policy that can have caused it: none of them for sure. */
export function suspectsOfAny(wanted: readonly Wanted[], arrival: Arrival): Suspecting {
  return (candidates, about) => ({
    certain: [],
    possible: wanted.flatMap((each) => {
      const { certain, possible } = suspectsAt(each, arrival)(candidates, about);
      return [...certain, ...possible];
    }),
  });
}
