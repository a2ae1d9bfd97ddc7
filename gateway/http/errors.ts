/**
 * The one place where codes become HTTP: status, headers, and the body that every error has.
 */
import { type ErrorCode, GatewayError, refusal, type Refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import { jsonResponse } from './json.ts';

const statuses: Readonly<Record<ErrorCode, number>> = {
  INVALID_REQUEST: 400,
  INVALID_CURSOR: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  HOST_NOT_ALLOWED: 403,
  ORIGIN_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  REPORT_NOT_FOUND: 404,
  CONSTRAINT_NOT_FOUND: 404,
  KIND_NOT_SERVED: 404,
  OBJECT_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  TOO_MANY_STREAMS: 429,
  INTERNAL: 500,
  NOT_SYNCED: 503,
  REVIEW_UNAVAILABLE: 503,
  CLUSTER_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 503,
};

/** The HTTP status of a code, as the contract has it. */
export function statusOf(code: ErrorCode): number {
  return statuses[code];
}

/** A refusal as HTTP: `{"error", "code"}`, with a challenge where credentials are missing. */
export function errorResponse(refused: Omit<Refusal, 'ok'>, headers?: Readonly<Record<string, string>>): Response {
  const { code, error } = refused;
  return jsonResponse({ error, code }, statusOf(code), { ...refusalHeaders(refused), ...headers });
}

/** The headers that say what would help: credentials, or time. */
export function refusalHeaders({
  code,
  retryAfterSeconds,
  badToken,
}: Omit<Refusal, 'ok' | 'error'>): Readonly<Record<string, string>> {
  // Who sent no token is told nothing of what would be wrong with it (RFC 6750, 3.1).
  const wrong = badToken ? ', error="invalid_token"' : '';
  const challenge = code === 'UNAUTHENTICATED' ? { 'www-authenticate': `Bearer realm="potoo"${wrong}` } : {};
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { ...challenge, ...retry };
}

/** What a caller is told of anything thrown: what is not meant for callers goes to the log alone. */
export function refusalOf(error: unknown, log: Log): Refusal {
  if (error instanceof GatewayError) {
    const { code, message, retryAfterSeconds } = error;
    const cause = error.cause instanceof Error ? error.cause.message : undefined;
    // Whoever asks too much must not fill the log, too.
    log[code === 'RATE_LIMITED' ? 'debug' : 'warn']({ code, cause }, message);
    return { ...refusal(code, message), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
  log.error({ err: error }, 'a call failed');
  return refusal('INTERNAL', 'Something went wrong in the gateway; its log says what.');
}
