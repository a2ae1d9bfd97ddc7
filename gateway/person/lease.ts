/** Whether an operator writes, from one look at its Lease. */
import * as z from 'zod';
import type { KubeObject } from '../../kube/resource.ts';

const Lease = z.object({
  spec: z.object({
    holderIdentity: z.string().min(1),
    leaseDurationSeconds: z.int().min(1).max(86_400).default(15),
    renewTime: z.string(),
  }),
});

/** How wrong the clocks of the two machines may be. The gateway looks again and again and compares none; here one look must do. */
const skewMs = 120_000;

/** Whether its holder has renewed it as often as it promised. */
export function isRenewed(lease: KubeObject, now: number): boolean {
  const read = Lease.safeParse(lease);
  if (!read.success) return false;
  const { renewTime, leaseDurationSeconds } = read.data.spec;
  return now - Date.parse(renewTime) <= leaseDurationSeconds * 1_000 + skewMs;
}
