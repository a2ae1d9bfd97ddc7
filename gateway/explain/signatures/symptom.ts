/**
 * What all symptoms of connections have in common: the line that one stands in, what makes it no matter of network policies, and
 * the finding.
 */
import { shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding } from '../finding.ts';
import { lineAround } from '../places.ts';
import { endpointsStep, networkSteps, tellMore } from '../steps/network.ts';
import type { Connection, Direction } from '../suspects/connection.ts';
import { networkSuspects } from '../suspects/network.ts';
import { isOfCompose, isToItself, type Target } from './network-target.ts';
import { noPolicy } from './no-policy.ts';

/** A place in a text where a connection is said to have failed. */
export interface Place {
  readonly text: ErrorText;
  readonly at: number;
  /** All lines of the symptom. */
  readonly span: Span;
  /** The line in lower case, up to the symptom, and after it. */
  readonly before: string;
  readonly after: string;
}

/** Characters of a line that are read before and after a symptom. */
export const beforeMax = 600;

/** The line around a place, as far as it is read. */
export function placeOf(text: ErrorText, at: number): Place {
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
export function isOfWebhook({ before }: Place): boolean {
  return ['calling webhook', 'call webhook', 'calling admission webhook', 'conversion webhook for'].some((words) =>
    before.includes(words),
  );
}

/** What a line says that makes it no matter of policies for pods, whatever failed. */
export function excluded({ text, at, span, before, after }: Place, target: Target | undefined): Finding | undefined {
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
    line.includes('kubernetes cluster unreachable: ') ||
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

/** The host or address; empty where neither is known. */
export function hostOf({ to: { address, host } }: Target): string {
  return host ?? address ?? '';
}

/** The other side for people: `db.shop (10.0.0.1), port 5432`. */
export function targetText({ to, port }: Target): string {
  const name =
    to.host === undefined || to.address === undefined ? (to.host ?? to.address) : `${to.host} (${to.address})`;
  if (name === undefined) return port === undefined ? 'the other side' : `port ${port}`;
  return port === undefined ? shown(name, 160) : `${shown(name, 160)}, port ${port}`;
}

export interface Symptom {
  readonly place: Place;
  readonly connection: Connection;
  readonly sentence: string;
  readonly mayBe: 'drop' | 'reject';
}

/** The finding for a connection that failed, which a policy may have caused. */
export function symptom({ place, connection, sentence, mayBe }: Symptom): Finding {
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

/** The connection from whoever wrote the text to a target. */
export function connectionTo({ to, port }: Target, protocol = 'TCP', direction?: Direction): Connection {
  return { direction, from: {}, to, protocol, port, portIsFinal: false };
}

export const nowhere: Target = { to: {}, port: undefined };

/** The connection was there, so it was not dropped when it was opened. */
export function openConnection({ span }: Place): Finding {
  return noPolicy({
    span,
    certainty: 'possible',
    reason:
      'The connection had been opened and then nothing came on it in time: the other side is slow or gone. A network policy refuses connections when they are opened.',
  });
}
