/**
 * From a text to the causes that it tells of.
 */
import { type Anchors, createAnchors } from './anchors.ts';
import type { Category } from './category.ts';
import type { ErrorText, Span } from './error-text.ts';
import { certainties, type Finding } from './finding.ts';
import { isHearsay, isInValue } from './second-hand.ts';
import { signatures } from './signatures/all.ts';
import { createWindows, inWhole } from './windows.ts';

/** Places of one anchor that are read: a log says the same thing again and again. */
const placesMax = 64;
/** Places of one text that are read. Where it has more, each anchor has its first place read before any has its second. */
export const readsMax = 2_048;
/** Characters in which anchors are looked for at once. */
const stretch = 65_536;
/** Causes of one text that are told. */
const causesMax = 8;
/** Quotations of one cause. */
const evidenceMax = 4;

const readers = signatures.flatMap((signature, order) =>
  signature.anchors.map((anchor) => ({ anchor, signature, order })),
);
let anchors: Anchors | undefined;

/** Made when the first text is read: whoever runs another command does not wait for it. */
function findAnchors(): Anchors {
  anchors ??= createAnchors(readers.map(({ anchor }) => anchor));
  return anchors;
}

interface Place {
  /** Index of the reader. */
  readonly reader: number;
  readonly at: number;
  /** How many places of the same anchor come before it. */
  readonly turn: number;
}

interface Found {
  readonly finding: Finding;
  /** Of its signature in the list: lower takes the text first. */
  readonly order: number;
}

/** Causes that are looked for by and by. */
export interface CauseSearch {
  /** To be done one after the other; none of them takes long. */
  readonly steps: Iterable<() => void>;
  /** Once all of them were: those that refused something first, then as they stand in the text. Symptoms count where nothing says more. */
  causes(): readonly Finding[];
}

/** As `beginCauses`, at once. */
export function findCauses(text: ErrorText): readonly Finding[] {
  const search = beginCauses(text);
  for (const step of search.steps) step();
  return search.causes();
}

/** The work is bounded, whatever the text is: `readsMax` readings, each of them within a window. */
export function beginCauses(text: ErrorText): CauseSearch {
  const found: Found[] = [];
  const windowAt = createWindows(text);

  function* steps(): Iterable<() => void> {
    const places: Place[] = [];
    const turns = new Uint16Array(readers.length);
    const look = findAnchors()(text.lower, (reader, at) => {
      const turn = turns[reader] ?? 0;
      if (turn >= placesMax) return;
      turns[reader] = turn + 1;
      places.push({ reader, at, turn });
    });
    for (let until = stretch; until < text.lower.length + stretch; until += stretch) yield () => look(until);
    for (const place of placesToRead(places)) yield () => read(place);
  }

  function read({ reader, at }: Place): void {
    const { signature, order } = readers[reader] ?? {};
    if (signature === undefined || order === undefined) return;
    const window = windowAt(at);
    const told = signature.read(window.text, at - window.start) ?? [];
    const findings: readonly Finding[] = 'span' in told ? [told] : told;
    for (const each of findings) {
      const finding = inWhole(each, window);
      if (!isInValue(text, finding.span)) found.push({ finding: asTold(finding, text), order });
    }
  }

  return { steps: steps(), causes: () => causesOf(found, text) };
}

/** As many as are read, a fair share of each anchor, in their order. */
function placesToRead(places: readonly Place[]): readonly Place[] {
  if (places.length <= readsMax) return places;
  const counts = new Uint16Array(placesMax);
  for (const { turn } of places) counts[turn] = (counts[turn] ?? 0) + 1;
  let turns = 1;
  for (let sum = counts[0] ?? 0; turns < placesMax; turns += 1) {
    sum += counts[turns] ?? 0;
    if (sum > readsMax) break;
  }
  return places.filter(({ turn }) => turn < turns);
}

function causesOf(found: readonly Found[], text: ErrorText): readonly Finding[] {
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
