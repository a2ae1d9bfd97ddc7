import type { DetailLevel } from './answer/levels.ts';

/** Stable: clients and runbooks match on these words. errors.test.ts pins the list, http/errors.ts maps it to HTTP. */
export const errorCodes = [
  'INVALID_REQUEST',
  'INVALID_CURSOR',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'HOST_NOT_ALLOWED',
  'ORIGIN_NOT_ALLOWED',
  'NOT_FOUND',
  'REPORT_NOT_FOUND',
  'CONSTRAINT_NOT_FOUND',
  'KIND_NOT_SERVED',
  'OBJECT_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'RATE_LIMITED',
  'TOO_MANY_STREAMS',
  'INTERNAL',
  'NOT_SYNCED',
  'REVIEW_UNAVAILABLE',
  'CLUSTER_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** An answer that is no: expected, so a value. `error` is a sentence for the caller and holds nothing it may not know. */
export interface Refusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly error: string;
  /** After how many seconds it is worth to try again, where that is known. */
  readonly retryAfterSeconds?: number;
  /** True for a bearer token that is not accepted, other than for none. */
  readonly badToken?: true;
}

/**
 * `level`: the most detailed one at which anything in the answer is told; absent where levels play no part.
 * `hurried`: whether there is less in it than there would have been with more time.
 */
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly level?: DetailLevel; readonly hurried?: boolean }
  | Refusal;

/** An answer that says no, and why, to the caller. */
export function refusal(code: ErrorCode, error: string): Refusal {
  return { ok: false, code, error };
}

/** While an answer would be a guess. */
export const notSynced = refusal('NOT_SYNCED', 'The gateway has just started and has not read everything yet.');

/** A call that cannot be answered for reasons of ours, thrown past whoever cannot help. The cause is logged, never sent. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  /** As in a Refusal. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
