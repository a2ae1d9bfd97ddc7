/**
 * ClusterConstraintReport: how much there is in the whole cluster, and whether Potoo can read all of it.
 */
import * as z from 'zod';
import { Conditions } from './condition.ts';

const count = z.int().min(0);

export const AdapterHealth = z.object({
  name: z.string().describe('Name of the adapter.'),
  enabled: z.boolean().describe('False while it reads nothing; the reason says why.'),
  reason: z.string().optional().describe('Why it is off, or what it cannot read and which right is missing.'),
  watchedResources: z
    .array(z.string())
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('What it reads now, as plural.group.'),
  errors: z
    .record(z.string(), count)
    .optional()
    .describe('How often something went wrong since the operator started, by kind of error.'),
});
export type AdapterHealth = z.infer<typeof AdapterHealth>;

export const ClusterReportStatus = z.object({
  constraints: count.describe('Distinct constraints, however many namespaces each binds.'),
  critical: count.describe('How many of them deny or drop now.'),
  warning: count.describe('How many of them restrict in part or soon.'),
  info: count.describe('How many of them only say or change something.'),
  byType: z.record(z.string(), count).describe('Distinct constraints by type.'),
  namespaces: count.describe('Namespaces that have a report.'),
  namespacesWithConstraints: count.describe('Namespaces that at least one constraint binds.'),
  adapters: z
    .array(AdapterHealth)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('What reads which kinds of policy, and how well.'),
  versions: z
    .object({ operator: z.string(), kubernetes: z.string() })
    .describe('Of the operator that wrote this, and of the API server.'),
  lastDiscovery: z.iso.datetime().describe('When the kinds that the cluster serves were last read.'),
  lastChanged: z.iso.datetime().describe('When anything in this report last changed.'),
  conditions: Conditions.optional().describe('Ready is True while the operator can read and write what it should.'),
});
export type ClusterReportStatus = z.infer<typeof ClusterReportStatus>;

export const ClusterConstraintReport = z
  .object({ status: ClusterReportStatus.optional().describe('Written by the operator alone.') })
  .describe('Totals over the whole cluster, and the health of each adapter.');
export type ClusterConstraintReport = z.infer<typeof ClusterConstraintReport>;
