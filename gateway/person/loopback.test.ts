import { expect, test } from 'vitest';
import { createLoopbackPolicy } from './loopback.ts';

const [policy, lenient] = [createLoopbackPolicy({ pages: 'none' }), createLoopbackPolicy({ pages: 'of this machine' })];
const refused = (host: string, origin?: string) => policy.refused({ host, origin, localAddress: '127.0.0.1' })?.code;

test.each(['localhost:8090', '127.0.0.1:8090', '127.1.2.3', '[::1]:8090', 'LOCALHOST'])(
  '%s is this machine',
  (host) => {
    expect(refused(host)).toBeUndefined();
  },
);

test.each([
  'potoo.potoo-system.svc',
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '10.0.0.1',
  '',
])('a page that was rebound asks %j, which is not', (host) => {
  expect(refused(host)).toBe('HOST_NOT_ALLOWED');
});

test.each(['http://localhost:3000', 'http://127.0.0.1:8090', 'https://evil.example', 'null', ''])(
  'no page asks here, not %j either',
  (origin) => {
    expect(refused('localhost:8090', origin)).toBe('ORIGIN_NOT_ALLOWED');
  },
);

test.each([policy, lenient])('what a page asks without an Origin, as by an image or a frame, is refused', (each) => {
  const about = (fetchSite?: string) =>
    each.refused({ host: 'localhost', origin: undefined, fetchSite, localAddress: undefined })?.code;
  expect(['cross-site', 'same-site'].map(about)).toEqual(['ORIGIN_NOT_ALLOWED', 'ORIGIN_NOT_ALLOWED']);
  expect([undefined, 'none', 'same-origin'].map(about)).toEqual([undefined, undefined, undefined]);
});
