/**
 * Names that could not be resolved. Who gets no answer may be kept from asking; who is told that there is no such name is not.
 */
import { cited } from '../../words.ts';
import type { Finding, Signature } from '../finding.ts';
import { targetNear } from './network-target.ts';
import { noPolicy } from './no-policy.ts';
import { isOfWebhook, type Place, placeOf, excluded, symptom } from './symptom.ts';

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
    ': try again',
    'dnsnameresolvertimeoutexception',
    'query via udp timed out',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    if (place.after.startsWith('bad address ') && !/[a-z'"]/.test(place.after.charAt('bad address '.length)))
      return undefined;
    if (place.after.startsWith(': try again') && !isOfResolver(place)) return undefined;
    if (place.after.startsWith('communications error') && !place.after.includes('timed out')) return undefined;
    return nameTimeout(place);
  },
};

/** `Try again` is what musl says of a name that nobody answers for, and others of anything. */
function isOfResolver({ before }: Place): boolean {
  return ['getaddrinfo', 'resolve', 'connect to ', 'lookup'].some((words) => before.includes(words));
}

/** Whether what timed out was a question for a name. */
export function isNameLookup({ before, after }: Place): boolean {
  const lookup = before.lastIndexOf('lookup ');
  if (lookup >= 0 && before.length - lookup < 400) return true;
  if (after.startsWith('connection timed out; no ')) return true;
  return before.includes('read udp ') && before.includes(':53');
}

/** The finding for a name that nobody answered for. */
export function nameTimeout(place: Place): Finding {
  const { text, at, before, after } = place;
  const target = targetNear(text, at);
  const no = excluded(place, undefined);
  if (no !== undefined) return no;
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
  const from = Math.max(0, at - 300);
  const window = text.lower.slice(from, Math.min(end, at + 200));
  for (const words of beforeName) {
    const found = window.lastIndexOf(words);
    if (found < 0) continue;
    const start = from + found + words.length;
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

export const nameSymptomSignatures: readonly Signature[] = [lookups, noSuchName];
