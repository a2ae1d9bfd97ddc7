/**
 * Connections that did not come about: timeouts, refusals, names that were not found. What an engine that drops can cause is a
 * timeout; a refusal only one that answers; neither says that a policy did it.
 */
import { cited, shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { endpointsStep, networkSteps, tellMore } from '../steps/network.ts';
import type { Connection, Direction } from '../suspects/connection.ts';
import { networkSuspects } from '../suspects/network.ts';
import { noPolicy } from './no-policy.ts';
import { isOfCompose, isToItself, lineAround, type Target, targetNear } from './network-target.ts';

/** A place in a text where a connection is said to have failed. */
interface Place {
  readonly text: ErrorText;
  readonly at: number;
  /** All lines of the symptom. */
  readonly span: Span;
  /** The line in lower case, up to the symptom, and after it. */
  readonly before: string;
  readonly after: string;
}

const beforeMax = 600;

function placeOf(text: ErrorText, at: number): Place {
  const line = lineAround(text, at);
  const start = Math.max(line.start, at - beforeMax);
  return {
    text,
    at,
    span: { start, end: Math.min(line.end, at + beforeMax) },
    before: text.lower.slice(start, at),
    after: text.lower.slice(at, Math.min(line.end, at + beforeMax)),
  };
}

/** Another component's message carries the symptom, and says more. */
function isOfWebhook({ before }: Place): boolean {
  return ['calling webhook', 'call webhook', 'calling admission webhook', 'conversion webhook for'].some((words) =>
    before.includes(words),
  );
}

/** What a line says that makes it no matter of policies for pods, whatever failed. */
function excluded({ text, at, span, before, after }: Place, target: Target | undefined): Finding | undefined {
  const line = before + after;
  const because = (reason: string) => noPolicy({ span, reason, certainty: 'likely' });
  if (isOfCompose(text, lineAround(text, at)))
    return because('The line is of Docker Compose, where no policy of a cluster is in force.');
  if (target !== undefined && isToItself(target)) {
    return because(
      `The connection goes to the pod or machine itself (${shown(hostOf(target), 80)}), which no policy stands in the way of: nothing listens there, or the address is set wrongly.`,
    );
  }
  if (
    line.includes('unable to connect to the server: ') ||
    line.includes("couldn't get current server api group list") ||
    line.includes('the connection to the server ')
  ) {
    return because(
      'It is the client on your machine that does not reach the API server: its address, a VPN or a firewall, and no policy for pods.',
    );
  }
  if (
    [
      'pulling image',
      'pull image',
      'pull and unpack image',
      '/v2/',
      'registry-1.docker.io',
      'failed to resolve reference',
    ].some((words) => line.includes(words))
  ) {
    return because('It is the node that does not reach the registry of images; policies for pods do not bind it.');
  }
  return undefined;
}

function hostOf({ to: { address, host } }: Target): string {
  return host ?? address ?? '';
}

function targetText({ to, port }: Target): string {
  const name =
    to.host === undefined || to.address === undefined ? (to.host ?? to.address) : `${to.host} (${to.address})`;
  if (name === undefined) return port === undefined ? 'the other side' : `port ${port}`;
  return port === undefined ? shown(name, 160) : `${shown(name, 160)}, port ${port}`;
}

interface Symptom {
  readonly place: Place;
  readonly connection: Connection;
  readonly sentence: string;
  readonly mayBe: 'drop' | 'reject';
}

function symptom({ place, connection, sentence, mayBe }: Symptom): Finding {
  const { span } = place;
  return {
    category: 'network',
    certainty: 'possible',
    span,
    evidence: [span],
    sentence,
    suspects: (candidates, about) => networkSuspects({ connection, mayBe }, candidates, about),
    steps: (suspects, about) => [
      ...(mayBe === 'reject' ? [endpointsStep(connection, about)] : []),
      ...networkSteps({ connection }, suspects, about),
      ...(about.workloadName === undefined ? [tellMore()] : []),
    ],
  };
}

function connectionTo({ to, port }: Target, protocol = 'TCP', direction?: Direction): Connection {
  return { direction, from: {}, to, protocol, port, portIsFinal: false };
}

const nowhere: Target = { to: {}, port: undefined };

function timedOut(place: Place, target: Target): Finding {
  const sentence =
    `No answer came from ${targetText(target)}. A network policy that isolates either end does that: the client for outgoing connections, or the ` +
    'server for incoming ones; so do a wrong address, a node that is down and a firewall outside the cluster.';
  return symptom({ place, connection: connectionTo(target), sentence, mayBe: 'drop' });
}

/** Whether somebody connects here: words that only time tell nothing of a connection. */
const connecting = [
  'connect',
  'dial',
  'nc ',
  'netcat',
  'telnet',
  'curl',
  'wget',
  'ping',
  'ssh',
  'socket',
  'tcp',
  'jdbc',
  'mysql',
  'redis',
  'postgres',
  'mongo',
  'kafka',
  'grpc',
  'http',
];
const otherTimeouts = [
  'waiting for the condition',
  'etcdserver',
  'leader election',
  'acquire',
  'lease',
  'lock',
  'read timed out',
  'pool',
  'statement',
  'query',
  'script',
  'hook',
  'rollout',
  'progress deadline',
  'backoff',
  'socket hang',
];

/** `dial tcp 10.0.0.1:80: i/o timeout`, `connect ETIMEDOUT`, `connect timed out`: that it was a connection stands there. */
const timeouts: Signature = {
  anchors: [
    'i/o timeout',
    'etimedout',
    'connection timed out',
    'connect timed out',
    'operation timed out',
    'connecttimeout',
    'connection timeout',
    'connect timeout',
    'download timed out',
    'und_err_connect_timeout',
    'curl: (28)',
    'connectionattemptfailed',
    'connected party did not properly respond',
    'timeout expired',
    '(110)',
    'os error 110',
    'errno 110',
    'failed to connect to ',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const { before, after } = place;
    if (isNameLookup(place)) return nameTimeout(place);
    if (
      after.startsWith('failed to connect to ') &&
      !after.includes(' after ') &&
      !after.includes('timeout') &&
      !after.includes('timed out')
    )
      return undefined;
    const target = targetNear(text, at) ?? nowhere;
    const no = excluded(place, target);
    if (no !== undefined) return no;
    if (before.includes('read tcp ') || before.includes('write tcp ')) return openConnection(place);
    if (after.startsWith('timeout expired') && !before.includes('connect')) return undefined;
    if (after.startsWith('(110)') && !before.includes('connect')) return undefined;
    if (before.includes('probe failed')) return probe(place, target);
    if (otherTimeouts.some((words) => before.includes(words) && !before.includes('dial tcp')))
      return target === nowhere ? undefined : timedOut(place, target);
    return timedOut(place, target);
  },
};

/** `timed out` and the like, where a program that connects and the other side stand beside it. */
const otherWords: Signature = {
  anchors: [
    'timed out',
    'time out',
    'context deadline exceeded',
    'client.timeout exceeded',
    'request canceled while waiting for connection',
    'deadlineexceeded',
    'connection_timeout',
    'deadline has elapsed',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const { before, after } = place;
    const target = targetNear(text, at);
    if (target === undefined || target === nowhere || hostOf(target) === '') return undefined;
    if (otherTimeouts.some((words) => before.includes(words) || after.includes(words))) return undefined;
    const line = `${text.lower.slice(Math.max(0, at - 200), at)}${after}`;
    if (!connecting.some((words) => line.includes(words))) return undefined;
    const no = excluded(place, target);
    if (no !== undefined) return no;
    if (before.includes('probe failed')) return probe(place, target);
    return timedOut(place, target);
  },
};

/** What curl ends with, of a command whose output is not shown. */
const exitCode: Signature = {
  anchors: ['exit code 28', 'exit code: 28', 'exit status 28', 'returned 28'],
  read(text, at) {
    if (
      /[0-9]/.test(
        text.flat.charAt(
          at +
            'exit code 28'.length +
            (text.lower.startsWith('exit code:', at) ? 1 : text.lower.startsWith('exit status', at) ? 2 : 0),
        ),
      )
    )
      return undefined;
    const start = Math.max(0, at - beforeMax);
    const command = text.lower.lastIndexOf('curl ', at);
    if (command < start) return undefined;
    const place = { ...placeOf(text, at), span: { start: command, end: text.lineEnd(at) } };
    const target = targetNear(text, at) ?? nowhere;
    return excluded(place, target) ?? timedOut(place, target);
  },
};

/** The kubelet asks from the node of the pod, which every policy lets through. */
function probe(place: Place, target: Target): Finding {
  const sentence =
    `The kubelet got no answer from the pod in time (${targetText(target)}). What comes from the pod's own node passes network policies by specification, so the ` +
    'program is slow or stuck, as a rule; some network plugins drop such probes all the same.';
  return symptom({ place, connection: connectionTo(target, 'TCP', 'Ingress'), sentence, mayBe: 'drop' });
}

/** The connection was there, so it was not dropped when it was opened. */
function openConnection({ span }: Place): Finding {
  return noPolicy({
    span,
    certainty: 'possible',
    reason:
      'The connection had been opened and then nothing came on it in time: the other side is slow or gone. A network policy refuses connections when they are opened.',
  });
}

const refusals: Signature = {
  anchors: [
    'connection refused',
    'econnrefused',
    'connect call failed',
    'actively refused',
    'curl: (7)',
    'os error 111',
    'errno 111',
    '(111)',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const { before, after } = place;
    if (after.startsWith('(111)') && !before.includes('connect')) return undefined;
    if (after.startsWith('curl: (7)') && (after.includes('timed out') || after.includes('no route'))) return undefined;
    if (after.startsWith('connect call failed') && !before.includes('111')) return undefined;
    const target = targetNear(text, at);
    const no = excluded(place, target);
    if (no !== undefined) return no;
    if (before.includes('probe failed')) {
      const reason =
        'The kubelet asks from the node of the pod, whose connections policies let through: nothing listens on that port (yet).';
      return noPolicy({ span: place.span, reason, certainty: 'likely' });
    }
    if (target === undefined) {
      const reason =
        'A connection was refused, and the text does not say where to: as a rule nothing listens there (yet).';
      return noPolicy({ span: place.span, reason, certainty: 'possible' });
    }
    const sentence =
      `${targetText(target)} refused the connection: as a rule nothing listens there, or the Service has no ready endpoints or another targetPort. Of network policies only ` +
      'those of engines that answer do that (kube-router and so k3s, Antrea with Reject, Calico where it is told to); Cilium and others drop, which is a timeout.';
    return symptom({
      place,
      connection: connectionTo(target),
      sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1),
      mayBe: 'reject',
    });
  },
};

