import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('names and labels of metrics change only on purpose', async () => {
  const metrics = createMetrics();
  metrics.request({ route: '/tools/potoo_query', status: 200, ms: 3 });
  metrics.call({
    name: 'potoo_query',
    caller: undefined,
    namespace: 'shop',
    level: 'summary',
    outcome: 'OK',
    status: 200,
    bytes: 4_000,
    ms: 3,
  });
  metrics.call({
    name: 'events',
    caller: undefined,
    namespace: undefined,
    level: undefined,
    outcome: 'OK',
    status: 200,
    bytes: 4_000_000,
    ms: 86_400_000,
  });
  metrics.review('tokenreview', 'allowed');
  metrics.kubeRequest({ method: 'GET', resource: 'constraintreports.potoo.io', status: 200, ms: 1 });
  metrics.follow({
    sizes: () => ({ reports: 2, forms: 3 }),
    watches: () => [{ resource: 'constraintreports.potoo.io', state: 'synced' }],
    freshness: () => ({ operatorAlive: true, watching: true, lost: [] }),
  });
  let refused = 2;
  metrics.followServer({ state: () => ({ connections: 7, inFlight: 5, refused, certificateExpiresAt: 1_500 }) });
  await metrics.respond();
  refused = 3;
  const response = await metrics.respond();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const lines = (await response.text()).split('\n');
  expect(lines.filter((line) => line.includes('tool="events"'))).toEqual([
    'potoo_gateway_calls_total{tool="events",outcome="OK"} 1',
  ]);
  for (const line of [
    'potoo_gateway_requests_total{route="/tools/potoo_query",code="200"} 1',
    'potoo_gateway_request_duration_seconds_count{route="/tools/potoo_query"} 1',
    'potoo_gateway_calls_total{tool="potoo_query",outcome="OK"} 1',
    'potoo_gateway_call_duration_seconds_count{tool="potoo_query"} 1',
    'potoo_gateway_call_answer_bytes_sum{tool="potoo_query"} 4000',
    'potoo_gateway_connections 7',
    'potoo_gateway_connections_refused_total 3',
    'potoo_gateway_requests_in_flight 5',
    'potoo_gateway_certificate_expires_timestamp_seconds 1.5',
    'potoo_gateway_reviews_total{kind="tokenreview",outcome="allowed"} 1',
    'potoo_gateway_kube_requests_total{method="GET",resource="constraintreports.potoo.io",status="200"} 1',
    'potoo_gateway_catalog_objects{kind="reports"} 2',
    'potoo_gateway_catalog_objects{kind="forms"} 3',
    'potoo_gateway_watch_state{resource="constraintreports.potoo.io",state="synced"} 1',
    'potoo_gateway_operator_alive 1',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('potoo_'))).toEqual([]);
});
