import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnchors } from './anchors.ts';
import { Category, Confidence } from './category.ts';
import { type ErrorText, readErrorText } from './error-text.ts';
import { explain, matchesMax } from './explain.ts';
import { findCauses } from './find-causes.ts';
import { signatures } from './signatures/all.ts';
import { stepsMax } from '../remediation/schema.ts';

const anchors = [...new Set(signatures.flatMap((signature) => signature.anchors))];

const bounds = { explanation: 12_000, causes: 8, evidence: 4, quote: 300 };

/** Words of messages, and what is put around them. */
const anyText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...anchors) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          '"web"',
          "'web'",
          'team-quota',
          ': ',
          ', ',
          '[',
          ']',
          '(',
          ')',
          '\n  ',
          '\\n',
          '\\"',
          'pods',
          '/',
          '=',
          '…',
        ),
      },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
      { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

const question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: undefined,
  complete: true,
  contact: undefined,
};

test('any text is explained, within bounds, by words that stand in it, and each time alike', () => {
  fc.assert(
    fc.property(anyText, (pasted) => {
      const answer = explain(readErrorText(pasted), [], question);
      expect(explain(readErrorText(pasted), [], question)).toEqual(answer);
      expect(Confidence.options).toContain(answer.confidence);
      expect(answer.explanation.length).toBeLessThanOrEqual(bounds.explanation);
      expect(answer.suspects.length).toBeLessThanOrEqual(matchesMax);
      expect(answer.steps.length).toBeLessThanOrEqual(stepsMax);
      expect(answer.otherCauses.length).toBeLessThan(bounds.causes);
      for (const { category, evidence } of [answer.cause, ...answer.otherCauses]) {
        expect(Category.options).toContain(category);
        expect(evidence.length).toBeLessThanOrEqual(bounds.evidence);
        for (const quote of evidence) {
          expect(quote.length).toBeLessThanOrEqual(bounds.quote);
          expect(pasted).toContain(quote.length === bounds.quote && quote.endsWith('…') ? quote.slice(0, -1) : quote);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

const readers = signatures.flatMap((signature) => signature.anchors.map((anchor) => ({ signature, anchor })));

test('what any form of message finds, in any text around its words, lies within the text', () => {
  fc.assert(
    fc.property(fc.constantFrom(...readers), anyText, anyText, ({ signature, anchor }, before, after) => {
      const text = readErrorText(`${before}${anchor}${after}`);
      const at = text.lower.indexOf(anchor);
      for (const finding of at < 0 ? [] : [signature.read(text, at)].flat()) {
        for (const { start, end } of finding === undefined ? [] : [finding.span, ...finding.evidence]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(text.flat.length);
        }
      }
    }),
    { numRuns: 5_000 },
  );
});

test('what is read has single blanks alone, and is as long in lower case', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (pasted) => {
      const { flat, lower } = readErrorText(pasted);
      expect(lower).toHaveLength(flat.length);
      expect(flat).not.toMatch(/[ ]{2}|[\n\t\r]/);
    }),
    { numRuns: 1_000 },
  );
});

test('every anchor is found wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'ab', 'abc', 'bc', 'c a', 'ca'), { minLength: 1 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', 'é') }),
      (words, text) => {
        const unique = [...new Set(words)];
        const found: string[] = [];
        const look = createAnchors(unique)(text, (word, at) => found.push(`${unique[word]}@${at}`));
        for (let until = 0; until < text.length + 3; until += 3) look(until);
        const expected = unique.flatMap((word) =>
          Array.from(text, (_, at) => at)
            .filter((at) => text.startsWith(word, at))
            .map((at) => `${word}@${at}`),
        );
        expect(found.toSorted()).toEqual(expected.toSorted());
      },
    ),
  );
});

/** How many characters of a text are looked at by what is asked of it. */
function counted(pasted: string): { readonly text: ErrorText; readonly looked: () => number } {
  const text = readErrorText(pasted);
  let looks = 0;
  const counting: ErrorText = {
    flat: text.flat,
    lower: text.lower,
    shortened: text.shortened,
    quote(span, lengthMax) {
      looks += 1;
      return text.quote(span, lengthMax);
    },
    lineEnd(at) {
      looks += 1;
      return text.lineEnd(at);
    },
    linesFrom(at, lengthMax) {
      const lines = text.linesFrom(at, lengthMax);
      looks += 1 + lines.length;
      return lines;
    },
  };
  return { text: counting, looked: () => looks };
}

test('an anchor that is repeated eight times as often does not make more work than it was', () => {
  for (const anchor of anchors) {
    const [short, long] = [8_192, 65_536].map((length) => {
      const { text, looked } = counted(`${anchor}"a" b: `.repeat(Math.ceil(length / (anchor.length + 7))));
      findCauses(text);
      return looked();
    });
    // Not in proportion: places of an anchor that are read have a bound.
    expect(long ?? 0, anchor).toBeLessThanOrEqual((short ?? 0) * 8 + 1_000);
  }
});
