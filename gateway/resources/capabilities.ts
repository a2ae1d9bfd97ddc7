import * as z from 'zod';
import { clusterRight, healthStatus } from './cluster.ts';
import { defineResource } from './define.ts';

const count = z.int().min(0);

const Output = z.object({
  version: z.literal('1').optional().describe('Version of this form.'),
  status: z
    .enum(['healthy', 'degraded', 'unhealthy'])
    .optional()
    .describe('For callers without the right to the cluster report, and then alone.'),
  adapters: z.array(z.string()).optional().describe('Names of the adapters that read something.'),
  constraintTypes: z.record(z.string(), count).optional().describe('Distinct constraints by type.'),
  totalConstraints: count.optional().describe('Distinct constraints, however many namespaces each binds.'),
  namespaceCount: count.optional().describe('Namespaces that have a report.'),
  hubbleEnabled: z.boolean().optional(),
  mcpEnabled: z.boolean().optional(),
  lastScan: z.string().nullable().optional().describe('When the kinds that the cluster serves were last read.'),
});

export const capabilities = defineResource({
  name: 'capabilities',
  uri: 'potoo://capabilities',
  title: 'Capabilities',
  description:
    'Which engines are read, and how many constraints there are. Without the right to the cluster report: the status alone.',
  params: z.object({}),
  output: Output,
  async read(_params, { caller, catalog }) {
    const right = await clusterRight(caller);
    if (typeof right === 'object') return right;
    if (right === 'status') return { ok: true, value: { status: healthStatus(catalog) } };
    const report = catalog.clusterReport();
    return {
      ok: true,
      value: {
        version: '1' as const,
        adapters: (report?.adapters ?? []).filter(({ enabled }) => enabled).map(({ name }) => name),
        constraintTypes: report?.byType ?? {},
        totalConstraints: report?.constraints ?? 0,
        namespaceCount: report?.namespaces ?? 0,
        hubbleEnabled: false,
        mcpEnabled: true,
        lastScan: report?.lastDiscovery ?? null,
      },
    };
  },
});