const unreachable: Signature = {
  anchors: [
    'no route to host',
    'ehostunreach',
    'host is unreachable',
    'host unreachable',
    'enetunreach',
    'network is unreachable',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const target = targetNear(text, at) ?? nowhere;
    const no = excluded(place, target);
    if (no !== undefined) return no;
    if (place.after.startsWith('enetunreach') || place.after.startsWith('network is')) {
      return noPolicy({
        span: place.span,
        certainty: 'possible',
        reason:
          'There is no route to that network from where it was asked, often because the pod has no address of IPv6. A policy does not do that.',
      });
    }
    const sentence = `There is no way to ${targetText(target)}: as a rule routing, a node that is gone or a firewall. Of network policies only those do that which answer with a prohibition.`;
    return symptom({ place, connection: connectionTo(target), sentence, mayBe: 'reject' });
  },
};

/** Of a gateway or proxy that waited for what stands behind it. */
const gateways: Signature = {
  anchors: [
    '504 gateway time-out',
    '504 gateway timeout',
    'gateway timeout (504)',
    'upstream request timeout',
    'upstream timed out',
    'status code 504',
    'status: 504',
    '504 (gateway',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const target = targetNear(text, at) ?? nowhere;
    const no = excluded(place, target);
    if (no !== undefined) return no;
    const sentence =
      'A gateway got no answer in time from what stands behind it. A network policy that drops the connections of the gateway does that (incoming, at the pods behind it); ' +
      'as often the program is slow.';
    const connection = { ...connectionTo(nowhere), direction: 'Ingress' as const };
    return symptom({ place, connection, sentence, mayBe: 'drop' });
  },
};

