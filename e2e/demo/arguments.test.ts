import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

test('without arguments a control plane of its own is started', () => {
  expect(readArguments([])).toEqual({ kubeconfig: undefined, yes: false, help: false });
});

test('a kubeconfig file is named from the folder in which the command runs', () => {
  const file = `${process.cwd()}/package.json`;
  expect(readArguments(['--kubeconfig', 'package.json'])).toEqual({ kubeconfig: file, yes: false, help: false });
  expect(readArguments([`--kubeconfig=${file}`, '--yes'])).toEqual({ kubeconfig: file, yes: true, help: false });
});

test('a file that cannot be read is named', () => {
  expect(() => readArguments(['--kubeconfig', '/no/such/file'])).toThrow('/no/such/file cannot be read: ENOENT');
});

test('help is all that is given to who asks for it', () => {
  expect(readArguments(['--help', '--yes']).help).toBe(true);
});

test.each([['--kubeconfig'], ['--kubeconfig='], ['--yes'], ['--kubecofnig', 'x'], ['x']])(
  'what it does not understand is refused with the usage: %s',
  (...args) => {
    expect(() => readArguments(args)).toThrow('Usage: npm start');
  },
);
