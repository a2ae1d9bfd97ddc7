import { Counter, Histogram, type Registry } from 'prom-client';
import type { CallRecord } from './http/calls.ts';

/** A stream is no answer: it lasts as long as its reader likes, and would hide the others in histograms. */
const streams: ReadonlySet<string> = new Set(['events', 'sse']);

/** Counts calls by tool. Tools and outcomes are fixed lists, so the number of series is, too. */
export function createCallMetrics(registry: Registry): (record: CallRecord) => void {
  const registers = [registry];
  const calls = new Counter({
    name: 'potoo_gateway_calls_total',
    help: 'Calls of tools and resources by outcome: OK or the code of the error.',
    labelNames: ['tool', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'potoo_gateway_call_duration_seconds',
    help: 'From the arrival of a call to its answer, with the reviews that it waited for; of a stream, to its end.',
    labelNames: ['tool'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4],
    registers,
  });
  const bytes = new Histogram({
    name: 'potoo_gateway_call_answer_bytes',
    help: 'Size of the body that is sent; of a stream, all of it.',
    labelNames: ['tool'],
    buckets: [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576],
    registers,
  });
  return (record) => {
    const tool = record.name;
    calls.inc({ tool, outcome: record.outcome });
    if (streams.has(tool)) return;
    durations.observe({ tool }, record.ms / 1_000);
    bytes.observe({ tool }, record.bytes);
  };
}
