/**
 * How much of a text is looked at, counted and not timed, and that no cause is lost by it.
 */
import { expect, test } from 'vitest';
import { type ErrorText, readErrorText } from './error-text.ts';
import { beginCauses, findCauses, readsMax } from './find-causes.ts';
import { signatures } from './signatures/all.ts';
import { createWindows } from './windows.ts';

const anchors = [...new Set(signatures.flatMap((signature) => signature.anchors))];
const filler = (length: number) => 'all is well, line of a log\n'.repeat(Math.ceil(length / 27)).slice(0, length);

const messages = [
  'pods "web-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10',
  'admission webhook "validate.kyverno.svc-fail" denied the request:\n\nresource Deployment/shop/web was blocked due to the ' +
    "following policies\n\nowners:\n  owner-is-known: 'validation error: Say who. rule owner-is-known failed at path /metadata/'\n",
  'dial tcp 10.0.0.1:443: connect: connection refused',
  'Error from server (Forbidden): pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "shop"',
];

test.each(messages)('wherever it stands in a long text, the same is found: %s', (message) => {
  const [alone] = findCauses(readErrorText(message));
  if (alone === undefined) throw new Error('nothing was found');
  for (const before of [0, 8_150, 8_192, 16_380, 40_000, 300_001]) {
    const text = readErrorText(`${filler(before)}\n${message}\n${filler(60_000)}`);
    const [found, ...others] = findCauses(text);
    expect(others).toEqual([]);
    expect({ ...found, span: undefined, evidence: undefined, steps: undefined, suspects: undefined }).toEqual({
      ...alone,
      span: undefined,
      evidence: undefined,
      steps: undefined,
      suspects: undefined,
    });
    const quoted = found?.evidence.map((span) => text.quote(span)) ?? [];
    expect(quoted).toEqual(alone.evidence.map((span) => readErrorText(message).quote(span)));
  }
});

function countSteps(text: ErrorText): number {
  let steps = 0;
  for (const step of beginCauses(text).steps) {
    step();
    steps += 1;
  }
  return steps;
}

test('a text of all that is known, as long as may be, takes a bounded number of readings', () => {
  const text = readErrorText(anchors.join(' "a" ').repeat(40).slice(0, 1_000_000));
  expect(text.flat.length).toBeGreaterThan(900_000);
  // Beside the readings, anchors are looked for in stretches.
  expect(countSteps(text)).toBeLessThanOrEqual(readsMax + 16);
});

test('every anchor has its share of the readings', () => {
  expect(signatures.flatMap((signature) => signature.anchors).length).toBeLessThan(readsMax);
  const rest = filler(400);
  const last = 'pods "web-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10';
  const others = ['connection refused ', 'i/o timeout ', 'no such host ', 'connection reset by peer '];
  const text = readErrorText(`${others.join('').repeat(4_000)}\n${rest}\n${last}\n`);
  expect(findCauses(text)).toMatchObject([{ category: 'quota', policy: 'team' }]);
});

test('a signature sees a bounded part of a text, in which ends of lines and quotations are where they were', () => {
  const whole = readErrorText(`${filler(100_000)}"one line ${'x'.repeat(200_000)}`);
  const windowAt = createWindows(whole);
  for (const at of [0, 9_000, 99_990, 150_000, whole.flat.length - 1]) {
    const { text, start } = windowAt(at);
    expect(text.flat.length).toBeLessThanOrEqual(4 * 8_192);
    expect(text.flat).toHaveLength(text.lower.length);
    expect(text.flat[at - start]).toBe(whole.flat[at]);
    expect(text.lineEnd(at - start) + start).toBe(Math.min(whole.lineEnd(at), start + text.flat.length));
    expect(text.quote({ start: at - start, end: at - start + 5 })).toBe(whole.quote({ start: at, end: at + 5 }));
    const shifted = text
      .linesFrom(at - start, 200)
      .map((line) => ({ ...line, start: line.start + start, end: line.end + start }));
    expect(shifted).toEqual(whole.linesFrom(at, 200));
  }
});
