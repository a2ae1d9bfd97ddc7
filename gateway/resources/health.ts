import * as z from 'zod';
import { clusterRight, errorCount, healthReasons, healthStatus } from './cluster.ts';
import { defineResource } from './define.ts';

const count = z.int().min(0);

const Adapter = z.object({
  enabled: z.boolean().describe('False while it reads nothing.'),
  watched_resources: count.describe('How many kinds it reads now.'),
  error_count: count.describe('What went wrong since the operator started.'),
  reason: z.string().optional().describe('Why it is off, or what it cannot read.'),
});

const Output = z.object({
  status: z
    .enum(['healthy', 'degraded', 'unhealthy'])
    .describe('Degraded: something cannot be read. Unhealthy: what is answered may be old.'),
  reasons: z
    .array(z.string())
    .optional()
    .describe('Why it is degraded or unhealthy, in sentences; absent when it is healthy.'),
  adapters: z.record(z.string(), Adapter).optional().describe('What reads which kinds of policy, by name.'),
  hubble: z
    .object({ enabled: z.boolean(), connected: z.boolean(), address: z.string() })
    .optional()
    .describe('Connection to Hubble.'),
  mcp: z
    .object({ enabled: z.boolean(), transport: z.string(), port: z.int() })
    .optional()
    .describe('Where MCP is served.'),
  indexer: z
    .object({ total_constraints: count, namespaces_with_constraints: count })
    .optional()
    .describe('Distinct constraints, and namespaces that at least one binds.'),
  last_scan: z.string().nullable().optional().describe('When the kinds that the cluster serves were last read.'),
});

export const health = defineResource({
  name: 'health',
  uri: 'potoo://health',
  title: 'Health',
  description: 'Whether everything is read and up to date. Without the right to the cluster report: the status alone.',
  params: z.object({}),
  output: Output,
  async read(_params, { caller, catalog, gateway }) {
    const right = await clusterRight(caller);
    if (typeof right === 'object') return right;
    const status = healthStatus(catalog);
    if (right === 'status') {
      // What one could not look at oneself is no secret.
      const { unread } = catalog.freshness();
      return { ok: true, value: { status, ...(unread === undefined ? {} : { reasons: [...unread] }) } };
    }
    const report = catalog.clusterReport();
    const adapters = (report?.adapters ?? []).map(({ name, enabled, watchedResources, errors, reason }) => [
      name,
      {
        enabled,
        watched_resources: watchedResources.length,
        error_count: errorCount(errors),
        ...(reason === undefined ? {} : { reason }),
      },
    ]);
    const reasons = healthReasons(catalog);
    return {
      ok: true,
      value: {
        status,
        ...(reasons.length === 0 ? {} : { reasons }),
        adapters: Object.fromEntries(adapters),
        hubble: { enabled: false, connected: false, address: '' },
        mcp: { enabled: true, transport: 'sse', port: gateway.port },
        indexer: {
          total_constraints: report?.constraints ?? 0,
          namespaces_with_constraints: report?.namespacesWithConstraints ?? 0,
        },
        last_scan: report?.lastDiscovery ?? null,
      },
    };
  },
});
