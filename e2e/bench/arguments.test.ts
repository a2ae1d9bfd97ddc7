import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

test('without arguments the bench has its full size', () => {
  expect(readArguments([])).toEqual({ namespaces: 500, clusterPolicies: 50, changes: 200, quietSeconds: 120 });
});

test('every size can be told', () => {
  const args = ['--namespaces', '5', '--cluster-policies', '3', '--changes=7', '--quiet-seconds', '2'];
  expect(readArguments(args)).toEqual({ namespaces: 5, clusterPolicies: 3, changes: 7, quietSeconds: 2 });
});

test.each([['--namespaces'], ['--namespaces', '0'], ['--changes', '1.5'], ['--quiet-seconds', 'long'], ['5'], ['--x']])(
  'what it does not understand is refused with the usage: %s %s',
  (...args) => {
    expect(() => readArguments(args)).toThrow('Usage: npm run bench');
  },
);
