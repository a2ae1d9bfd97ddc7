/**
 * What can be said of a rule of the form `mesh`, whichever engine it comes from: its effect, its severity, its sentences.
 *
 * Critical: nothing is accepted, or nothing but mutual TLS. Warning: only some of it is, or a part is not understood. Info:
 * everything is, or it is only noted.
 */
import type { Effect } from '../../crds/constraint.ts';
import type { MeshClause, MeshDemand, MeshMatch, MeshRule } from '../../crds/rules/mesh.ts';
import type { Draft } from './define.ts';
import { askedFor, clausesText, type MeshSubject, subjectSummary, subjectText } from './mesh-text.ts';
import { boundedList, boundedListOf } from './text.ts';

type Told = Pick<Draft, 'type' | 'effect' | 'severity' | 'summary' | 'message'>;
type Demand<About extends MeshDemand['about']> = Extract<MeshDemand, { about: About }>;

interface Said {
  readonly effect: Effect;
  readonly severity: Draft['severity'];
  readonly summary: string;
  readonly message: string;
}

/** Everything of a draft that follows from the rule and whom it binds. */
export function meshTold(rule: MeshRule, subject: MeshSubject): Told {
  const said = saidOf(rule, subject);
  const type = 'MeshPolicy' as const;
  const { unread = [], dryRun } = rule;
  const parts = boundedList(unread, { separator: ', ', lengthMax: 200, noun: 'part' });
  const unknown = {
    full: parts === '' ? '' : `; not understood, and it may change that: ${parts}`,
    short: parts === '' ? '' : '; parts of the policy are not understood and may change that',
  };
  // In front: what follows may be cut, and must not be read as if it held.
  const noted = dryRun === undefined ? '' : 'Noted and not enforced (a dry run): ';
  return {
    type,
    ...consequenceOf(rule, said),
    summary: `${noted}${said.summary}${unknown.short}`,
    message: `${noted}${said.message}${unknown.full}`,
  };
}

function consequenceOf({ dryRun, unread }: MeshRule, { effect, severity }: Said): Pick<Said, 'effect' | 'severity'> {
  if (dryRun !== undefined) return { effect: 'audit', severity: 'Info' };
  return unread === undefined ? { effect, severity } : { effect: 'unknown', severity: 'Warning' };
}

function saidOf({ demand, engine }: MeshRule, subject: MeshSubject): Said {
  switch (demand.about) {
    case 'authorization':
      return engine === 'linkerd' ? grantSaid(demand, subject) : authorizationSaid(demand, subject);
    case 'mutualTls':
      return mutualTlsSaid(demand, subject);
    case 'requestAuthentication':
      return tokensSaid(demand, subject);
    case 'reach':
      return reachSaid(demand, subject);
    case 'server':
      return serverSaid(demand, subject);
    default:
      return demand satisfies never;
  }
}

/** Whether it holds for everybody and everything. */
function isUnlimited({ from, to, when, elsewhere, unread }: MeshClause): boolean {
  const holds = (alternatives: MeshClause['from']) => alternatives?.some((matches) => matches.length === 0) ?? true;
  return unread === undefined && elsewhere === undefined && holds(from) && holds(to) && when === undefined;
}

/** Whether it can hold for nobody: every value that is wanted is excluded, too. */
function isImpossible({ from, to, when = [] }: MeshClause): boolean {
  const never = (alternatives: MeshClause['from']) =>
    alternatives?.every((matches) => matches.some(contradicts)) === true;
  return never(from) || never(to) || when.some(contradicts);
}

function contradicts({ values = [], notValues = [] }: MeshMatch): boolean {
  if (values.length === 0 || notValues.length === 0) return false;
  const excluded = new Set(notValues);
  return values.every((value) => excluded.has(value));
}

