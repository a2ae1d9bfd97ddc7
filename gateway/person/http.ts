/** The gateway's routes on a port of this machine, for one person: MCP at /mcp and /sse, and REST beside it. */
import { randomUUID } from 'node:crypto';
import type { Random } from '../../kube/clock.ts';
import type { Changes } from '../catalog/changes.ts';
import { refusal } from '../errors.ts';
import { createStreams } from '../events/streams.ts';
import { createApp } from '../http/app.ts';
import { listen, type Listening } from '../http/server.ts';
import type { Surface } from '../mcp/surface.ts';
import type { Local } from './local.ts';
import { createLoopbackPolicy } from './loopback.ts';

/** What is read here is read when it is asked for. */
const unwatched = refusal(
  'NOT_FOUND',
  'There are no events here, since nothing is watched: ask a gateway for them. MCP is at /mcp, and at /sse for who accepts text/event-stream.',
);
const noChanges: Changes = { subscribe: () => () => {} };

/** Listens on 127.0.0.1. Rejects when the port is taken. */
export async function listenForPerson(options: {
  readonly local: Local;
  readonly surface: Surface;
  readonly port: number;
  readonly random: Random;
}): Promise<Listening> {
  const { local, surface, port, random } = options;
  const { clock, log, identities } = local.calls;
  const streams = createStreams({ identities, changes: noChanges, clock, log });
  const app = createApp({
    ...local.calls,
    hosts: createLoopbackPolicy({ pages: 'none' }),
    streams,
    unwatched,
    random,
    newSessionId: randomUUID,
    tools: local.tools,
    surface,
  });
  const listening = await listen({ fetch: app.fetch, host: '127.0.0.1', port, clock, log });
  return {
    port: listening.port,
    state: () => listening.state(),
    async [Symbol.asyncDispose]() {
      // Sessions stay open, and would be waited for.
      streams.close();
      await listening[Symbol.asyncDispose]();
    },
  };
}
