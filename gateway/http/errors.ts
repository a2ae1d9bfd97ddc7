/**
 * The one place where codes become HTTP: status, headers, and the body that every error has.
 */
import { type ErrorCode, GatewayError, type Refusal } from '../errors.ts';
import type { Log } from '../log.ts';

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
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL: 500,
  NOT_SYNCED: 503,
  REVIEW_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 503,
};

/** The HTTP status of a code, as the contract has it. */
export function statusOf(code: ErrorCode): number {
  return statuses[code];
}

/** What callers get of an answer, of whatever kind it is: it may depend on who asks, so nobody in between keeps it. */
export function jsonResponse(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

/** A refusal as HTTP: `{"error", "code"}`, with a challenge where credentials are missing. */
export function errorResponse(
  { code, error }: Omit<Refusal, 'ok'>,
  headers?: Readonly<Record<string, string>>,
): Response {
  const challenge = code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="potoo"' } : {};
  return jsonResponse({ error, code }, statusOf(code), { ...challenge, ...headers });
}

/** Anything thrown: what is not meant for callers goes to the log alone. */
export function thrownResponse(error: unknown, log: Log): Response {
  if (error instanceof GatewayError) {
    const cause = error.cause instanceof Error ? error.cause.message : undefined;
    log.warn({ code: error.code, cause }, error.message);
    return errorResponse({ code: error.code, error: error.message });
  }
  log.error({ err: error }, 'a call failed');
  return errorResponse({ code: 'INTERNAL', error: 'Something went wrong in the gateway; its log says what.' });
}
