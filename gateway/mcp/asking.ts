/**
 * Who stands behind a message of MCP, and the way of its calls. The same tools serve callers over HTTP, whom the gateway
 * knows by their tokens, and one person on a machine of its own, who is known by a kubeconfig.
 */
import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server';
import type { Caller } from '../auth/identity.ts';
import type { Call } from '../call.ts';
import type { Outcome } from '../definition.ts';
import type { Answer } from '../errors.ts';

/** One caller, whose calls end in answers of the same kind whatever protocol they came by. */
export interface Asking {
  readonly caller: Caller;
  /**
   * Answers one call of a tool or resource, and records it. Never rejects.
   * @param bytesMax Of the answer as JSON.
   */
  answer(name: string, bytesMax: number, run: (call: Call) => Promise<Outcome>): Promise<Answer<object>>;
}

/** As `asking.answer`, for who goes on with what the answer holds. */
export async function answerOf<T extends object>(
  asking: Asking,
  name: string,
  bytesMax: number,
  run: (call: Call) => Promise<Outcome & { readonly answer: Answer<T> }>,
): Promise<Answer<T>> {
  let made: Answer<T> | undefined;
  const answer = await asking.answer(name, bytesMax, async (call) => {
    const outcome = await run(call);
    made = outcome.answer;
    return outcome;
  });
  if (!answer.ok) return answer;
  if (made === undefined) throw new Error(`${name} was answered without being run`);
  return made;
}

/** Carries the caller through the SDK, which hands this object on as it is. It holds no token: nothing behind it needs one. */
export class AskingInfo implements AuthInfo {
  readonly token = '';
  readonly clientId = '';
  readonly scopes: string[] = [];
  readonly asking: Asking;

  constructor(asking: Asking) {
    this.asking = asking;
  }
}

/** Whose message a handler was given. Throws where a transport forgot to say: then nobody may be answered. */
export function askingOf(context: ServerContext): Asking {
  const info = context.http?.authInfo;
  if (!(info instanceof AskingInfo)) throw new Error('a message of MCP came without its caller');
  return info.asking;
}
