import { expect, test } from 'vitest';
import { createClassIndex } from './class-index.ts';

test('what pods get without a class is known once all classes are, and the least value wins', () => {
  const index = createClassIndex();
  index.set('PriorityClass', { name: 'high', isDefault: true, value: 10 });
  expect(index.defaultPriorityClass).toBeUndefined();
  expect(index.setComplete('PriorityClass')).toBe(true);
  expect(index.setComplete('PriorityClass')).toBe(false);
  expect(index.defaultPriorityClass).toEqual({ name: 'high' });
  index.set('PriorityClass', { name: 'low', isDefault: true, value: -3 });
  expect(index.defaultPriorityClass).toEqual({ name: 'low' });
  index.remove('PriorityClass', 'low');
  index.set('PriorityClass', { name: 'high', isDefault: false, value: 10 });
  expect(index.defaultPriorityClass).toBe('none');
});

test('facts are ordered by kind and name, and only defaults say so', () => {
  const index = createClassIndex();
  index.set('StorageClass', { name: 'slow', isDefault: false });
  index.set('StorageClass', { name: 'fast', isDefault: true });
  index.set('IngressClass', { name: 'edge', isDefault: false });
  expect(index.set('IngressClass', { name: 'edge', isDefault: false })).toBe(false);
  expect(index.facts()).toEqual([
    { kind: 'IngressClass', name: 'edge' },
    { kind: 'StorageClass', name: 'fast', default: true },
    { kind: 'StorageClass', name: 'slow' },
  ]);
});
