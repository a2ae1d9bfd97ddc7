import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constraintTypes, Effect, severities } from './constraint.ts';
import { formatReportLine, type InheritedEntry, parseReportLine } from './report-line.ts';

const entry: InheritedEntry = {
  severity: 'Critical',
  effect: 'deny',
  type: 'Admission',
  kind: 'ClusterPolicy',
  name: 'require-labels',
  id: 'abcdefgh',
  summary: 'Pods must carry labels',
};

describe('report lines', () => {
  test('have the documented form', () => {
    expect(formatReportLine(entry)).toBe(
      'Critical deny Admission ClusterPolicy/require-labels abcdefgh: Pods must carry labels',
    );
  });

  test('say the same again when read', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9.-]{1,20}$/);
    const entries = fc.record({
      severity: fc.constantFrom(...severities),
      effect: fc.constantFrom(...Effect.options),
      type: fc.constantFrom(...constraintTypes),
      kind: word,
      name: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      id: word,
      summary: fc.string({ maxLength: 100 }).map((text) => text.replace(/\s/g, ' ')),
    });
    fc.assert(
      fc.property(entries, (any) => {
        expect(parseReportLine(formatReportLine(any))).toEqual(any);
      }),
    );
  });

  test('a summary never makes a second line', () => {
    expect(formatReportLine({ ...entry, summary: 'a\nCritical deny' })).not.toContain('\n');
  });

  test.each([
    ['nothing', ''],
    ['too few fields', 'Critical deny Admission ClusterPolicy/x abc:'],
    ['an unknown severity', 'Grave deny Admission ClusterPolicy/x abc: y'],
    ['no slash', 'Critical deny Admission ClusterPolicy abc: y'],
    ['no colon behind the id', 'Critical deny Admission ClusterPolicy/x abc y'],
    ['a broken escape', 'Critical deny Admission ClusterPolicy/%zz abc: y'],
    ['a line that never ends', `Critical deny Admission ClusterPolicy/x abc: ${'y'.repeat(3_000)}`],
  ])('%s is no line', (_, line) => {
    expect(parseReportLine(line)).toBeUndefined();
  });

  test('any text is read or refused', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseReportLine(text)));
  });
});
