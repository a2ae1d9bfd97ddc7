/** A caller of the gateway, who asks over one connection again and again. */
import { Agent, request as send } from 'undici';
import * as z from 'zod';
import type { Clock } from '../../kube/clock.ts';
import type { Gateway } from '../programs.ts';
import { type EntryName, entryName } from './population.ts';

export interface GatewayClient extends AsyncDisposable {
  /** Asks until the answer about the namespace holds; resolves with clock.monotonic() of that answer. */
  when(namespace: string, holds: (entries: ReadonlySet<EntryName>) => boolean, msMax: number): Promise<number>;
}

/** Between an answer and the next question: without it the two processes alone fill a core, and the rest is measured wrong. */
export const pauseMs = 2;

const Answer = z.object({
  constraints: z.array(z.object({ name: z.string(), namespace: z.string().optional(), constraint_type: z.string() })),
});

export function createGatewayClient(gateway: Gateway, token: string, clock: Clock, signal: AbortSignal): GatewayClient {
  const dispatcher = new Agent({ connections: 1 });

  async function ask(namespace: string): Promise<ReadonlySet<EntryName>> {
    const answer = await send(`${gateway.url}/tools/potoo_query`, {
      dispatcher,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ namespace }),
      signal,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`potoo_query ${namespace}: ${answer.statusCode} ${text}`);
    const { constraints } = Answer.parse(JSON.parse(text));
    const own = constraints.filter((each) => each.namespace === namespace);
    return new Set(own.map((each) => entryName(each.name, each.constraint_type)));
  }

  return {
    async when(namespace, holds, msMax) {
      const deadline = clock.monotonic() + msMax;
      while (!holds(await ask(namespace))) {
        if (clock.monotonic() > deadline)
          throw new Error(`the gateway's answer about ${namespace}: not in ${msMax} ms`);
        await clock.sleep(pauseMs, signal);
      }
      return clock.monotonic();
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