function authorizationSaid(demand: Demand<'authorization'>, subject: MeshSubject): Said {
  const known = demand.clauses.filter((clause) => clause.unread === undefined && !isImpossible(clause));
  const unread = demand.clauses.some((clause) => clause.unread !== undefined);
  const all = known.some(isUnlimited);
  const to = { full: `Requests to ${subjectText(subject)}`, short: `Requests to ${subjectSummary(subject)}` };
  const which = { full: clausesText(known), short: `that match ${askedFor(known)}` };
  const more = unread ? '; rules that are not understood may hold for more' : '';
  const say = (effect: Effect, severity: Said['severity'], full: string, short: string): Said => ({
    effect,
    severity,
    message: `${to.full} ${full}${more}`,
    summary: `${to.short} ${short}${more}`,
  });
  const same = (effect: Effect, severity: Said['severity'], text: string) => say(effect, severity, text, text);
  if (demand.action !== 'allow' && known.length === 0) {
    if (demand.action === 'audit') return same('audit', 'Info', 'may be noted, and none is refused');
    return unread
      ? same('unknown', 'Warning', `may be ${outcomes[demand.action]}`)
      : same('audit', 'Info', 'are left as they are');
  }
  switch (demand.action) {
    case 'allow': {
      if (all) return same('allow', 'Info', 'are accepted, whatever they are, unless another policy denies them');
      if (known.length === 0 && unread) return same('unknown', 'Warning', 'are accepted only in part');
      const others = '; other ALLOW policies may let more through';
      if (known.length === 0) return same('deny', 'Critical', `are refused, whatever they are${others}`);
      const note = noteWithoutHttp(known, 'accepted');
      return say(
        'restrict',
        'Warning',
        `are accepted only ${which.full}${note}${others}`,
        `are accepted only if they match ${askedFor(known)}${others}`,
      );
    }
    case 'deny':
      if (all) return same('deny', 'Critical', 'are refused, whatever they are');
      return say(
        'restrict',
        'Warning',
        `are refused ${which.full}${noteWithoutHttp(known, 'refused')}`,
        `are refused if they match ${askedFor(known)}`,
      );
    case 'audit':
      return all
        ? same('audit', 'Info', 'are all noted, and none is refused')
        : say(
            'audit',
            'Info',
            `are noted ${which.full}, and none is refused`,
            `are noted if they match ${askedFor(known)}, and none is refused`,
          );
    case 'delegate': {
      const by =
        demand.provider === undefined
          ? 'an external provider'
          : `the external provider ${JSON.stringify(demand.provider)}`;
      const whole = all ? 'are accepted only' : `${which.full} are accepted only`;
      return say(
        'restrict',
        'Warning',
        `${whole} if ${by} agrees`,
        `${all ? '' : `${which.short} `}are accepted only if an external provider agrees`,
      );
    }
    default:
      return demand.action satisfies never;
  }
}

const outcomes = { deny: 'refused', delegate: 'refused by an external provider' } as const;

function noteWithoutHttp(clauses: readonly MeshClause[], outcome: 'accepted' | 'refused'): string {
  if (!clauses.some(({ withoutHttp }) => withoutHttp !== undefined)) return '';
  return outcome === 'accepted'
    ? '; rules on HTTP accept nothing where no HTTP is seen'
    : '; where no HTTP is seen, their demands on HTTP are left out, so more is refused';
}

/** What a policy of Linkerd adds to what a Server lets through. */
function grantSaid({ clauses }: Demand<'authorization'>, subject: MeshSubject): Said {
  const unread = clauses.some((clause) => clause.unread !== undefined);
  // Without pods and targets: what the policy is for is not understood either.
  const isAimless = subject.selector === undefined && subject.targets.length === 0;
  const to = (words: string) => `Connections to ${isAimless ? 'what is not understood here' : words}`;
  const [full, short] = [to(subjectText(subject)), to(subjectSummary(subject))];
  if (unread) {
    const may = 'may be allowed, from clients that are not understood';
    return { effect: 'unknown', severity: 'Warning', message: `${full} ${may}`, summary: `${short} ${may}` };
  }
  const isOpen = clauses.some(isUnlimited);
  return {
    effect: 'allow',
    severity: 'Info',
    message: `${full} are allowed ${isOpen ? 'from anyone' : clausesText(clauses)}`,
    summary: `${short} are allowed from ${isOpen ? 'anyone' : 'listed clients'}`,
  };
}

function serverSaid(demand: Demand<'server'>, subject: MeshSubject): Said {
  const { port, clauses, otherwise, routes = [] } = demand;
  const to = `Connections to ${port === undefined ? 'a port' : `port ${port}`} of ${subjectText(subject)}`;
  const brief = `Connections to a port of ${subjectSummary(subject)}`;
  const say = (effect: Effect, severity: Said['severity'], text: string, short = text): Said => ({
    effect,
    severity,
    message: `${to} ${text}`,
    summary: `${brief} ${short}`,
  });
  if (otherwise === 'audit') return say('audit', 'Info', 'pass, and those that no policy allows are noted');
  if (otherwise === 'allow' || clauses.some(isUnlimited)) return say('allow', 'Info', 'are allowed from anyone');
  const known = clauses.filter(({ unread }) => unread === undefined);
  const routed = routes.length === 0 ? '' : '; policies for its routes may allow more';
  const unread = known.length === clauses.length ? '' : '; policies that are not understood may allow more';
  if (known.length > 0) {
    return say(
      'restrict',
      'Warning',
      `are allowed only ${clausesText(known)}${routed}${unread}`,
      `are allowed only from listed clients${routed}${unread}`,
    );
  }
  const text = `are all refused, other than those of probes${routed}${unread}`;
  if (unread !== '') return say('unknown', 'Warning', text);
  return routed === '' ? say('deny', 'Critical', text) : say('restrict', 'Warning', text);
}

