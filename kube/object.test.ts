import { expect, test } from 'vitest';
import { readObject } from './object.ts';

const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1' };

test('null in metadata is absent', () => {
  const nulls = {
    generation: null,
    creationTimestamp: null,
    deletionTimestamp: null,
    labels: null,
    annotations: null,
    ownerReferences: null,
    managedFields: null,
  };
  expect(readObject({ metadata: { ...metadata, ...nulls }, spec: null }, pods, 'GET')).toStrictEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: null,
  });
  expect(readObject({ metadata: { ...metadata, namespace: null } }, pods, 'GET').metadata).not.toHaveProperty(
    'namespace',
  );
});

test.each(['name', 'uid', 'resourceVersion'])('metadata.%s may neither be absent nor null', (field) => {
  for (const value of [undefined, null]) {
    expect(() => readObject({ metadata: { ...metadata, [field]: value } }, pods, 'GET')).toThrow(`metadata.${field}`);
  }
});
