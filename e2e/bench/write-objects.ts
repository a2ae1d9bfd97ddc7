/** Writes Potoo's own resources into a cluster as they are told, with as many requests at a time as the API server works on. */
import * as z from 'zod';
import { resourcePath } from '../../kube/resource.ts';
import type { Client } from '../control-plane/connection.ts';
import type { Written } from './gateway-objects.ts';

const requestsAtOnce = 16;
const Created = z.object({ metadata: z.looseObject({ resourceVersion: z.string() }) });

/** Makes the namespaces that are missing, then the objects with their status. */
export async function writeAll(client: Client, objects: readonly Written[]): Promise<void> {
  const namespaces = new Set(objects.map(({ namespace }) => namespace).filter((namespace) => namespace !== undefined));
  await each(namespaces, async (name) => {
    await client.json('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  });
  await each(objects, async ({ resource, namespace, name, body, status }) => {
    const created = await client.json('POST', resourcePath(resource, { namespace }), body);
    if (status === undefined) return;
    const path = resourcePath(resource, { namespace, name, subresource: 'status' });
    await client.json('PUT', path, { ...body, metadata: Created.parse(created).metadata, status });
  });
}

async function each<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  // All workers take from one iterator.
  const waiting = Iterator.from(items);
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, worker));
}
