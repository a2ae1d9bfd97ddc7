import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { constraintId, ConstraintType, Effect, Metrics, Rule, Source } from '../../crds/constraint.ts';
import { Scope } from '../../crds/scope.ts';
import { figuresOf } from '../answer/metrics.ts';
import { homeNamespace } from '../../crds/constraint.ts';
import { remediationOf } from './remediation.ts';
import { Remediation } from './schema.ts';

/** What binds the namespace `shop`, and what a caller is told to do about it. */
const Case = z.strictObject({
  why: z.string(),
  source: z.url({ protocol: /^https$/ }),
  level: z.enum(['full', 'summary']).default('full'),
  type: ConstraintType,
  effect: Effect,
  policy: Source,
  scope: Scope.extend({ namespaces: Scope.shape.namespaces.default({}) }),
  rule: Rule,
  message: z.string().default('The full sentence'),
  metrics: Metrics.optional(),
  contact: z.string().optional(),
  summary: z.string(),
  steps: z.array(z.record(z.string(), z.unknown())),
});

const folder = new URL('cases/', import.meta.url);

describe.each(readdirSync(folder))('%s', (file) => {
  const cases = z.array(Case).parse(parse(readFileSync(new URL(file, folder), 'utf8')));

  test.each(cases)(
    '$why',
    ({ level, type, effect, policy, scope, rule, message, metrics, contact, summary, steps }) => {
      const id = constraintId(policy.name, 'case');
      const told = { id, name: policy.name, type, severity: 'Warning', effect } as const;
      const full = { ...told, key: 'case', summary: '', message, source: policy, scope, rule };
      const remediation = remediationOf({
        ...told,
        namespace: 'shop',
        home: homeNamespace(policy),
        kind: policy.kind,
        apiVersion: policy.apiVersion,
        figures: figuresOf(metrics),
        full: level === 'full' ? full : undefined,
        contact,
      });
      expect(remediation).toEqual({ summary, steps: steps.map((step) => ({ ...step, automated: false })) });
      expect(Remediation.strict().parse(remediation)).toEqual(remediation);
    },
  );
});

test('every form of rule has a case', () => {
  const forms = readdirSync(folder).flatMap((file) =>
    z
      .array(Case)
      .parse(parse(readFileSync(new URL(file, folder), 'utf8')))
      .map(({ rule }) => rule.form),
  );
  expect([...new Set(forms)].toSorted()).toEqual(Rule.options.map(({ shape }) => shape.form.value).toSorted());
});
