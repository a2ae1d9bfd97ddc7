import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { count, labels, milliseconds, oneOf } from './options.ts';

describe('what options mean', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['5', 5_000],
  ])('%s is %i ms', (given, ms) => {
    expect(milliseconds(given)).toBe(ms);
  });

  test.each(['', '0', '-1s', '1h', '1.5s', '9999999m'])('%j is no time', (given) => {
    expect(() => milliseconds(given)).toThrow(InvalidArgumentError);
  });

  test('labels have values, are empty, or are not there', () => {
    expect(labels('app=web,tier=,!canary,a.b/c=d=e')).toEqual({ app: 'web', tier: '', canary: null, 'a.b/c': 'd=e' });
  });

  test.each(['', 'app', '=web', '!', 'app=web,'])('%j are no labels', (given) => {
    expect(() => labels(given)).toThrow(InvalidArgumentError);
  });

  test('words are taken in whatever case', () => {
    expect(oneOf(['Critical', 'Info'])('critical')).toBe('Critical');
    expect(() => oneOf(['Critical', 'Info'])('crit')).toThrow('Allowed choices are Critical, Info.');
  });

  test.each(['0', '1001', 'ten', '1e2', '-5'])('%j is no number of things', (given) => {
    expect(() => count(1_000)(given)).toThrow(InvalidArgumentError);
  });
});
