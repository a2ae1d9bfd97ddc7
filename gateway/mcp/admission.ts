/** Whether a caller may use MCP at all: whoever has a token may, and without one who was given rights. */
import { constraintReports } from '../../crds/api.ts';
import { refuse } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Refusal } from '../errors.ts';
import { Namespace } from '../tools/fields.ts';

/** Of a message what a right may be asked for. */
interface Wanted {
  readonly method?: string | undefined;
  readonly params?:
    | { readonly uri?: string | undefined; readonly arguments?: Readonly<Record<string, unknown>> | undefined }
    | undefined;
}

/**
 * The refusal of a caller without a token who has no right to what these messages ask for, nor to all reports. It comes before
 * any message is read, because a client looks for a token only when HTTP says 401.
 */
export async function refusedMcp(caller: Caller, messages: readonly Wanted[]): Promise<Refusal | undefined> {
  const resource = constraintReports.plural;
  if (!caller.anonymous || (await caller.may({ verb: 'get', resource }))) return undefined;
  for (const message of messages) {
    const namespace = namespaceOf(message);
    const allowed = namespace !== undefined && (await caller.may({ verb: 'get', resource, namespace }));
    if (!allowed) return refuse(caller, `get ${resource}.potoo.io`);
  }
  return undefined;
}

const addressed: ReadonlySet<string | undefined> = new Set([
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
]);

/** The namespace that a call of a tool, or an address, is about. What other methods are given decides nothing. */
function namespaceOf({ method, params }: Wanted): string | undefined {
  const address = addressed.has(method) ? params?.uri?.split('/')[3] : undefined;
  const named = method === 'tools/call' ? params?.arguments?.['namespace'] : address;
  const namespace = Namespace.safeParse(named);
  return namespace.success ? namespace.data : undefined;
}
