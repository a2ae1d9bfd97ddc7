import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('names and labels of metrics change only on purpose', async () => {
  const metrics = createMetrics();
  metrics.request({ route: '/tools/potoo_query', status: 200, ms: 3 });
  metrics.review('tokenreview', 'allowed');
  metrics.kubeRequest({ method: 'GET', resource: 'constraintreports.potoo.io', status: 200, ms: 1 });
  metrics.follow({
    sizes: () => ({ reports: 2, forms: 3 }),
    watches: () => [{ resource: 'constraintreports.potoo.io', state: 'synced' }],
    freshness: () => ({ operatorAlive: true, watching: true, lost: [] }),
  });
  const response = await metrics.respond();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const lines = (await response.text()).split('\n');
  for (const line of [
    'potoo_gateway_requests_total{route="/tools/potoo_query",code="200"} 1',
    'potoo_gateway_request_duration_seconds_count{route="/tools/potoo_query"} 1',
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
