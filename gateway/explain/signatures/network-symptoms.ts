/**
 * Connections that did not come about: timeouts, refusals, names that were not found. What an engine that drops can cause is a
 * timeout; a refusal only one that answers; neither says that a policy did it.
 */
import type { ErrorText } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { lastWithin } from '../places.ts';
import { portOf } from '../suspects/connection.ts';
import { isNameLookup, nameSymptomSignatures, nameTimeout } from './name-symptoms.ts';
import { type Target, targetNear } from './network-target.ts';
import { noPolicy } from './no-policy.ts';
import { refusalSymptomSignatures } from './refusal-symptoms.ts';
import {
  beforeMax,
  connectionTo,
  excluded,
  hostOf,
  isOfWebhook,
  nowhere,
  openConnection,
  type Place,
  placeOf,
  symptom,
  targetText,
} from './symptom.ts';

function timedOut(place: Place, target: Target, protocol = 'TCP'): Finding {
  const sentence =
    `No answer came from ${targetText(target)}. A network policy that isolates either end does that: the client for outgoing connections, or the ` +
    'server for incoming ones; so do a wrong address, a node that is down and a firewall outside the cluster.';
  return symptom({ place, connection: connectionTo(target, protocol), sentence, mayBe: 'drop' });
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

/** Numbers that MySQL gives for a timeout of the connection: of the system, and of its own patience. */
function isCode(after: string): boolean {
  return after.startsWith('(110)') || after.startsWith('(115)');
}

/** Whether what took too long was no connection. Paths and addresses are made of any words. */
function isOtherTimeout(line: string): boolean {
  const prose = line
    .split(' ')
    .filter((word) => !word.includes('/'))
    .join(' ');
  return otherTimeouts.some((words) => prose.includes(words));
}

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
    '(115)',
    'os error 110',
    'errno 110',
    'failed to connect to ',
    'timeout connecting to ',
    'timeout during connection attempt',
    'connection setup timed out',
    'socket connection setup timeout',
    'net::opentimeout',
    '): timeout',
    'urlopen error timed out',
    'httpclient.timeout of ',
    'econnaborted',
    'could not be established. broker may not be available',
    'could not be established. node may not be available',
    'error occurred while establishing a connection to sql server',
    'exception opening socket',
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
    if (isCode(after) && !before.includes('connect')) return undefined;
    if (after.startsWith('): timeout') && !before.includes('connect (')) return undefined;
    if (after.startsWith('econnaborted') && !before.includes('timeout of ')) return undefined;
    if (before.includes('probe failed')) return probe(place, target);
    if (!before.includes('dial tcp') && isOtherTimeout(before))
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
    if (isOtherTimeout(before) || isOtherTimeout(after)) return undefined;
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
  anchors: ['exit code 28', 'exit code: 28', 'exit status 28', 'returned 28', 'exitcode: 28'],
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
    const command = text.lower.slice(start, at).lastIndexOf('curl ');
    if (command < 0) return undefined;
    const own = placeOf(text, at);
    const place = { ...own, span: { start: start + command, end: own.span.end } };
    const target = targetNear(text, at) ?? nowhere;
    return excluded(place, target) ?? timedOut(place, target);
  },
};

/** What programs that look at the way say when nothing comes back. */
const silence: Signature = {
  anchors: [' 100% packet loss', '/tcp filtered'],
  read(text, at) {
    const own = placeOf(text, at);
    const isPing = text.lower.startsWith(' 100%', at);
    if (isPing && !text.lower.slice(Math.max(0, at - beforeMax), at).includes('packets transmitted')) return undefined;
    const start = isPing
      ? Math.max(lastWithin(text.lower, 'ping ', Math.max(0, at - beforeMax), at), 0)
      : own.span.start;
    const place = { ...own, span: { start: start === 0 ? own.span.start : start, end: own.span.end } };
    const port = isPing ? undefined : portBefore(text, at);
    const near = targetNear(text, at) ?? nowhere;
    const target = { to: near.to, port };
    return excluded(place, target) ?? timedOut(place, target, isPing ? 'ICMP' : 'TCP');
  },
};

/** The number right in front of a place: `443/tcp filtered`. */
function portBefore({ flat }: ErrorText, at: number): number | undefined {
  const word = flat.slice(Math.max(0, at - 6), at);
  return portOf(word.slice(word.lastIndexOf(' ') + 1));
}

/** The kubelet asks from the node of the pod, which every policy lets through. */
function probe(place: Place, target: Target): Finding {
  const sentence =
    `The kubelet got no answer from the pod in time (${targetText(target)}). What comes from the pod's own node passes network policies by specification, so the ` +
    'program is slow or stuck, as a rule; some network plugins drop such probes all the same.';
  return symptom({ place, connection: connectionTo(target, 'TCP', 'Ingress'), sentence, mayBe: 'drop' });
}

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
  ...nameSymptomSignatures,
  ...refusalSymptomSignatures,
  exitCode,
  silence,
  gateways,
  otherWords,
  handshake,
];
