import { pino } from 'pino';
import { expect, test } from 'vitest';
import { GatewayError } from '../errors.ts';
import { createGateway } from '../testing/fixture.ts';
import { errorResponse, refusalOf } from './errors.ts';

test('a challenge says that the token is wrong, and nothing of the kind to who sent none (RFC 6750, 3.1)', async () => {
  const gateway = createGateway({ objects: [] });
  const challenge = async (authorization?: string) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await gateway.request('/resources/reports/shop', { headers });
    expect(response.status).toBe(401);
    return response.headers.get('www-authenticate');
  };
  for (const none of [undefined, 'Basic YTpi']) expect(await challenge(none)).toBe('Bearer realm="potoo"');
  for (const wrong of ['Bearer stranger', 'Bearer a b', `Bearer ${'a'.repeat(9_000)}`]) {
    expect(await challenge(wrong)).toBe('Bearer realm="potoo", error="invalid_token"');
  }
});

test('what is thrown keeps the time after which it is worth to try again', () => {
  const log = pino({ level: 'silent' });
  const error = new GatewayError('RATE_LIMITED', 'Too much.', { cause: new Error('secret'), retryAfterSeconds: 7 });
  const refused = refusalOf(error, log);
  expect(refused).toEqual({ ok: false, code: 'RATE_LIMITED', error: 'Too much.', retryAfterSeconds: 7 });
  expect(errorResponse(refused).headers.get('retry-after')).toBe('7');
});
