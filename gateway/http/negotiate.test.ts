import { expect, test } from 'vitest';
import { acceptsGzip, hasAlready } from './negotiate.ts';

test.each(['gzip', 'GZIP', 'gzip, deflate, br', 'br;q=1.0, gzip;q=0.8, *;q=0.1', '*', 'x-gzip', 'gzip ; q=0.001'])(
  'Accept-Encoding %j takes gzip',
  (value) => {
    expect(acceptsGzip(value)).toBe(true);
  },
);

test.each([null, '', 'br', 'identity', 'gzip;q=0', 'gzip;q=0, *', '*;q=0', 'gzip;q=x', 'identity, gzip;q=0.5'])(
  'Accept-Encoding %j does not',
  (value) => {
    expect(acceptsGzip(value)).toBe(false);
  },
);

test.each(['"a"', 'W/"a"', '"b", "a"', '"b",W/"a"', '*', ' * '])('If-None-Match %j has the tag "a"', (value) => {
  expect(hasAlready(value, '"a"')).toBe(true);
});

test.each([null, '', '"b"', 'a', '"a-gzip"', '"A"', '"b", *'])('If-None-Match %j has not', (value) => {
  expect(hasAlready(value, '"a"')).toBe(false);
});
