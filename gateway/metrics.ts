/**
 * What the gateway tells Prometheus. No label grows with the number of namespaces, callers or objects.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestObservation } from '../kube/transport.ts';
import type { ReviewKind, ReviewOutcome } from './auth/reviews.ts';
import type { RunningCatalog } from './catalog/catalog.ts';
import { createStreamMetrics } from './events/metrics.ts';
import type { StreamObserver } from './events/streams.ts';
import { createCallMetrics } from './call-metrics.ts';
import type { RequestOutcome } from './http/app.ts';
import type { CallRecord } from './http/calls.ts';
import type { Listening } from './http/server.ts';

export interface GatewayMetrics {
  readonly request: (outcome: RequestOutcome) => void;
  readonly call: (record: CallRecord) => void;
  readonly review: (kind: ReviewKind, outcome: ReviewOutcome) => void;
  readonly kubeRequest: (observation: RequestObservation) => void;
  readonly streams: StreamObserver;
  /** Sizes and watch states are read from it whenever metrics are asked for. */
  readonly follow: (catalog: Pick<RunningCatalog, 'sizes' | 'watches' | 'freshness'>) => void;
  /** Likewise. */
  readonly followServer: (server: Pick<Listening, 'state'>) => void;
  /** Answers with all metrics, whatever is asked. */
  readonly respond: () => Promise<Response>;
}

/** A registry of its own, so that two gateways in one process do not share counts. */
export function createMetrics(): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'potoo_gateway_' });
  const requests = new Counter({
    name: 'potoo_gateway_requests_total',
    help: 'Requests by route and HTTP status.',
    labelNames: ['route', 'code'],
    registers,
  });
  const durations = new Histogram({
    name: 'potoo_gateway_request_duration_seconds',
    help: 'From the first byte of a request to its answer.',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4],
    registers,
  });
  const reviews = new Counter({
    name: 'potoo_gateway_reviews_total',
    help: 'TokenReviews and SubjectAccessReviews that were sent, by outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const kubeRequests = new Counter({
    name: 'potoo_gateway_kube_requests_total',
    help: 'Requests to the API server by method, resource and HTTP status (0: no answer).',
    labelNames: ['method', 'resource', 'status'],
    registers,
  });

  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });

  const counter = (name: string, help: string, collect: (counter: Counter) => void) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        collect(this);
      },
    });

  return {
    call: createCallMetrics(registry),
    request({ route, status, ms }) {
      requests.inc({ route, code: status });
      durations.observe({ route }, ms / 1_000);
    },
    review: (kind, outcome) => reviews.inc({ kind, outcome }),
    kubeRequest: ({ method, resource, status }) => kubeRequests.inc({ method, resource, status }),
    streams: createStreamMetrics(registry),
    follow(catalog) {
      gauge('potoo_gateway_catalog_objects', 'What the catalog holds.', ['kind'], (objects) => {
        for (const [kind, count] of Object.entries(catalog.sizes())) objects.set({ kind }, count);
      });
      gauge('potoo_gateway_watch_state', '1 for the state that each watch is in.', ['resource', 'state'], (states) => {
        for (const { resource, state } of catalog.watches()) states.set({ resource, state }, 1);
      });
      gauge('potoo_gateway_operator_alive', '1 while an operator renews its Lease.', [], (alive) => {
        alive.set(catalog.freshness().operatorAlive ? 1 : 0);
      });
    },
    followServer(server) {
      gauge('potoo_gateway_connections', 'Open connections of callers.', [], (open) => {
        open.set(server.state().connections);
      });
      gauge(
        'potoo_gateway_requests_in_flight',
        'Requests that are not answered yet, streams with them.',
        [],
        (some) => {
          some.set(server.state().inFlight);
        },
      );
      // A counter can only be added to, and the server has counted already.
      let told = 0;
      counter(
        'potoo_gateway_connections_refused_total',
        'Connections that were cut at once because there were too many, of all or of one address.',
        (refused) => {
          const now = server.state().refused;
          refused.inc(now - told);
          told = now;
        },
      );
      gauge(
        'potoo_gateway_certificate_expires_timestamp_seconds',
        'When the certificate that is presented runs out; absent without TLS.',
        [],
        (expires) => {
          const { certificateExpiresAt } = server.state();
          if (certificateExpiresAt !== undefined) expires.set(certificateExpiresAt / 1_000);
        },
      );
    },
    async respond() {
      return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
    },
  };
}
