/**
 * Trace context as of W3C: a caller may say which trace its request belongs to, and reviews go upstream as part of that trace.
 * The gateway records no spans; the trace's id ties a caller's request to the lines in its log.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
import type { Random } from '../../kube/clock.ts';

export interface Trace {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Undefined when the caller named no trace and the id was made here. */
  readonly caller: { readonly flags: string; readonly state: string | undefined } | undefined;
}

const zeroTrace = '0'.repeat(32);
const zeroSpan = '0'.repeat(16);
/** What every participant must be able to pass on; more may be dropped. */
const stateLengthMax = 512;

/** The trace of a request: the one that its headers name, else a new one. */
export function traceOf(
  headers: { readonly traceparent: string | undefined; readonly tracestate: string | undefined },
  random: Random,
): Trace {
  const { traceparent, tracestate } = headers;
  const named = traceparent === undefined ? undefined : readTraceparent(traceparent);
  if (named === undefined) return { id: hexOf(random, 4), caller: undefined };
  const passed = tracestate !== undefined && tracestate.length <= stateLengthMax && /^[ -~]+$/.test(tracestate);
  return { id: named.id, caller: { flags: named.flags, state: passed ? tracestate : undefined } };
}

/**
 * Headers for a request that is sent on account of another: a span of its own in the caller's trace. None where the caller
 * named no trace: a trace that nobody records would keep the API server from choosing by itself which of its own to record.
 */
export function childHeaders(trace: Trace | undefined, random: Random): Readonly<Record<string, string>> {
  if (trace?.caller === undefined) return {};
  const { flags, state } = trace.caller;
  const traceparent = `00-${trace.id}-${hexOf(random, 2)}-${flags}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

function readTraceparent(header: string): { readonly id: string; readonly flags: string } | undefined {
  const parts = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.{0,200})?$/.exec(header);
  const [, version, id, span, flags, rest] = parts ?? [];
  if (version === undefined || version === 'ff' || id === undefined || id === zeroTrace || span === zeroSpan) {
    return undefined;
  }
  // Later versions may add fields at the end; this one has none, and of the flags two have a meaning: sampled and random.
  if (version === '00' && rest !== undefined) return undefined;
  return { id, flags: `0${Number.parseInt(flags ?? '', 16) & 3}` };
}

/** Hexadecimal digits, eight a word. The last word is never zero: neither a trace nor a span may be all zeros. */
function hexOf(random: Random, words: number): string {
  let text = '';
  for (let word = 1; word <= words; word += 1) {
    const least = word === words ? 1 : 0;
    const value = least + Math.floor(random() * (0x1_0000_0000 - least));
    text += value.toString(16).padStart(8, '0');
  }
  return text;
}