const modes = {
  STRICT: 'accept nothing but mutual TLS',
  PERMISSIVE: 'accept mutual TLS and plaintext',
  DISABLE: 'accept plaintext only',
} as const;

function mutualTlsSaid({ mode, ports = [] }: Demand<'mutualTls'>, subject: MeshSubject): Said {
  const all = [mode, ...ports.map((port) => port.mode)];
  const isStrict = all.includes('STRICT');
  const effect = isStrict ? 'require' : all.includes('DISABLE') ? 'restrict' : 'allow';
  const differing = boundedListOf(
    ports.filter((port) => port.mode !== mode),
    ({ port, mode: own }) => `on port ${port} they ${modes[own]}`,
    { separator: ', ', lengthMax: 300, noun: 'port' },
  );
  const others = ports.some((port) => port.mode !== mode) ? '; on listed ports another mode holds' : '';
  return {
    effect,
    severity: isStrict ? 'Critical' : effect === 'restrict' ? 'Warning' : 'Info',
    message: `${capital(subjectText(subject))} ${modes[mode]} (${mode})${differing === '' ? '' : `; ${differing}`}`,
    summary: `${capital(subjectSummary(subject))} ${modes[mode]}${others}`,
  };
}

function tokensSaid({ tokens }: Demand<'requestAuthentication'>, subject: MeshSubject): Said {
  const known = tokens.filter(({ unread }) => unread === undefined);
  const text = boundedListOf(
    known,
    ({ issuer, audiences }) =>
      `of ${issuer === undefined ? 'any issuer' : `issuer ${issuer}`}${audiences === undefined ? '' : ` for ${boundedList(audiences, { separator: ' or ', lengthMax: 120, noun: 'audience' })}`}`,
    { separator: ', or ', lengthMax: 500, noun: 'token' },
  );
  const end = 'are refused; requests without a token pass, unless another policy demands one';
  return {
    effect: known.length < tokens.length ? 'unknown' : 'restrict',
    severity: 'Warning',
    message: `Requests to ${subjectText(subject)} whose token is not a valid one ${text} ${end}`,
    summary: `Requests to ${subjectSummary(subject)} with a token that is not valid ${end}`,
  };
}

/** Of a Sidecar without egress: those of a wider one, says Istio's reference, and all, says its source. Neither is asserted. */
const asElsewhere = 'the hosts that they know without it';

function reachSaid(demand: Demand<'reach'>, subject: MeshSubject): Said {
  const { egress, others, contested, egressProxy, ingress, connectionPools } = demand;
  const hosts = egress?.flatMap((listener) => listener.hosts) ?? [];
  const some = hosts.filter((host) => !host.startsWith('~/'));
  const isAll = hosts.some((host) => host === '*/*');
  const listed = boundedList(some, { separator: ', ', lengthMax: 400, noun: 'host' });

  const [known, knownShort] =
    egress === undefined
      ? [asElsewhere, asElsewhere]
      : isAll
        ? ['every host of the mesh', 'every host of the mesh']
        : some.length === 0
          ? ['no hosts', 'no hosts']
          : [`only the hosts ${listed}`, 'only listed hosts'];
  const refused =
    others === 'registryOnly'
      ? 'connections to other hosts are refused'
      : `connections to other hosts pass without what the mesh knows of them${others === 'any' ? '' : ', or are refused where the mesh is set to REGISTRY_ONLY'}`;
  const also = [
    ...(egressProxy === undefined ? [] : ['unknown hosts are reached through an egress proxy']),
    ...(ingress === undefined ? [] : ['they listen on listed ports']),
    ...(connectionPools === undefined ? [] : ['incoming connections are bounded']),
    ...(contested === undefined ? [] : ['another Sidecar claims the same pods, and which is in force is not defined']),
  ];
  const tail = also.length === 0 ? '' : `; ${also.join('; ')}`;
  const aboutEgress = egress !== undefined || others !== undefined;
  const say = (subjectWords: string, hostWords: string) =>
    aboutEgress
      ? `Proxies of ${subjectWords} know ${hostWords}; ${refused}${tail}`
      : `Proxies of ${subjectWords} are set up${tail.replace('; ', ': ')}`;
  const told = { message: say(subjectText(subject), known), summary: say(subjectSummary(subject), knownShort) };
  if (others === 'registryOnly') {
    return egress !== undefined && some.length === 0
      ? { effect: 'deny', severity: 'Critical', ...told }
      : { effect: 'restrict', severity: 'Warning', ...told };
  }
  const isListed = egress !== undefined && !isAll;
  if (isListed && others === undefined) return { effect: 'limit', severity: 'Warning', ...told };
  const limits = isListed || ingress !== undefined || connectionPools !== undefined;
  return { effect: limits ? 'limit' : 'allow', severity: 'Info', ...told };
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
