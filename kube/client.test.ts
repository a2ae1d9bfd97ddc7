import { describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';
import type { Transport } from './transport.ts';

const reports = {
  group: 'potoo.io',
  version: 'v1alpha1',
  plural: 'constraintreports',
  kind: 'ConstraintReport',
  namespaced: true,
  statusSubresource: true,
};

function cluster() {
  const api = createFakeApi({ resources: [reports], clock: createVirtualClock() });
  return { api, client: createClient(api.transport) };
}

const draft = { metadata: { name: 'constraints', namespace: 'shop' }, status: { total: 1 } };

test('an object is created, read, replaced and deleted', async () => {
  const { client } = cluster();
  const created = await client.create(reports, draft);
  expect(created).toMatchObject({ apiVersion: 'potoo.io/v1alpha1', kind: 'ConstraintReport' });
  expect(created.status).toBeUndefined();
  const written = await client.replace(reports, { ...created, status: { total: 2 } }, { subresource: 'status' });
  expect(written.status).toEqual({ total: 2 });
  expect(await client.get(reports, { namespace: 'shop', name: 'constraints' })).toEqual(written);
  await client.delete(
    reports,
    { namespace: 'shop', name: 'constraints' },
    { preconditions: { uid: created.metadata.uid } },
  );
  await expect(client.get(reports, { namespace: 'shop', name: 'constraints' })).rejects.toMatchObject({
    code: 'KUBE_NOT_FOUND',
    status: 404,
  });
});

test('of two who replace the same version the second is told so', async () => {
  const { client } = cluster();
  const created = await client.create(reports, draft);
  await client.replace(reports, { ...created, status: { total: 2 } }, { subresource: 'status' });
  await expect(
    client.replace(reports, { ...created, status: { total: 3 } }, { subresource: 'status' }),
  ).rejects.toMatchObject({ code: 'KUBE_CONFLICT' });
  await expect(client.create(reports, draft)).rejects.toMatchObject({ code: 'KUBE_ALREADY_EXISTS' });
});

test('replacing without a version is our own mistake and sends nothing', async () => {
  const { api, client } = cluster();
  await expect(client.replace(reports, draft)).rejects.toThrow('metadata.resourceVersion');
  expect(api.requests).toEqual([]);
});

test('a delete whose precondition does not hold deletes nothing', async () => {
  const { api, client } = cluster();
  await client.create(reports, draft);
  const at = { namespace: 'shop', name: 'constraints' };
  await expect(client.delete(reports, at, { preconditions: { uid: 'other' } })).rejects.toMatchObject({
    code: 'KUBE_CONFLICT',
  });
  expect(api.get(reports, at)).toBeDefined();
});

test('lists come in pages, with apiVersion and kind filled in', async () => {
  const { api, client } = cluster();
  for (const name of ['a', 'b', 'c']) api.put(reports, { metadata: { name, namespace: 'shop' } });
  const first = await client.list(reports, { limit: 2 });
  expect(first.items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'ConstraintReport a',
    'ConstraintReport b',
  ]);
  const second = await client.list(reports, {
    limit: 2,
    ...(first.continue === undefined ? {} : { continue: first.continue }),
  });
  expect(second.items.map(({ metadata }) => metadata.name)).toEqual(['c']);
  expect(second.continue).toBeUndefined();
  expect(second.resourceVersion).toBe(first.resourceVersion);
});

test('metadata alone is asked for and keeps its kind', async () => {
  const { api, client } = cluster();
  api.put(reports, { metadata: { name: 'a', namespace: 'shop' }, status: { total: 1 } });
  const { items } = await client.list(reports, { namespace: 'shop', metadataOnly: true });
  expect(items[0]).toMatchObject({ kind: 'ConstraintReport', metadata: { name: 'a' } });
  expect(items[0]?.status).toBeUndefined();
});

describe('an answer that is no such object is refused with the field', () => {
  const metadata = { name: 'a', uid: 'u', resourceVersion: '1' };
  test.each<[unknown, string]>([
    [null, 'no JSON object'],
    [[], 'no JSON object'],
    [{}, 'metadata is no JSON object'],
    [{ metadata: { ...metadata, name: '' } }, 'metadata.name'],
    [{ metadata: { ...metadata, resourceVersion: 7 } }, 'metadata.resourceVersion'],
    [{ metadata: { ...metadata, labels: { a: 1 } } }, 'metadata.labels'],
    [{ metadata: { ...metadata, labels: [] } }, 'metadata.labels'],
    [{ metadata: { ...metadata, ownerReferences: [{}] } }, 'metadata.ownerReferences'],
    [{ metadata: { ...metadata, generation: '1' } }, 'metadata.generation'],
  ])('%j', async (answer, field) => {
    const transport: Transport = {
      request: async () => answer,
      stream: () => Promise.reject(new Error('no streams here')),
      close: async () => {},
    };
    await expect(createClient(transport).get(reports, { namespace: 'shop', name: 'a' })).rejects.toMatchObject({
      code: 'KUBE_UNREADABLE',
      said: expect.stringContaining(field),
    });
  });
});
