import { Counter, Gauge, type Registry } from 'prom-client';
import type { StreamObserver } from './streams.ts';

/** Counts streams and events for Prometheus. */
export function createStreamMetrics(registry: Registry): StreamObserver {
  const registers = [registry];
  const open = new Gauge({ name: 'potoo_gateway_streams', help: 'Event streams that are open.', registers });
  const ended = new Counter({
    name: 'potoo_gateway_streams_ended_total',
    help: 'Event streams that have ended, by reason (left: the reader went).',
    labelNames: ['reason'],
    registers,
  });
  const events = new Counter({
    name: 'potoo_gateway_events_sent_total',
    help: 'Events that were written to streams.',
    registers,
  });
  return {
    opened: () => open.inc(),
    sent: (count) => events.inc(count),
    ended(reason) {
      open.dec();
      ended.inc({ reason });
    },
  };
}
