/**
 * The figures of a quota as clients read them.
 */
import * as z from 'zod';
import type { Metrics } from '../../crds/constraint.ts';
import { parseQuantity, type Quantity } from '../../kube/quantity.ts';

export const QuotaFigure = z.object({
  hard: z.string().describe('The limit, as the quota writes it.'),
  used: z.string().describe('What is used of it.'),
  unit: z.enum(['cores', 'bytes', 'count']).describe('What the two amounts count.'),
  percent_used: z.number().describe('Used share of the limit in percent; 100 for a limit of 0.'),
});
export type QuotaFigure = z.infer<typeof QuotaFigure>;

/**
 * By the name that the quota gives each resource. One whose usage is not known, or whose amounts are no quantities, is left
 * out rather than shown with an invented figure. Null when nothing is left.
 */
export function figuresOf(metrics: Metrics | undefined): Record<string, QuotaFigure> | null {
  const figures: [string, QuotaFigure][] = [];
  for (const [resource, { hard, used }] of Object.entries(metrics ?? {})) {
    const limit = parseQuantity(hard);
    const usage = used === undefined ? undefined : parseQuantity(used);
    if (used === undefined || limit === undefined || usage === undefined) continue;
    figures.push([resource, { hard, used, unit: unitOf(resource), percent_used: percentUsed(usage, limit) }]);
  }
  return figures.length === 0 ? null : Object.fromEntries(figures);
}

/** To one decimal. Over 100 when the limit was lowered below what is used already. Of a limit of 0 nothing is left. */
function percentUsed(used: Quantity, hard: Quantity): number {
  if (hard.nano <= 0n) return 100;
  // Half up, in whole tenths of a percent: amounts may be beyond what a number holds exactly.
  return Number((used.nano * 2_000n + hard.nano) / (hard.nano * 2n)) / 10;
}

/**
 * Names of compute and storage resources may carry a prefix (`requests.cpu`, `gold.storageclass.storage.k8s.io/requests.storage`);
 * every other resource of a quota is a number of objects or devices.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
function unitOf(resource: string): QuotaFigure['unit'] {
  const plain = resource.slice(resource.lastIndexOf('/') + 1).replace(/^(?:requests|limits)\./, '');
  if (plain === 'cpu') return 'cores';
  if (plain === 'memory' || plain === 'storage' || plain === 'ephemeral-storage' || plain.startsWith('hugepages-')) {
    return 'bytes';
  }
  return 'count';
}
