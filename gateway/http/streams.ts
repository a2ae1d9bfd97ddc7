/**
 * From a request for events to its stream: who asks, for which namespace, and whether that is allowed.
 */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import * as z from 'zod';
import type { Clock } from '../../kube/clock.ts';
import type { Caller } from '../auth/identity.ts';
import { type Answer, notSynced, type Refusal } from '../errors.ts';
import { refusedStream } from '../events/rights.ts';
import { createBodySink, createResponseSink, type Sink, streamHeaders } from '../events/sink.ts';
import { endings } from '../events/following.ts';
import type { StreamOpening } from '../events/stream.ts';
import { Namespace } from '../tools/fields.ts';
import { createInputReader } from '../tools/input.ts';
import { type CallRecord, type Calls, type CallsOptions, limitKeyOf } from './calls.ts';
import { withinDeadline } from './deadline.ts';
import { errorResponse, refusalOf } from './errors.ts';

const readQuery = createInputReader(z.object({ namespace: Namespace.optional() }));

/** What one route tells of a request for a stream. */
export interface EventsRequest {
  /** What is told, for the record: changes, or the messages of an MCP session. */
  readonly name: 'events' | 'sse' | 'mcp:sse';
  readonly request: Request;
  readonly query: Readonly<Record<string, string>>;
  /** Undefined without a socket. */
  readonly outgoing: ServerResponse | undefined;
  /** Begins the stream of a caller who may have it, or says why not. */
  readonly open: (opening: StreamOpening) => Promise<Refusal | undefined> | Refusal | undefined;
}

/** Answers requests for events: a refusal as every call has it, or a stream that stays open. */
export function createEventsHandler(
  options: CallsOptions,
  calls: Calls,
): (request: EventsRequest) => Promise<Response> {
  const { catalog, clock, log, arrivals } = options;

  return async ({ name, request, query, outgoing, open }) => {
    const startedAt = clock.monotonic();
    const arrival = arrivals.current();
    let caller: Caller | undefined;
    let namespace: string | undefined;
    const record = (outcome: CallRecord['outcome'], status: number, bytes: number) => {
      const ms = clock.monotonic() - startedAt;
      const [peer, traceId] = [arrival?.peer, arrival?.trace.id];
      options.onCall?.({ name, caller, namespace, level: undefined, outcome, status, bytes, ms, peer, traceId });
    };
    const refuse = (refused: Refusal) => {
      const response = errorResponse(refused);
      record(refused.code, response.status, Number(response.headers.get('content-length') ?? 0));
      return response;
    };
    const ask = async (): Promise<Answer<Caller>> => {
      const known = await calls.callerOf(request);
      if (!known.ok) return known;
      caller = known.value;
      if (!catalog.synced) return notSynced;
      const read = readQuery(query);
      if (!read.ok) return read;
      namespace = read.value.namespace;
      return (await refusedStream(caller, namespace)) ?? known;
    };

    const allowed = await withinDeadline(clock, ask()).catch((error: unknown) => refusalOf(error, log));
    if (!allowed.ok) return refuse(allowed);
    if (request.method === 'HEAD') {
      record('OK', 200, 0);
      return new Response(null, { headers: streamHeaders });
    }
    const { openSink, response } = streamResponse(outgoing, clock);
    const refused = await open({
      caller: allowed.value,
      owner: limitKeyOf(allowed.value, arrival?.peer),
      namespace,
      authorization: request.headers.get('authorization') ?? undefined,
      openSink,
      onEnd: (ending, bytes) => record(endings[ending].outcome, 200, bytes),
    });
    if (refused !== undefined) return refuse(refused);
    return response;
  };
}

/** What answers a request by a stream, and how the stream is written. @param outgoing Undefined without a socket. */
export function streamResponse(
  outgoing: ServerResponse | undefined,
  clock: Clock,
): { readonly openSink: () => Sink; readonly response: Response } {
  if (outgoing !== undefined) {
    return { openSink: () => createResponseSink(outgoing, clock), response: RESPONSE_ALREADY_SENT };
  }
  const { sink, body } = createBodySink();
  return { openSink: () => sink, response: new Response(body, { headers: streamHeaders }) };
}
