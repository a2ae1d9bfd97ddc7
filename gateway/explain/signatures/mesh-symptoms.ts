/**
 * Connections that a service mesh may have ended: resets, TLS errors, upstream errors.
 *
 * A reset is what a client without a proxy sees where mutual TLS is demanded, and what ztunnel and Envoy make of a connection
 * that is refused below HTTP. Programs reset connections, too, so this is a symptom. A packet that a network policy drops
 * makes none: it makes timeouts.
 *
 * Left out: what cannot have passed a proxy of the mesh, like loopback, registries, kubelets and hosts of the internet.
 */
import type { ErrorText, Span } from '../error-text.ts';
import type { Certainty, Finding, Signature } from '../finding.ts';
import { firstWithin, lastWithin } from '../places.ts';
import { tlsSteps, upstreamSteps } from '../steps/mesh.ts';
import {
  anyAuthorization,
  type Arrival,
  guarded,
  strictTls,
  suspectsAt,
  suspectsOfAny,
  unknownArrival,
  unlikeTls,
} from '../suspects/mesh.ts';

const reach = 400;

interface Symptom {
  readonly certainty: Certainty;
  readonly sentence: string;
  readonly suspects: Finding['suspects'];
  readonly steps: Finding['steps'];
}

function symptom(span: Span, told: Symptom): Finding {
  return { category: 'mesh', span, evidence: [span], ...told };
}

const tlsWords = [
  'tls_error',
  'wrong_version_number',
  'certificate_verify_failed',
  'sslv3_alert',
  'tlsv1_alert',
  'certificate_required',
];

/** Envoy about the server behind it. */
const ofUpstream: Signature = {
  anchors: ['upstream connect error or disconnect/reset before headers'],
  read(text, at) {
    const end = Math.min(text.lineEnd(at), at + 600);
    const isTls = tlsWords.some((word) => firstWithin(text.lower, word, at, end) >= 0);
    const isRefused = ['delayed connect error: 111', 'connection refused'].some(
      (word) => firstWithin(text.lower, word, at, end) >= 0,
    );
    return symptom(
      { start: at, end },
      {
        certainty: isTls ? 'likely' : 'possible',
        sentence: isTls
          ? tlsSentence
          : `A proxy could not talk to the server behind it: ${isRefused ? 'nothing listens on the port' : 'the connection failed or was ended before an answer'}.`,
        suspects: suspectsAt(unlikeTls),
        steps: isTls ? tlsSteps : upstreamSteps('failed'),
      },
    );
  },
};

const tlsSentence =
  'TLS failed between the proxies: one side speaks it and the other does not, or a certificate is not trusted. In a mesh that is a PeerAuthentication and a DestinationRule that do not agree.';

/** Envoy about TLS, as its log and its answers have it. */
const ofTls: Signature = {
  anchors: ['tls_error:', 'ssl routines:openssl_internal:', 'secret is not supplied by sds'],
  read(text, at) {
    const end = Math.min(text.lineEnd(at), at + reach);
    const start = Math.max(0, lastWithin(text.lower, 'transport failure reason', at - 200, at));
    return symptom(
      { start: start === 0 ? at : start, end },
      {
        certainty: 'likely',
        sentence: tlsSentence,
        suspects: suspectsAt(unlikeTls),
        steps: tlsSteps,
      },
    );
  },
};

const ofNoUpstream: Signature = {
  anchors: ['no healthy upstream'],
  read(_text, at) {
    const end = at + 'no healthy upstream'.length;
    return symptom(
      { start: at, end },
      {
        certainty: 'possible',
        sentence:
          'A proxy knows no healthy endpoint of the Service: no pod of it is ready, or all were taken out after errors. Policies rarely do that.',
        suspects: suspectsAt({ ...unlikeTls, kinds: [] }),
        steps: upstreamSteps('noEndpoints'),
      },
    );
  },
};

/** What programs say of a connection that the other side ended. */
const resets = [
  'connection reset by peer',
  'econnreset',
  'empty reply from server',
  'socket hang up',
  'connection was reset',
  'server closed the connection unexpectedly',
  'ssl routines::wrong version number',
  'ssl3_get_record:wrong version number',
  'first record does not look like a tls handshake',
  'remote end closed connection without response',
];

const ofReset: Signature = {
  anchors: resets,
  read(text, at) {
    const words = resets.find((each) => text.lower.startsWith(each, at)) ?? '';
    return ended(text, at, at + words.length, isTlsWord(words));
  },
};

