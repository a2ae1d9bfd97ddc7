import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('namespaces are given by name and pattern, with commas between', () => {
  expect(
    readConfig({ POTOO_INCLUDED_NAMESPACES: 'shop, team-*', POTOO_EXCLUDED_NAMESPACES: 'team-x,' }).reported,
  ).toEqual({ globs: ['shop', 'team-*'], excluded: ['team-x'] });
  expect(readConfig({ POTOO_EXCLUDED_NAMESPACES: '' }).reported).toEqual({ globs: undefined, excluded: undefined });
});

test('one error names every variable with a bad value', () => {
  expect(() => readConfig({ POTOO_EXCLUDED_NAMESPACES: 'Shop', POTOO_METRICS_PORT: 'x' })).toThrow(
    /POTOO_EXCLUDED_NAMESPACES: must be names of namespaces.*POTOO_METRICS_PORT/,
  );
});
