import { describe, expect, test } from 'vitest';
import { ConstraintRead } from './answers.ts';
import { ageOf, argumentOf } from './constraint-table.ts';

const constraint = (id: string, name: string, rule?: string) =>
  ConstraintRead.parse({
    id,
    name,
    rule,
    constraint_type: 'Admission',
    severity: 'Info',
    effect: 'audit',
    message: '',
  });

describe('an argument for a constraint', () => {
  test.each([
    ['its name and rule', constraint('a', 'web', 'Ingress'), [], 'web/Ingress'],
    ['its name where there is no rule', constraint('a', 'web'), [], 'web'],
    ['its id where another has the same', constraint('a', 'web', 'Ingress'), [constraint('b', 'web', 'Ingress')], 'a'],
    ['its id where the name alone would mean another, too', constraint('a', 'web'), [constraint('b', 'web', 'x')], 'a'],
    ['its id where a shell would break the name', constraint('a', 'web', 'check labels'), [], 'a'],
    ['its id where the name looks like an option', constraint('a', '-rf'), [], 'a'],
    ['its id where a shell would run the name', constraint('a', 'web', '$(id)'), [], 'a'],
  ])('is %s', (_, of, others, argument) => {
    expect(argumentOf(of, [of, ...others])).toBe(argument);
  });
});

test.each([
  ['2026-01-01T00:00:00.000Z', '5s'],
  ['2025-12-31T23:50:00.000Z', '10m'],
  ['2025-12-31T10:00:00.000Z', '14h'],
  ['2025-12-01T00:00:00.000Z', '31d'],
  ['2026-02-01T00:00:00.000Z', '0s'],
  ['', '<unknown>'],
])('an age since %s is %s', (timestamp, age) => {
  expect(ageOf(timestamp, Date.parse('2026-01-01T00:00:05.000Z'))).toBe(age);
});
