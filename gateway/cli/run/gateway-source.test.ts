import { describe, expect, test } from 'vitest';
import { answerOf } from './gateway-source.ts';
import { isPrivate, serverUrl } from './server-url.ts';

const at = { origin: 'https://potoo.example', hasToken: false };
const reply = (status: number, text: string, headers: Record<string, string> = {}) => ({ status, text, headers });

describe('what a reply says', () => {
  test('an answer', () => {
    expect(answerOf(reply(200, '{"total": 1}'), at)).toEqual({ ok: true, value: { total: 1 } });
  });

  test.each([
    [
      'a refusal in its own words',
      reply(403, '{"error": "You may not.", "code": "FORBIDDEN"}'),
      'FORBIDDEN',
      'You may not.',
    ],
    [
      'what would help who sent no token',
      reply(401, '{"error": "Who are you?", "code": "UNAUTHENTICATED"}'),
      'UNAUTHENTICATED',
      'POTOO_TOKEN',
    ],
    ['a code of a newer gateway', reply(404, '{"error": "No.", "code": "LOST"}'), 'NOT_FOUND', 'No.'],
    ['a proxy in between', reply(502, '<html>Bad Gateway</html>'), 'NOT_SYNCED', 'answers 502: is it a Potoo gateway?'],
    ['something else', reply(200, '<html>'), 'INTERNAL', 'is no JSON'],
    ['a number', reply(200, '7'), 'INTERNAL', 'is no JSON'],
    [
      'another address',
      reply(302, '', { location: 'https://other.example/' }),
      'INTERNAL',
      'sends on to https://other.example/',
    ],
  ])('%s', (_, given, code, words) => {
    expect(answerOf(given, at)).toMatchObject({ ok: false, code, error: expect.stringContaining(words) });
  });

  test('when to ask again', () => {
    const busy = reply(429, '{"error": "Slowly.", "code": "RATE_LIMITED"}', { 'retry-after': '7' });
    expect(answerOf(busy, at)).toMatchObject({ retryAfterSeconds: 7 });
    const date = reply(429, '{}', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' });
    expect(answerOf(date, at)).not.toHaveProperty('retryAfterSeconds');
  });
});

describe('an address', () => {
  test.each([
    'potoo.example',
    'ftp://potoo.example',
    'https://me:secret@potoo.example',
    'https://potoo.example/?a=b',
    '',
  ])('%j is none of a gateway', (server) => {
    expect(() => serverUrl(server)).toThrow(/^--server must/);
  });

  test.each([
    ['https://potoo.example', true],
    ['http://localhost:8090', true],
    ['http://127.0.0.1:8090', true],
    ['http://[::1]:8090', true],
    ['http://potoo.potoo-system:8090', false],
    ['http://127.0.0.1.example', false],
    ['http://localhost.example', false],
  ])('whether nobody reads on the way to %s: %j', (server, isSo) => {
    expect(isPrivate(serverUrl(server))).toBe(isSo);
  });
});
