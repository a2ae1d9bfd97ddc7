/**
 * From a text to the causes that it tells of.
 */
import { createAnchors } from './anchors.ts';
import type { Category } from './category.ts';
import type { ErrorText, Span } from './error-text.ts';
import { certainties, type Finding } from './finding.ts';
import { isHearsay, isInValue } from './second-hand.ts';
import { signatures } from './signatures/all.ts';

/** Places of one anchor that are read: a log says the same thing again and again. */
const placesMax = 64;
/** Causes of one text that are told. */
const causesMax = 8;
/** Quotations of one cause. */
const evidenceMax = 4;

const readers = signatures.flatMap((signature, order) =>
  signature.anchors.map((anchor) => ({ anchor, signature, order })),
);
const findAnchors = createAnchors(readers.map(({ anchor }) => anchor));

interface Found {
  readonly finding: Finding;
  /** Of its signature in the list: lower takes the text first. */
  readonly order: number;
}

/** The causes, those that refused something first, then as they stand in the text. Symptoms count where nothing says more. */
export function findCauses(text: ErrorText): readonly Finding[] {
  const found: Found[] = [];
  const places = new Uint16Array(readers.length);
  findAnchors(text.lower, (index, at) => {
    const reader = readers[index];
    const before = places[index] ?? 0;
    if (reader === undefined || before >= placesMax) return;
    places[index] = before + 1;
    const read = reader.signature.read(text, at) ?? [];
    const findings: readonly Finding[] = 'span' in read ? [read] : read;
    for (const finding of findings) {
      if (!isInValue(text, finding.span)) found.push({ finding: asTold(finding, text), order: reader.order });
    }
  });
  const apart = withoutContained(withoutRepeated(found));
  const surest = certainties.find((certainty) => apart.some(({ finding }) => finding.certainty === certainty));
  const same = new Map<string, Finding>();
  for (const { finding } of apart.toSorted(inOrder)) {
    if (finding.certainty !== surest) continue;
    const key = JSON.stringify([finding.category, finding.engine, finding.policy, finding.rule]);
    const known = same.get(key);
    same.set(key, known === undefined ? finding : withEvidence(known, finding.evidence, text));
  }
  return [...same.values()].slice(0, causesMax);
}

/** As they stand in the text, those that refused nothing behind those that did. */
function inOrder({ finding: a }: Found, { finding: b }: Found): number {
  return Number(a.passed === true) - Number(b.passed === true) || a.span.start - b.span.start;
}

/** What a component says is surer than what somebody tells of it. */
function asTold(finding: Finding, text: ErrorText): Finding {
  return finding.certainty === 'stated' && isHearsay(text, finding.span)
    ? { ...finding, certainty: 'likely' }
    : finding;
}

/** Whose messages are written by the authors of policies, who may repeat in them what others say. */
const authored: ReadonlySet<Category> = new Set(['vap', 'kyverno', 'gatekeeper']);

/** What begins within the message of a policy is what its author wrote there, whichever engine it looks like. */
function withoutRepeated(found: readonly Found[]): readonly Found[] {
  let [start, end] = [0, 0];
  return found
    .toSorted((a, b) => a.finding.span.start - b.finding.span.start)
    .filter(({ finding: { span, category, certainty, policy } }) => {
      if (span.start > start && span.start < end) return false;
      if (certainty === 'stated' && policy !== undefined && authored.has(category) && span.end > end) {
        ({ start, end } = span);
      }
      return true;
    });
}

/** What stands within the words of another cause is a part of it: the signatures that come first take their text first. */
function withoutContained(found: readonly Found[]): readonly Found[] {
  // Apart from each other and in their order in the text, so that one look tells: a long text holds tens of thousands.
  const kept: Found[] = [];
  for (const certainty of certainties) {
    const sure = found.filter(({ finding }) => finding.certainty === certainty);
    for (const each of sure.toSorted((a, b) => a.order - b.order || a.finding.span.start - b.finding.span.start)) {
      const { start, end } = each.finding.span;
      const index = firstFrom(kept, end);
      const before = kept[index - 1];
      if (before === undefined || before.finding.span.end <= start) kept.splice(index, 0, each);
    }
  }
  return kept;
}

/** Index of the first that begins at this place or behind it. */
function firstFrom(kept: readonly Found[], place: number): number {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.finding.span.start ?? place) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withEvidence(finding: Finding, more: readonly Span[], text: ErrorText): Finding {
  const known = new Set(finding.evidence.map((span) => text.quote(span)));
  const evidence = [...finding.evidence, ...more.filter((span) => !known.has(text.quote(span)))];
  return { ...finding, evidence: evidence.slice(0, evidenceMax) };
}