/** Words that say that a name could not be asked for. */
const lookups: Signature = {
  anchors: [
    'temporary failure in name resolution',
    'eai_again',
    'no servers could be reached',
    'could not resolve host',
    'resolving timed out',
    'bad address ',
    'server misbehaving',
    'servfail',
    'communications error to ',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    if (place.after.startsWith('bad address ') && !/[a-z'"]/.test(place.after.charAt('bad address '.length)))
      return undefined;
    if (place.after.startsWith('communications error') && !place.after.includes('timed out')) return undefined;
    return nameTimeout(place);
  },
};

function isNameLookup({ before, after }: Place): boolean {
  const lookup = before.lastIndexOf('lookup ');
  if (lookup >= 0 && before.length - lookup < 400) return true;
  if (after.startsWith('connection timed out; no ')) return true;
  return before.includes('read udp ') && before.includes(':53');
}

function nameTimeout(place: Place): Finding {
  const { text, at, before, after } = place;
  const target = targetNear(text, at);
  if (isOfCompose(text, lineAround(text, at))) return excluded(place, target) ?? openConnection(place);
  const name = askedName(place) ?? '';
  const what = name === '' ? 'names' : `the name ${cited(name, 120)}`;
  const refused =
    before.includes('server misbehaving') || after.startsWith('server misbehaving') || after.startsWith('servfail');
  const sentence = refused
    ? `The DNS server answered with a refusal or a failure for ${what}: a DNS rule of Cilium that does not match the name does that, and so does a server that cannot reach its own.`
    : `Nothing answered the question for ${what}: a policy that isolates the pod for outgoing connections without UDP and TCP 53 to the DNS of the cluster does that; so ` +
      'does a DNS server that is down.';
  const address = target?.to.address;
  const connection = {
    direction: undefined,
    from: {},
    to: target?.port === 53 ? { address } : {},
    protocol: 'UDP',
    port: 53,
    portIsFinal: false,
  };
  return symptom({ place, connection, sentence, mayBe: 'drop' });
}

/** Words that the name follows. */
const beforeName = [
  'lookup ',
  'eai_again ',
  'enotfound ',
  'resolve host: ',
  "resolve host '",
  "bad address '",
  "can't resolve '",
  'host name "',
  'ping: ',
  "can't find ",
  'nslookup ',
  'dig ',
];

/** The name that was asked for, in the line of the symptom or in the command before it. */
function askedName({ text, at, span: { end } }: Place): string | undefined {
  for (const words of beforeName) {
    const found = text.lower.lastIndexOf(words, Math.min(end, at + 200));
    if (found < 0 || found < at - 300) continue;
    const start = found + words.length;
    let stop = start;
    while (stop < start + 253 && /[A-Za-z0-9._-]/.test(text.flat.charAt(stop))) stop += 1;
    if (stop > start) return text.flat.slice(start, stop);
  }
  return undefined;
}

/** An answer came: the name does not exist. */
const noSuchName: Signature = {
  anchors: [
    'no such host',
    'enotfound',
    'nxdomain',
    'name or service not known',
    'name does not resolve',
    'nodename nor servname',
    "can't resolve '",
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    if (
      place.after.startsWith('nxdomain') &&
      !place.before.includes('server can') &&
      !place.before.includes('status: ')
    )
      return undefined;
    const name = askedName(place);
    const what = name === undefined ? 'the name' : `the name ${cited(name, 120)}`;
    const reason = `DNS answered that ${what} does not exist: a typing error, a Service that is missing or of another namespace. Policies for addresses and ports never cause that answer.`;
    return noPolicy({ span: place.span, reason, certainty: 'possible' });
  },
};

/** The connection was there. */
const handshake: Signature = {
  anchors: ['tls handshake timeout'],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const reason =
      'The connection was opened, and TLS was not set up in time: a server that is busy, a proxy in between, or packets that are too large for the way. A network policy would have dropped the connection before.';
    return excluded(place, targetNear(text, at)) ?? noPolicy({ span: place.span, reason, certainty: 'possible' });
  },
};

export const networkSymptomSignatures: readonly Signature[] = [
  timeouts,
  lookups,
  refusals,
  unreachable,
  exitCode,
  gateways,
  otherWords,
  noSuchName,
  handshake,
];
