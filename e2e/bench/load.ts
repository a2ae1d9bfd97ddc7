/** Fills the cluster, with as many requests at a time as the API server works on. */
import type { Client } from '../control-plane/connection.ts';
import { actionPatch, clusterPolicyCreations } from './cluster-policies.ts';
import { contentCreations, type Creation, namespaceCreation, type Population } from './population.ts';

const requestsAtOnce = 16;

/** Creates everything, namespaces first. Returns how many objects that were. */
export async function load(
  client: Client,
  population: readonly Population[],
  clusterPolicies: number,
): Promise<number> {
  const namespaces = population.map(namespaceCreation);
  const contents = [...clusterPolicyCreations(clusterPolicies), ...population.flatMap(contentCreations)];
  await createAll(client, namespaces);
  await createAll(client, contents);
  const { method, path, body } = actionPatch('Deny');
  await client.json(method, path, body);
  return namespaces.length + contents.length;
}

/** Creates each, as many at a time as is worth it. */
export async function createAll(client: Client, creations: readonly Creation[]): Promise<void> {
  // All workers take from one iterator.
  const waiting = creations.values();
  const work = async () => {
    for (const { path, body } of waiting) await client.json('POST', path, body);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
}
