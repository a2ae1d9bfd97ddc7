/**
 * One call from the request to the response: who asks, whether it can be answered now, the answer, and the record of it.
 */
import type { Clock } from '../../kube/clock.ts';
import type { Buckets } from '../auth/buckets.ts';
import type { Caller, Identities } from '../auth/identity.ts';
import type { Call, GatewayFacts } from '../call.ts';
import { onceRead } from '../catalog/not-read-yet.ts';
import type { Catalog } from '../catalog/store.ts';
import type { Outcome } from '../definition.ts';
import { type Answer, type ErrorCode, notSynced, refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Asking } from '../mcp/asking.ts';
import { encodedOf } from '../answer/encoded.ts';
import type { DetailLevel } from '../answer/levels.ts';
import { createPaces } from '../answer/pace.ts';
import type { Arrivals } from './arrival.ts';
import { answerMsMax as contractMsMax, withinDeadline } from './deadline.ts';
import { errorResponse, refusalOf, statusOf } from './errors.ts';
import { answerResponse, bytesOf } from './json.ts';
import { createUntaken } from './untaken.ts';

/** What one call did, for the audit log and metrics. Nothing of its arguments but the namespace: they could hold secrets. */
export interface CallRecord {
  /** Name of the tool or resource. */
  readonly name: string;
  /** Undefined when nobody could tell who asks. */
  readonly caller: Caller | undefined;
  readonly namespace: string | undefined;
  readonly level: DetailLevel | undefined;
  readonly outcome: 'OK' | ErrorCode;
  readonly status: number;
  /** Of the body that is sent. */
  readonly bytes: number;
  readonly ms: number;
  /** Where the request came from, as `peerOf` gives it. */
  readonly peer?: string | undefined;
  readonly traceId?: string | undefined;
}

export interface CallsOptions {
  readonly catalog: Catalog;
  readonly identities: Identities;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: GatewayFacts;
  readonly arrivals: Arrivals;
  /** Of calls, by caller; no limit when absent. */
  readonly callLimit?: Buckets | undefined;
  readonly onCall?: ((record: CallRecord) => void) | undefined;
  /** How long an answer may take; as long as the contract says unless told. */
  readonly answerMsMax?: number | undefined;
}

export interface Calls {
  /** Who sends the request; RATE_LIMITED when that caller has asked too often. Counts as one call. */
  callerOf(request: Request): Promise<Answer<Caller>>;
  /** Counts one more call of a caller who is known. */
  limited(caller: Caller): Answer<Caller>;
  /** Answers one call. @param route Name of the tool or resource, unless the outcome has another. @param run Reads the body, too: not before it is known who asks. */
  answer(request: Request, route: string, run: (call: Call) => Promise<Outcome>): Promise<Response>;
  /** What a caller who is known, and whose calls are counted elsewhere, asks in a protocol's own words. */
  asking(caller: Caller): Asking;
  /** The answer to a caller who is known, without a record of it: for what is asked again and again on behalf of a stream. */
  look(caller: Caller, run: (call: Call) => Promise<Outcome>): Promise<Answer<object>>;
  /** Writes the record of what was no call of a tool or resource, or did not become one. */
  note(noted: Noted): void;
}

/** Of a record what only the protocol knows. */
export type Noted = Pick<CallRecord, 'name' | 'caller' | 'outcome' | 'status' | 'bytes'> & {
  readonly namespace?: string | undefined;
  /** clock.monotonic() when it arrived. */
  readonly startedAt: number;
};

/** Of an answer over REST, as JSON. */
const answerBytesMax = 4_194_304;

