import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Constraint, homeNamespace } from '../../crds/constraint.ts';
import { isDnsSubdomain, isKind } from '../../kube/names.ts';
import { figuresOf } from '../answer/metrics.ts';
import { hostileConstraint, hostileRules } from '../testing/hostile.ts';
import { isPlain } from '../words.ts';
import { urls } from './links.ts';
import { remediationOf } from './remediation.ts';
import { Remediation, stepsMax } from './schema.ts';
import type { Subject } from './subject.ts';

function subjectOf(constraint: Constraint, level: 'full' | 'summary'): Subject {
  const { id, name, type, severity, effect, source, metrics } = constraint;
  return {
    namespace: 'shop',
    id,
    name,
    home: homeNamespace(source),
    kind: source.kind,
    apiVersion: source.apiVersion,
    type,
    severity,
    effect,
    figures: figuresOf(metrics),
    full: level === 'full' ? constraint : undefined,
    contact: '#platform',
  };
}
const bothLevels = (constraint: Constraint) =>
  (['full', 'summary'] as const).map((level) => remediationOf(subjectOf(constraint, level)));

describe.each(Object.entries(hostileRules))('of the form %s, whatever stands in it', (_form, rule) => {
  test('there are a sentence and steps, of bounded length and nothing that hides', () => {
    fc.assert(
      fc.property(hostileConstraint([rule]), (constraint) => {
        for (const remediation of bothLevels(constraint)) {
          expect(Remediation.strict().parse(remediation)).toEqual(remediation);
          expect(remediation.summary).toMatch(/^\S.*\.$/);
          expect(remediation.summary.length).toBeLessThan(700);
          for (const { description, patch, url } of remediation.steps) {
            expect([isPlain(description), description.length < 2_000]).toEqual([true, true]);
            if (url !== undefined) expect(Object.values(urls)).toContain(url);
            if (patch !== undefined) {
              expect(isPlain(patch.replaceAll('\n', ' '))).toBe(true);
              // kubectl reads YAML 1.1, others 1.2: both must find the same in it.
              expect(parse(patch, { version: '1.1' })).toEqual(parse(patch));
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a shell runs kubectl with our own options and with names, and nothing else', () => {
    const many = fc.array(hostileConstraint([rule]), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(many, (constraints) => {
        const commands = constraints
          .flatMap(bothLevels)
          .flatMap(({ steps }) => steps)
          .flatMap(({ command }) => command ?? []);
        const parsed = parsedByShell(commands);
        expect(parsed).toHaveLength(commands.length);
        for (const words of parsed) for (const word of words) expect(isOurs(word), word).toBe(true);
      }),
      { numRuns: 5 },
    );
  });
});

function parsedByShell(lines: readonly string[]): string[][] {
  const script = String.raw`kubectl() { printf '%s\0' "$@"; printf '\n'; }`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', [script, ...lines].join('\n')], {
    encoding: 'utf8',
    env: { PATH: '' },
  });
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\0').slice(0, -1));
}

const options: readonly RegExp[] = [
  /^-[flno]$/,
  /^--(dry-run=server|patch-file|show-labels)$/,
  /^--selector=!?[a-z0-9.(]/i,
  /^custom-columns=POD:\.metadata\.name,USES:\.spec\.containers\[\*\]\.resources\.(requests|limits)\.[a-z0-9./\\-]+$/,
  /^(FILE|yaml)$/,
  /^kubernetes\.io\/service-name=[a-z0-9.-]+$/,
];

function isOurs(word: string): boolean {
  const [kind = ''] = word.split('.', 1);
  return (
    isDnsSubdomain(word) ||
    (isKind(kind) && isDnsSubdomain(word.toLowerCase())) ||
    options.some((each) => each.test(word))
  );
}

test('no step is more than six, and none changes anything by itself', () => {
  fc.assert(
    fc.property(hostileConstraint(), (constraint) => {
      for (const { steps } of bothLevels(constraint)) {
        expect(steps.length).toBeLessThanOrEqual(stepsMax);
        expect(steps.every(({ automated }) => !automated)).toBe(true);
      }
    }),
  );
});

test('the same constraint at the same level gives the same bytes', () => {
  fc.assert(
    fc.property(hostileConstraint(), (constraint) => {
      expect(JSON.stringify(bothLevels(structuredClone(constraint)))).toBe(JSON.stringify(bothLevels(constraint)));
    }),
  );
});
