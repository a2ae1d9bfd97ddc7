import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCredentials } from './credentials.ts';
import { podKubeconfig, readKubeconfig } from './kubeconfig.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'potoo-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function fileOf(user: object, cluster: object = {}): Promise<string> {
  const path = join(folder, 'config');
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(path, stringify(config));
  return path;
}

const credentialsOf = (kubeconfig: string) => loadCredentials({ kubeconfig, clock: createVirtualClock() });

test('what stands in the file overrides what it points to, and a token file a token', async () => {
  await writeFile(join(folder, 'ca.crt'), 'another');
  await writeFile(join(folder, 'token'), 'of the file\n');
  const cluster = { 'certificate-authority': 'ca.crt', 'certificate-authority-data': base64('this') };
  const { ca, headers } = await credentialsOf(await fileOf({ token: 't', tokenFile: 'token' }, cluster)).current();
  expect([ca, headers]).toEqual(['this', { authorization: 'Bearer of the file' }]);
});

test('a token that looks like a number is text, and what is empty or null is absent', async () => {
  const user = { token: 12_345, exec: null, tokenFile: '', username: null };
  expect((await credentialsOf(await fileOf(user)).current()).headers).toEqual({ authorization: 'Bearer 12345' });
});

test('a command is asked for what it tells, and the certificate authority is that of the file', async () => {
  const command = join(folder, 'command');
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'told', clientCertificateData: 'a certificate', clientKeyData: 'a key' },
  };
  await writeFile(command, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
  await chmod(command, 0o755);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
  const path = await fileOf({ exec }, { 'certificate-authority-data': base64('this') });
  expect(await credentialsOf(path).current()).toMatchObject({
    headers: { authorization: 'Bearer told' },
    ca: 'this',
    cert: 'a certificate',
    key: 'a key',
  });
});

test('a token of a sign-in provider is taken', async () => {
  await writeFile(join(folder, 'token'), 'provided\n');
  const provider = { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } };
  const { headers } = await credentialsOf(await fileOf({ 'auth-provider': provider })).current();
  expect(headers).toEqual({ authorization: 'Bearer provided' });
});

test('nothing is sent in the clear unless the file says so', async () => {
  const server = 'http://127.0.0.1:1';
  const token = { token: 't' };
  await expect(credentialsOf(await fileOf(token, { server })).current()).rejects.toThrow('is not https');
  const said = { server, 'insecure-skip-tls-verify': true };
  expect((await credentialsOf(await fileOf(token, said)).current()).rejectUnauthorized).toBe(false);
});

test('what cannot be read is said with its file and its place', async () => {
  const path = await fileOf({}, { server: undefined });
  expect(() => readKubeconfig([path])).toThrow(`${path}: clusters.0.cluster.server: is missing`);
  await writeFile(path, '- a list');
  expect(() => readKubeconfig([path])).toThrow(`${path}: the file: `);
});

test('a pod finds the API server by its environment and is its ServiceAccount', async () => {
  await writeFile(join(folder, 'namespace'), 'shop');
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  expect(podKubeconfig(environment, folder)).toMatchObject({
    clusters: [{ server: 'https://[fd00::1]:443', ca: { file: `${folder}/ca.crt` } }],
    users: [{ tokenFile: `${folder}/token` }],
    contexts: [{ namespace: 'shop' }],
  });
  expect(() => loadCredentials({ inCluster: {}, clock: createVirtualClock() })).toThrow('names no cluster');
});

test('the whole API of client-node is loaded for nobody who does not need it', async () => {
  await writeFile(join(folder, 'token'), 'plain');
  const path = await fileOf({ tokenFile: 'token' });
  const credentials = new URL('credentials.ts', import.meta.url).href;
  const clock = new URL('clock.ts', import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { loadCredentials } = await import(${JSON.stringify(credentials)});
    const { systemClock: clock } = await import(${JSON.stringify(clock)});
    const { headers } = await loadCredentials({ kubeconfig: ${JSON.stringify(path)}, clock }).current();
    console.log(headers.authorization, loaded.length > 0, loaded.filter((url) => url.includes('client-node')).length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  expect(stdout.trim()).toBe('Bearer plain true 0');
});
