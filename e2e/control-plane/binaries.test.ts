import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { controlPlaneBinaries } from './binaries.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'potoo-binaries-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const never = (line: string) => {
  throw new Error(`nothing is built here, but: ${line}`);
};
const put = (...names: string[]) => Promise.all(names.map((name) => writeFile(join(folder, name), '')));

test('KUBEBUILDER_ASSETS is used as it is, with or without a controller manager', async () => {
  vi.stubEnv('KUBEBUILDER_ASSETS', folder);
  await put('etcd', 'kube-apiserver', 'kubectl');
  const two = { etcd: join(folder, 'etcd'), kubeApiserver: join(folder, 'kube-apiserver') };
  expect(await controlPlaneBinaries(never)).toEqual({ ...two, kubeControllerManager: undefined });
  await put('kube-controller-manager');
  const three = { ...two, kubeControllerManager: join(folder, 'kube-controller-manager') };
  expect(await controlPlaneBinaries(never)).toEqual(three);
});

test('a KUBEBUILDER_ASSETS without an API server names the missing file', async () => {
  vi.stubEnv('KUBEBUILDER_ASSETS', folder);
  await put('etcd');
  await expect(controlPlaneBinaries(never)).rejects.toThrow(`${join(folder, 'kube-apiserver')} is missing`);
});

test('without Go and without KUBEBUILDER_ASSETS one sentence says what to install or set', async () => {
  vi.stubEnv('KUBEBUILDER_ASSETS', undefined);
  vi.stubEnv('PATH', folder);
  await expect(controlPlaneBinaries(never)).rejects.toThrow(/^A control plane needs Go 1\.26 .* KUBEBUILDER_ASSETS/);
});

test('a Go that is too old is told from one that is missing, with what it said', async () => {
  vi.stubEnv('KUBEBUILDER_ASSETS', undefined);
  vi.stubEnv('PATH', `${folder}:/bin:/usr/bin`);
  const said = 'go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)';
  await writeFile(join(folder, 'go'), `#!/bin/sh\necho '${said}' >&2\nexit 1\n`, { mode: 0o755 });
  await expect(controlPlaneBinaries(never)).rejects.toThrow(`needs Go 1.26 or newer; install that`);
  await expect(controlPlaneBinaries(never)).rejects.toThrow(said);
});
