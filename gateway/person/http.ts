/** The gateway's routes on a port of this machine, for one person: MCP at /mcp, and REST beside it. */
import { randomUUID } from 'node:crypto';
import type { Random } from '../../kube/clock.ts';
import { refusal } from '../errors.ts';
import type { Streams } from '../events/streams.ts';
import { createApp } from '../http/app.ts';
import { listen, type Listening } from '../http/server.ts';
import type { Surface } from '../mcp/surface.ts';
import type { Local } from './local.ts';
import { createLoopbackPolicy } from './loopback.ts';

/** Here nothing is watched, so there is nothing to tell of. */
const noStreams: Streams = {
  open: () => refusal('NOT_FOUND', 'There are no events here: ask a gateway for them.'),
  close() {},
};

/** Listens on 127.0.0.1. Rejects when the port is taken. */
export async function listenForPerson(options: {
  readonly local: Local;
  readonly surface: Surface;
  readonly port: number;
  readonly random: Random;
}): Promise<Listening> {
  const { local, surface, port, random } = options;
  const { clock, log } = local.calls;
  const app = createApp({
    ...local.calls,
    hosts: createLoopbackPolicy({ pages: 'none' }),
    streams: noStreams,
    random,
    newSessionId: randomUUID,
    tools: local.tools,
    surface,
  });
  return listen({ fetch: app.fetch, host: '127.0.0.1', port, clock, log });
}