function isTlsWord(words: string): boolean {
  return words.includes('version number') || words.includes('tls');
}

/** Go's `Post "http://web.shop.svc/": EOF`: of a Service alone, for many things end in EOF. */
const ofEnd: Signature = {
  anchors: ['": eof', ': unexpected eof', 'error reading from server: eof'],
  read(text, at) {
    const end = at + text.lower.slice(at, at + 40).indexOf('eof') + 'eof'.length;
    if (/^[a-z0-9_]$/.test(text.lower.charAt(end))) return undefined;
    const place = placeOf(text, at);
    return place?.arrival.namespace === undefined && place?.isPrivate !== true
      ? undefined
      : ended(text, at, end, false);
  },
};

function ended(text: ErrorText, at: number, end: number, isTls: boolean): Finding | undefined {
  const place = placeOf(text, at);
  if (place === undefined) return undefined;
  return symptom(
    { start: at, end },
    {
      certainty: 'possible',
      sentence: isTls
        ? 'One side spoke TLS and the other did not; in a mesh that is a client or server without a proxy, or a port that is taken for another protocol.'
        : 'The other side ended the connection. In a mesh that is what plaintext meets where mutual TLS is demanded, or what a policy closes; else the server itself did it. A network policy that drops packets makes timeouts, not this.',
      suspects: suspectsOfAny([strictTls, anyAuthorization, guarded], place.arrival),
      steps: isTls ? tlsSteps : upstreamSteps('failed'),
    },
  );
}

interface Place {
  readonly arrival: Arrival;
  readonly isPrivate: boolean;
}

/** What no proxy of the mesh is between. */
const elsewhere = [
  'localhost',
  '127.0.0.1',
  '[::1]',
  ':10250',
  ':6443',
  ':2379',
  '/v2/',
  'registry',
  'image',
  'webhook',
  'probe failed',
  'docker',
  'containerd',
  'kubelet',
  'etcd',
  'api server',
  'unable to connect to the server',
  'connection to the server',
  'forwarding port',
  'portforward',
  'ssh',
  'git ',
];

/** Where the connection went, as far as the words around tell; undefined where no proxy can have been between. */
function placeOf(text: ErrorText, at: number): Place | undefined {
  const start = Math.max(0, at - reach);
  const around = text.lower.slice(start, Math.min(text.lineEnd(at), at + reach));
  if (elsewhere.some((word) => around.includes(word))) return undefined;
  const words = around.split(/[ "'/()[\]<>,;=]/).map((word) => word.slice(0, 300));
  let arrival = unknownArrival;
  let isPrivate = false;
  for (const word of words) {
    const [host = '', port = ''] = word.split(':');
    const labels = host.split('.');
    if (labels.length >= 3 && labels[2] === 'svc') {
      arrival = { ...unknownArrival, namespace: labels[1], name: labels[0] };
    } else if (labels.length === 4 && labels.every((label) => /^[0-9]+$/.test(label))) {
      if (!isPrivateAddress(labels.map(Number))) return undefined;
      isPrivate = true;
    } else if (isPublicHost(labels, word, port)) return undefined;
  }
  return { arrival, isPrivate };
}

function isPrivateAddress([first = 0, second = 0]: readonly number[]): boolean {
  if (first === 10 || (first === 192 && second === 168)) return true;
  return (first === 172 && second >= 16 && second < 32) || (first === 100 && second >= 64 && second < 128);
}

/** Endings of hosts of the internet that errors are full of, and what files do not have. */
const publicEndings: ReadonlySet<string> = new Set([
  'com',
  'org',
  'net',
  'io',
  'dev',
  'cloud',
  'app',
  'ai',
  'eu',
  'de',
  'co',
  'uk',
  'fr',
  'sh',
]);

function isPublicHost(labels: readonly string[], word: string, port: string): boolean {
  if (labels.length < 2 || labels.some((label) => !isLabel(label))) return false;
  return publicEndings.has(labels.at(-1) ?? '') && (port === '' || /^[0-9]+$/.test(port) || word.endsWith(':'));
}

function isLabel(text: string): boolean {
  return text !== '' && !/[^a-z0-9-]/.test(text);
}

export const meshSymptomSignatures: readonly Signature[] = [ofUpstream, ofTls, ofNoUpstream, ofReset, ofEnd];
