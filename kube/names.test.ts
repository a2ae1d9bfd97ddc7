import { describe, expect, test } from 'vitest';
import { isDnsLabel, isDnsSubdomain, isKind } from './names.ts';

describe('a DNS label', () => {
  test.each(['a', '0', 'ab', 'a-b', 'a--b', '1-1', 'a'.repeat(63)])('may be %j', (text) => {
    expect(isDnsLabel(text)).toBe(true);
  });
  test.each(['', '-', 'a-', '-a', 'A', 'a.b', 'a_b', 'ä', 'a b', 'a\n', 'a'.repeat(64)])('may not be %j', (text) => {
    expect(isDnsLabel(text)).toBe(false);
  });
});

describe('a DNS subdomain', () => {
  test.each(['a', 'a.b', 'a-1.b-2', '0.0.0.0', 'a'.repeat(64), `${'a'.repeat(251)}.b`])('may be %j', (text) => {
    expect(isDnsSubdomain(text)).toBe(true);
  });
  test.each(['', '.', 'a.', '.a', 'a..b', 'a.-b', 'a-.b', 'A.b', 'a/b', `${'a'.repeat(252)}.b`])(
    'may not be %j',
    (text) => {
      expect(isDnsSubdomain(text)).toBe(false);
    },
  );
});

describe('a kind', () => {
  test.each(['Pod', 'A', 'x509', 'My-Kind', `A${'b'.repeat(62)}`])('may be %j', (text) => {
    expect(isKind(text)).toBe(true);
  });
  test.each(['', '1A', '-A', 'A/b', 'A b', 'A\n', 'Ä', `A${'b'.repeat(63)}`])('may not be %j', (text) => {
    expect(isKind(text)).toBe(false);
  });
});
