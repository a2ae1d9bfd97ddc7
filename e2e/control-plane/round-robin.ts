import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

/** An HTTP load balancer on 127.0.0.1 that sends each request to the next backend, whoever sends it. */
export interface RoundRobin extends AsyncDisposable {
  readonly url: string;
  /** Requests that each backend was given, in their order. */
  readonly served: readonly number[];
}

/**
 * Forwards to these in turn. One that a request cannot be sent to gets no more, as from a balancer that looks after its
 * backends; that one request is answered with 502.
 */
export async function startRoundRobin(backends: readonly string[]): Promise<RoundRobin> {
  const served = backends.map(() => 0);
  const lost = new Set<number>();
  let last = -1;

  function next(): number {
    for (let step = 1; step <= backends.length; step += 1) {
      const index = (last + step) % backends.length;
      if (lost.has(index)) continue;
      last = index;
      return index;
    }
    throw new Error('all backends are lost');
  }

  const server = createServer((incoming, outgoing) => {
    const index = next();
    served[index] = (served[index] ?? 0) + 1;
    const { method, headers, url } = incoming;
    const upstream = send(`${backends[index]}${url}`, { method, headers, agent: false });
    upstream.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
      // A stream that breaks on one side breaks on the other.
      response.on('error', () => outgoing.destroy());
    });
    upstream.on('error', () => {
      if (outgoing.destroyed) return;
      lost.add(index);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    });
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer listens on no TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    served,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
