/**
 * What holds for all messages of meshes and budgets, whatever stands around their words.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RemediationStep } from '../../remediation/schema.ts';
import { readErrorText } from '../error-text.ts';
import type { About } from '../finding.ts';
import { disruptionSignatures } from './disruption.ts';
import { istioSignatures } from './istio.ts';
import { linkerdSignatures } from './linkerd.ts';
import { meshSymptomSignatures } from './mesh-symptoms.ts';

const signatures = [...disruptionSignatures, ...istioSignatures, ...linkerdSignatures, ...meshSymptomSignatures];
const anchors = signatures.flatMap((signature) => signature.anchors.map((anchor) => ({ anchor, signature })));
const about: About = {
  namespace: 'shop',
  workloadName: 'web',
  named: [],
  workloads: undefined,
  complete: true,
  contact: undefined,
};

const pieces = fc.oneof(
  fc.constantFrom(...anchors.map(({ anchor }) => anchor)),
  fc.constantFrom(
    'ns[',
    ']-policy[',
    ']-rule[',
    ']',
    '/',
    ' ',
    '\n',
    '"',
    '{',
    '}',
    ' pod ',
    ' (pod=',
    'svc',
    '10.0.0.1:80',
    ':',
  ),
  fc.constantFrom(
    'error when evicting pods/"',
    '" -n "',
    'pdb ',
    'server.name=',
    'dst.workload="',
    'outbound_.80_._.',
    '--x',
    '-',
    '_',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

test('every finding lies within the text, and its steps are steps', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...anchors),
      fc.array(pieces, { maxLength: 8 }),
      fc.array(pieces, { maxLength: 8 }),
      ({ anchor, signature }, before, after) => {
        const text = readErrorText([...before, anchor, ...after].join(''));
        const at = text.lower.indexOf(anchor);
        if (at < 0) return;
        for (const finding of [signature.read(text, at)].flat()) {
          if (finding === undefined) continue;
          for (const { start, end } of [finding.span, ...finding.evidence]) {
            expect(start).toBeGreaterThanOrEqual(0);
            expect(start).toBeLessThan(end);
            expect(end).toBeLessThanOrEqual(text.flat.length);
          }
          expect(finding.suspects?.([], about)).toEqual({ certain: [], possible: [] });
          for (const step of finding.steps({ certain: [], possible: [] }, about)) RemediationStep.parse(step);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a message is read in one bounded look, however long the text', () => {
  const rest = 'pod "a b" / svc {"x": ns[ }\n'.repeat(300);
  for (const { anchor, signature } of anchors) {
    let looked = 0;
    const text = readErrorText(`${rest}${anchor}${rest}`);
    const at = text.lower.indexOf(anchor);
    const counted = {
      ...text,
      lineEnd(place: number) {
        looked += 1;
        return text.lineEnd(place);
      },
    };
    signature.read(counted, at);
    expect(looked, anchor).toBeLessThan(200);
  }
});
