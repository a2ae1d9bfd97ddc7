import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

test('without arguments a control plane of its own is started', () => {
  expect(readArguments([])).toEqual({ kubeconfig: undefined, yes: false });
});

test('a kubeconfig file is named from the folder in which the command runs', () => {
  expect(readArguments(['--kubeconfig', 'a/b'])).toEqual({ kubeconfig: `${process.cwd()}/a/b`, yes: false });
  expect(readArguments(['--kubeconfig=/a/b', '--yes'])).toEqual({ kubeconfig: '/a/b', yes: true });
});

test.each([['--kubeconfig'], ['--kubeconfig='], ['--yes'], ['--kubecofnig', 'x'], ['x']])(
  'what it does not understand is refused with the usage: %s',
  (...args) => {
    expect(() => readArguments(args)).toThrow('Usage: npm start');
  },
);
