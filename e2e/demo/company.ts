/** The small company of the demo: its namespaces, policies and workloads, and the callers that ask in the printed lines. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apply, at, get, type Target, waitFor } from '../control-plane/admin.ts';
import { readObjects } from '../programs.ts';
import type { Account, Cluster } from './cluster.ts';

const samples = fileURLToPath(new URL('samples', import.meta.url));

const callers: readonly Account[] = [
  { namespace: 'platform', name: 'platform-admin' },
  { namespace: 'shop', name: 'shop-admin' },
  { namespace: 'shop', name: 'shop-developer' },
  { namespace: 'sandbox', name: 'visitor' },
];

const workloads: readonly unknown[] = ['CronJob', 'Deployment', 'StatefulSet'];

/** Applies the samples; resolves with the names of their namespaces once controllers have made the pods and counted them. */
export async function applyCompany({ target }: Cluster): Promise<string[]> {
  const objects = await servedOf(target, readObjects(samples));
  const ofKind = (kind: string) => objects.filter((object) => at(object, 'kind') === kind).map(nameOf);
  await apply(
    target,
    objects.filter((object) => !workloads.includes(at(object, 'kind'))),
  );
  // What is created before a quota has its first status is not counted for some minutes.
  for (const { namespace, name } of ofKind('ResourceQuota')) {
    const path = `/api/v1/namespaces/${namespace}/resourcequotas/${name}`;
    await waitFor(target, path, (quota) => at(quota, 'status', 'used') !== undefined, `quota ${name} to be in force`);
  }
  await apply(
    target,
    objects.filter((object) => workloads.includes(at(object, 'kind'))),
  );
  for (const { namespace, name } of ofKind('Deployment')) {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    await waitFor(target, path, hasItsPods, `the pods of Deployment ${name}`);
  }
  return ofKind('Namespace').map(({ name }) => name);
}

/** Kinds that only newer API servers serve, and where: MutatingAdmissionPolicy is v1 from Kubernetes 1.36. */
const newerKinds: ReadonlyMap<unknown, string> = new Map(
  ['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'].map((kind) => [
    kind,
    '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies?limit=1',
  ]),
);

async function servedOf(target: Target, objects: readonly unknown[]): Promise<unknown[]> {
  const missing = new Set<string>();
  for (const path of new Set(newerKinds.values())) if ((await get(target, path)) === undefined) missing.add(path);
  return objects.filter((object) => !missing.has(newerKinds.get(at(object, 'kind')) ?? ''));
}

function nameOf(object: unknown): { readonly namespace: string; readonly name: string } {
  return { namespace: String(at(object, 'metadata', 'namespace')), name: String(at(object, 'metadata', 'name')) };
}

function hasItsPods(deployment: unknown): boolean {
  return at(deployment, 'status', 'replicas') === at(deployment, 'spec', 'replicas');
}

/**
 * Writes a file for each caller that `curl -H @file` takes for a header, readable by its owner alone: printed lines stay
 * short, and no token stands in the list of processes.
 */
export async function writeCallers(cluster: Cluster, folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700, recursive: true });
  for (const caller of callers) {
    const header = `Authorization: Bearer ${await cluster.token(caller)}\n`;
    await writeFile(join(folder, caller.name), header, { mode: 0o600 });
  }
}
