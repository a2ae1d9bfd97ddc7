import { expect, test } from 'vitest';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { childHeaders, traceOf } from './trace.ts';

const id = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';
const trace = (traceparent?: string, tracestate?: string) => traceOf({ traceparent, tracestate }, seededRandom(1));

test('a trace that the caller names is kept, and goes on in a span of its own', () => {
  const named = trace(`00-${id}-${span}-01`, 'vendor=a:b');
  expect(named.id).toBe(id);
  const { traceparent = '', tracestate } = childHeaders(named, seededRandom(2));
  expect(traceparent).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
  expect(traceparent).not.toContain(span);
  expect(tracestate).toBe('vendor=a:b');
});

test('a later version is read as far as it is known, and passed on as this one', () => {
  const named = trace(`cc-${id}-${span}-0b-what-comes-then`);
  expect(childHeaders(named, seededRandom(2)).traceparent).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-03$`));
  expect(trace(`01-${id}-${span}-01`).id).toBe(id);
});

test.each([
  ['an unknown form', 'trace'],
  ['capital letters', `00-${id.toUpperCase()}-${span}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`],
  ['a span of zeros', `00-${id}-${'0'.repeat(16)}-01`],
  ['the version that is forbidden', `ff-${id}-${span}-01`],
  ['more fields than version 00 has', `00-${id}-${span}-01-x`],
  ['a later version with text that is not set apart', `01-${id}-${span}-01x`],
  ['two headers in one', `00-${id}-${span}-01, 00-${id}-${span}-01`],
  ['another line', `00-${id}-${span}-01\n`],
  ['no end', `01-${id}-${span}-01-${'x'.repeat(10_000)}`],
])('%s is no trace: a new one begins, and nothing of it goes upstream', (_what, traceparent) => {
  const made = trace(traceparent, 'vendor=1');
  expect(made.id).toMatch(/^[0-9a-f]{32}$/);
  expect(made.id).not.toBe(id);
  expect(childHeaders(made, seededRandom(2))).toEqual({});
});

test.each([undefined, '', 'x'.repeat(513), 'vendor=\u00e9', 'vendor=a\r\nhost: b'])(
  'of a state like %.20j nothing goes upstream',
  (state) => {
    expect(childHeaders(trace(`00-${id}-${span}-00`, state), seededRandom(2))).not.toHaveProperty('tracestate');
  },
);

test.each([0, 0.999_999_999_9])('an id is never all zeros, nor too long: %d', (value) => {
  const made = traceOf({ traceparent: undefined, tracestate: undefined }, () => value);
  expect(made.id).toMatch(/^[0-9a-f]{32}$/);
  expect(made.id).not.toBe('0'.repeat(32));
});
