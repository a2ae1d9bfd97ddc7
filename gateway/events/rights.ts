/** Who may read which events: the right to the report of a namespace, asked for anew each time; auth remembers. */
import { constraintReports } from '../../crds/api.ts';
import { refuse, refusedReport } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Refusal } from '../errors.ts';

/** Whether the caller may have a stream at all. One of all namespaces shows each caller what it may see, be that nothing. */
export async function refusedStream(caller: Caller, namespace: string | undefined): Promise<Refusal | undefined> {
  if (namespace !== undefined) return refusedReport(caller, namespace);
  if (!caller.anonymous || (await mayReadEveryReport(caller))) return undefined;
  return refuse(caller, `get ${constraintReports.plural}.potoo.io`);
}

/**
 * Whether a stream of all namespaces may tell of this one. A listing in the terms of auth: it asks about whatever changes,
 * and must leave its caller reviews for single calls.
 */
export async function mayTellOf(caller: Caller, namespace: string): Promise<boolean> {
  return caller.may({ verb: 'get', resource: constraintReports.plural, namespace }, 'listing');
}

async function mayReadEveryReport(caller: Caller): Promise<boolean> {
  return caller.may({ verb: 'get', resource: constraintReports.plural });
}
