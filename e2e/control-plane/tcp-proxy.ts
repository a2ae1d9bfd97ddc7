import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1 that can misbehave the way networks and load balancers do. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that clients hold now. */
  readonly connections: number;
  /** Keeps connections and accepts new ones, but moves no byte in either direction: a half-open connection. */
  stall(): void;
  /** Ends `stall`; what was written in the meantime arrives. */
  flow(): void;
  /** Resets all current connections. New ones are welcome. */
  cut(): void;
  /** Whether new connections are refused. Current ones stay. */
  refuse(on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Forwards a port (a free one unless given) to `target`. */
export async function startTcpProxy(
  target: { readonly host: string; readonly port: number },
  listenPort = 0,
): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  let stalled = false;
  let server: Server | undefined;

  const accept = (client: Socket) => {
    const upstream = connect(target);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.setNoDelay(true);
      // 'close' follows and ends the other side too, which is all that a proxy can tell.
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        pairs.delete(pair);
        to.destroySoon();
      });
    }
    if (!stalled) join(pair);
  };
  const listen = async (port: number) => {
    const listening = createServer(accept).listen(port, '127.0.0.1');
    await once(listening, 'listening');
    server = listening;
    const address = listening.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen on a TCP port');
    return address.port;
  };
  const cut = () => {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
    pairs.clear();
  };
  const port = await listen(listenPort);
  const close = async () => {
    server?.close();
    server = undefined;
    cut();
  };

  return {
    port,
    get connections() {
      return pairs.size;
    },
    stall() {
      stalled = true;
      for (const pair of pairs) part(pair);
    },
    flow() {
      if (!stalled) return;
      stalled = false;
      for (const pair of pairs) join(pair);
    },
    cut,
    async refuse(on) {
      if (on) {
        server?.close(); // stops listening at once; its current connections live on
        server = undefined;
      } else if (server === undefined) {
        await listen(port);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function join([client, upstream]: readonly [Socket, Socket]): void {
  client.pipe(upstream);
  upstream.pipe(client);
}

function part([client, upstream]: readonly [Socket, Socket]): void {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.unpipe(to);
    from.pause();
  }
}