/** The way of every call, whatever tool or resource it is for. */
export function createCalls(options: CallsOptions): Calls {
  const { catalog, identities, clock, log, gateway, arrivals, callLimit, answerMsMax = contractMsMax } = options;
  const paceOf = createPaces(clock);
  const untaken = createUntaken();

  async function identify(request: Request): Promise<Answer<Caller>> {
    return identities.callerOf(request.headers.get('authorization') ?? undefined);
  }

  function limited(caller: Caller): Answer<Caller> {
    const seconds = callLimit?.take(limitKeyOf(caller, arrivals.current()?.peer)) ?? 0;
    if (seconds === 0) return { ok: true, value: caller };
    return { ...refusal('RATE_LIMITED', 'You ask too often; wait a moment.'), retryAfterSeconds: seconds };
  }

  /** The answer, unless the caller has left too many unread. */
  function counted(caller: Caller, answer: Answer<object>): Answer<object> {
    const { peer, outgoing } = arrivals.current() ?? {};
    if (!answer.ok || outgoing === undefined) return answer;
    if (untaken.add(limitKeyOf(caller, peer), encodedOf(answer.value).bytes.length, outgoing)) return answer;
    return { ...refusal('RATE_LIMITED', 'Read the answers that you have asked for first.'), retryAfterSeconds: 1 };
  }

  /** The outcome of one call of a caller who may ask. */
  async function outcomeOf(
    caller: Caller,
    { deadline, bytesMax }: Pick<Call, 'deadline' | 'bytesMax'>,
    run: (call: Call) => Promise<Outcome>,
  ): Promise<Outcome> {
    if (!catalog.synced) return { answer: notSynced, namespace: undefined };
    const call = { caller, catalog, clock, deadline, pace: paceOf(deadline), bytesMax, gateway };
    const outcome = await onceRead(async () => run(call));
    return { ...outcome, answer: counted(caller, outcome.answer) };
  }

  function note(noted: Noted & Partial<Pick<CallRecord, 'level'>>): void {
    const { startedAt, namespace, level, ...rest } = noted;
    const [peer, traceId] = [arrivals.current()?.peer, arrivals.current()?.trace.id];
    options.onCall?.({ ...rest, namespace, level, ms: clock.monotonic() - startedAt, peer, traceId });
  }

  return {
    limited,
    note,
    async look(caller, run) {
      const limits = { deadline: clock.monotonic() + answerMsMax, bytesMax: answerBytesMax };
      return (await outcomeOf(caller, limits, run)).answer;
    },
    async callerOf(request) {
      const known = await identify(request);
      return known.ok ? limited(known.value) : known;
    },
    async answer(request, route, run) {
      const startedAt = clock.monotonic();
      const limits = { deadline: startedAt + answerMsMax, bytesMax: answerBytesMax };
      let caller: Caller | undefined;
      let namespace: string | undefined;
      let name = route;
      const work = async (): Promise<Answer<object>> => {
        const known = await identify(request);
        if (!known.ok) return known;
        caller = known.value;
        const admitted = limited(caller);
        if (!admitted.ok) return admitted;
        const outcome = await outcomeOf(caller, limits, run);
        namespace = outcome.namespace;
        name = outcome.name ?? route;
        return outcome.answer;
      };
      const answer = await withinDeadline(clock, work(), answerMsMax).catch((error: unknown) => refusalOf(error, log));
      const response = answer.ok ? await answerResponse(answer.value, request) : errorResponse(answer);
      note({
        name,
        caller,
        namespace,
        ...verdictOf(answer),
        status: response.status,
        bytes: bytesOf(response),
        startedAt,
      });
      return response;
    },
    asking(caller) {
      return {
        caller,
        async answer(name, bytesMax, run) {
          const startedAt = clock.monotonic();
          const limits = { deadline: startedAt + answerMsMax, bytesMax };
          let namespace: string | undefined;
          const work = async (): Promise<Answer<object>> => {
            const outcome = await outcomeOf(caller, limits, run);
            namespace = outcome.namespace;
            return outcome.answer;
          };
          const answer = await withinDeadline(clock, work(), answerMsMax).catch((error: unknown) =>
            refusalOf(error, log),
          );
          note({
            name,
            caller,
            namespace,
            ...verdictOf(answer),
            status: answer.ok ? 200 : statusOf(answer.code),
            bytes: answer.ok ? encodedOf(answer.value).bytes.length : 0,
            startedAt,
          });
          return answer;
        },
      };
    },
  };
}

/** Of a record what the answer tells. */
function verdictOf(answer: Answer<object>): Pick<CallRecord, 'level' | 'outcome'> {
  return answer.ok ? { level: answer.level, outcome: 'OK' } : { level: undefined, outcome: answer.code };
}

/** Whoever has a name is limited by it, wherever it asks from; callers without one by where they ask from, or one would starve all. */
export function limitKeyOf({ anonymous, identity }: Caller, peer: string | undefined): string {
  return anonymous ? `peer ${peer ?? ''}` : `user ${identity}`;
}
