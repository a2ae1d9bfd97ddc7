import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A free TCP port on 127.0.0.1, added to `taken`. It lies below the range from which the kernel takes ports for outgoing
 * connections (32768 and up): a component that is restarted must find its port free, and port 0 would give one that
 * any client may be using as its own by then.
 */
export async function freePort(taken: Set<number>): Promise<number> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const port = randomInt(20_000, 32_000);
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error('found no free TCP port on 127.0.0.1 between 20000 and 32000');
}

/** Whether anything can listen on a port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false; // EADDRINUSE: the next number
  } finally {
    server.close();
  }
}
