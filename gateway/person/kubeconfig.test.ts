import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadCredentials, readContext } from '../../kube/credentials.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { kubeconfigPaths } from './kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'potoo-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true }));

function kubeconfig(name: string, server: string, token: string, rest: object = {}): string {
  const path = join(folder, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'shared', cluster: { server } }],
    users: [{ name: `${name}-user`, user: { token } }],
    contexts: [{ name, context: { cluster: 'shared', user: `${name}-user`, namespace: `${name}-space` } }],
    ...rest,
  };
  writeFileSync(path, stringify(config));
  return path;
}
const first = kubeconfig('first', 'https://first.example', 'first-token');
const second = kubeconfig('second', 'https://second.example', 'second-token', { 'current-context': 'second' });

test('a file that is named is the one', () => {
  expect(kubeconfigPaths('here', { KUBECONFIG: first, HOME: folder })).toEqual(['here']);
});

test('else those of KUBECONFIG that are there, else the one in the home folder', () => {
  const KUBECONFIG = [first, join(folder, 'gone'), second].join(delimiter);
  expect(kubeconfigPaths(undefined, { KUBECONFIG, HOME: folder })).toEqual([first, second]);
  const home = join(folder, 'home');
  mkdirSync(join(home, '.kube'), { recursive: true });
  writeFileSync(join(home, '.kube', 'config'), '');
  expect(kubeconfigPaths(undefined, { HOME: home })).toEqual([join(home, '.kube', 'config')]);
});

test('a pod uses its ServiceAccount, and elsewhere it is said what was looked for', () => {
  expect(kubeconfigPaths(undefined, { HOME: folder, KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toEqual([]);
  expect(() => kubeconfigPaths(undefined, { HOME: folder })).toThrow(
    `No kubeconfig was found: there is no ${join(folder, '.kube', 'config')}. Name one with --kubeconfig.`,
  );
  expect(() => kubeconfigPaths(undefined, {})).toThrow('neither KUBECONFIG nor HOME is set');
});

test('of several files the first that has a name wins', async () => {
  const clock = createVirtualClock();
  const options = { kubeconfig: [first, second], clock };
  // The first names no current context, but it was the first to name the cluster.
  expect(readContext(options)).toEqual({
    name: 'second',
    cluster: 'shared',
    namespace: 'second-space',
    user: 'second-user',
  });
  const credentials = loadCredentials(options);
  expect(credentials.server).toBe('https://first.example');
  expect((await credentials.current()).headers['authorization']).toBe('Bearer second-token');
});

test('a context that is not there is said with those that are', () => {
  const options = { kubeconfig: [first, second], clock: createVirtualClock() };
  expect(() => readContext({ ...options, context: 'third' })).toThrow(
    'there is no context "third"; the contexts are: first, second',
  );
  expect(() => readContext({ ...options, kubeconfig: first })).toThrow('no current-context is set');
});
