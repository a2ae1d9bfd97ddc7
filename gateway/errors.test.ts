import { expect, test } from 'vitest';
import { errorCodes } from './errors.ts';
import { statusOf } from './http/errors.ts';

test('codes and their HTTP status change only on purpose', () => {
  expect(Object.fromEntries(errorCodes.map((code) => [code, statusOf(code)]))).toEqual({
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
  });
});
