/** What every measurement works with. */
import { systemNamespace } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import type { Client } from '../control-plane/connection.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { Arguments } from './arguments.ts';
import type { AuditTrail, Write } from './audit-trail.ts';
import type { Changes } from './changes.ts';
import type { Figure } from './figures.ts';

export interface Surroundings {
  readonly sizes: Arguments;
  readonly clock: Clock;
  readonly controlPlane: ControlPlane;
  /** The administrator's, with connections that are used again. */
  readonly admin: Client;
  readonly audit: AuditTrail;
  readonly changes: Changes;
  readonly print: (figure: Figure) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Who writes reports. */
export const operatorUser = `system:serviceaccount:${systemNamespace}:potoo-operator`;
/** Longer than the ClusterConstraintReport waits before it is written: after so much quiet nothing is pending. */
export const settledMs = 5_000;

export async function operatorWritesSince(audit: AuditTrail, mark: number): Promise<Write[]> {
  return (await audit.writesSince(mark)).filter(({ user }) => user === operatorUser);
}
