/**
 * MCP over stdio as a thin layer over the gateway's own `/mcp`: each message is one POST, each message of its answer one line.
 * Nothing is decided here. Who asks is known by the token that goes with each POST, so rights, limits and records are those of
 * every other client.
 */
import { Buffer } from 'node:buffer';
import type { Clock } from '../../kube/clock.ts';
import { failureOf, type Upstream } from '../upstream.ts';
import { messagesIn, refusalIn, rpcError } from './answer.ts';
import { headersOf, isNotification, readMessage, type RequestId, type StdioMessage } from './message.ts';

/** Requests that are under way; further ones wait. */
export const underWayMax = 16;
/** Requests that wait; further ones are refused. */
export const waitingMax = 256;
/** For the head of an answer. The gateway answers every call within 4 s. */
const answerMsMax = 30_000;
const notUnderstood = -32_700;
const refused = -32_000;

export interface BridgeOptions {
  readonly upstream: Upstream;
  /** Path of `/mcp` at the gateway. */
  readonly path: string;
  /** For people: where the gateway is. */
  readonly url: string;
  /** Who asks; without a token, anonymous. */
  readonly token: string | undefined;
  readonly clock: Clock;
  /** Takes one whole line. */
  readonly write: (line: string) => void;
  /** Resolves when what was written is not too much to write more. */
  readonly taken: () => Promise<void>;
  /** Says something to whoever started the program. */
  readonly say: (sentence: string) => void;
}

export interface Bridge {
  /** Takes one line of the client; undefined for one that could not be read. */
  receive(line: string | undefined): void;
  /** The client says no more: resolves when what it asked is answered. Streams end. */
  finish(): Promise<void>;
}

interface Exchange {
  readonly body: string;
  readonly messages: readonly StdioMessage[];
  /** Ids that are to be answered, whatever happens. */
  readonly unanswered: Set<RequestId>;
  /** Whether it holds more than notifications. */
  readonly wantsAnswer: boolean;
  readonly isStream: boolean;
  readonly stop: AbortController;
}

const cancelled = new Error('the client has cancelled the request');

/** A bridge that has been asked nothing yet. */
export function createBridge(options: BridgeOptions): Bridge {
  const { upstream, path, url, token, clock, write, say } = options;
  const waiting: Exchange[] = [];
  const underWay = new Set<Exchange>();
  let agreed: string | undefined;
  let finishing: PromiseWithResolvers<void> | undefined;

  const send = (message: unknown) => write(JSON.stringify(message));
  const busy = () => [...underWay].filter(({ isStream }) => !isStream).length;

  /** Fails all that has no answer yet: a client that waits for nothing hangs. */
  function fail({ unanswered, messages }: Exchange, code: number, sentence: string): void {
    if (unanswered.size === 0) say(`${messages[0]?.method ?? 'a message'}: ${sentence}`);
    for (const id of unanswered) send(rpcError(id, code, sentence));
    unanswered.clear();
  }

  /** Hands a message of the gateway on, and keeps in mind what it says. */
  function pass({ unanswered, messages }: Exchange, message: unknown): void {
    for (const part of Array.isArray(message) ? message : [message]) {
      const { id, method, result } = readMessage(part) ?? {};
      if (method === undefined && id !== undefined) unanswered.delete(id);
      if (messages.some((sent) => sent.method === 'initialize' && sent.id === id)) agreed = result?.protocolVersion;
    }
    send(message);
  }

  async function exchange(each: Exchange): Promise<void> {
    const { body, messages, unanswered, wantsAnswer, stop } = each;
    const tooLate = clock.after(answerMsMax, () => stop.abort(new Error(`no answer within ${answerMsMax / 1_000} s`)));
    try {
      const answer = await upstream.send({
        method: 'POST',
        path,
        headers: {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headersOf(messages[0] ?? {}, agreed),
        },
        body,
        signal: stop.signal,
      });
      tooLate();
      if ((answer.statusCode ?? 0) < 300) {
        for await (const message of messagesIn(answer)) {
          pass(each, message);
          await options.taken();
        }
        if (unanswered.size > 0) fail(each, refused, 'The gateway ended the connection before it answered; ask again.');
      } else {
        const ids = [...unanswered];
        unanswered.clear();
        const refusal = await refusalIn(answer);
        // What has an id that is none wants an answer, too: a client would wait for it in vain.
        if (ids.length > 0) for (const id of ids) send({ ...refusal, id });
        else if (wantsAnswer) send(refusal);
        else say(JSON.stringify(refusal));
      }
    } catch (error) {
      if (stop.signal.reason !== cancelled) {
        fail(each, refused, `The gateway at ${url} does not answer: ${failureOf(error)}. Is it running?`);
      }
    } finally {
      tooLate();
      underWay.delete(each);
      proceed();
    }
  }

  function proceed(): void {
    while (busy() < underWayMax) {
      const next = waiting.shift();
      if (next === undefined) break;
      // Nobody would end it any more.
      if (finishing !== undefined && next.isStream) continue;
      underWay.add(next);
      // An exchange handles every failure of its own.
      void exchange(next);
    }
    if (underWay.size === 0 && waiting.length === 0) finishing?.resolve();
  }

  function cancel(id: RequestId): void {
    for (const each of [...waiting, ...underWay]) {
      if (!each.unanswered.delete(id) || each.unanswered.size > 0) continue;
      each.stop.abort(cancelled);
      const place = waiting.indexOf(each);
      if (place !== -1) waiting.splice(place, 1);
    }
  }

  return {
    receive(line) {
      if (line === '') return;
      const parsed = line === undefined ? undefined : parse(line);
      const all: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
      const messages = all.map(readMessage).filter((message) => message !== undefined);
      if (line === undefined || messages.length !== all.length || messages.length === 0) {
        return send(
          rpcError(null, notUnderstood, 'This line is no message: a line is one JSON text in UTF-8, 4 MiB at most.'),
        );
      }
      const [first] = messages;
      const cancelledId = first?.params?.requestId;
      // The older revisions have no way to say it over HTTP without a session, and the newest ends the request instead.
      if (first?.method === 'notifications/cancelled' && cancelledId !== undefined) return cancel(cancelledId);
      const ids = messages.flatMap(({ id, method }) => (id === undefined || method === undefined ? [] : [id]));
      const each: Exchange = {
        body: line,
        messages,
        unanswered: new Set(ids),
        wantsAnswer: all.some((message) => !isNotification(message)),
        isStream: first?.method === 'subscriptions/listen',
        stop: new AbortController(),
      };
      if (waiting.length >= waitingMax) return fail(each, refused, 'Too many requests wait; read their answers first.');
      waiting.push(each);
      proceed();
    },
    async finish() {
      finishing = Promise.withResolvers<void>();
      for (const { isStream, stop } of underWay) if (isStream) stop.abort(cancelled);
      proceed();
      await finishing.promise;
    },
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // What cannot be parsed is answered as such.
    return undefined;
  }
}
