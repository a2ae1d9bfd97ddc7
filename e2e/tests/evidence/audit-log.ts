/**
 * What the API servers of a test run wrote down of each request: who, which verb, on what.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';

const AuditEvent = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  // Who sends no credentials that are taken has no name.
  user: z.object({ username: z.string().default(''), extra: z.record(z.string(), z.array(z.string())).optional() }),
  objectRef: z
    .object({
      apiGroup: z.string().default(''),
      resource: z.string(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
  requestReceivedTimestamp: z.string(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** The finished requests of one log, in the order in which they were answered; of one under way the line may be half written. */
export function readAuditLog(path: string): AuditEvent[] {
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => AuditEvent.parse(JSON.parse(line)));
}

/** Those of every control plane of this run. Throws when there was none: then there is no evidence. */
export function readAuditLogs(): AuditEvent[] {
  const folder = process.env['POTOO_E2E_RUN_FOLDER'];
  const logs = folder === undefined ? [] : readdirSync(folder).filter((file) => /^audit-\d+\.log$/.test(file));
  if (logs.length === 0) throw new Error('No audit log: this test reads what the project e2e of the same run has left');
  return logs.flatMap((file) => readAuditLog(`${folder}/${file}`));
}

export const operatorUser = 'system:serviceaccount:potoo-system:potoo-operator';
export const gatewayUser = 'system:serviceaccount:potoo-system:potoo-controller';
export const clusterToolsUser = 'system:serviceaccount:potoo-system:potoo-cluster-tools';

const changing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Requests of the operator that changed something of ours; its Lease apart. */
export function reportWrites(events: readonly AuditEvent[]): AuditEvent[] {
  return events.filter(
    ({ user, verb, objectRef, stage }) =>
      user.username === operatorUser &&
      changing.has(verb) &&
      stage === 'ResponseComplete' &&
      objectRef !== undefined &&
      objectRef.resource !== 'leases',
  );
}

/** Tells two replicas apart, which have one ServiceAccount but a token each. */
export function credentialOf({ user }: AuditEvent): string | undefined {
  return user.extra?.['authentication.kubernetes.io/credential-id']?.[0];
}
