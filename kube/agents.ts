import { Agent } from 'undici';
import type { Identity } from './credentials.ts';

/** Which connections a request uses: a burst of writes must delay neither a watch nor the renewal of a lease. */
export type Lane = 'watch' | 'request' | 'lease';

/** The connections of one process, pooled per lane and replaced when what they were opened with changes. */
export interface Agents {
  agentFor(lane: Lane, identity: Identity): Agent;
  /** Cuts every connection. */
  destroy(): Promise<void>;
}

/**
 * HTTP/1.1 only. Measured on undici 8: over HTTP/2 a peer that went silent is not noticed, and every watch shares its fate;
 * over HTTP/1.1 `bodyTimeout` ends a silent watch. The API server sends a bookmark about every 60 s, so 90 s of silence
 * means that nobody is there.
 */
export function createAgents(options: { readonly requestConnectionsMax: number }): Agents {
  let current: { readonly identity: Identity; readonly lanes: Readonly<Record<Lane, Agent>> } | undefined;
  const retiring = new Set<Agent>();

  function open(identity: Identity): Readonly<Record<Lane, Agent>> {
    const { ca, cert, key, rejectUnauthorized, servername } = identity;
    const agent = (lane: { connections: number | null; headersMs: number; bodyMs: number; connectMs: number }) =>
      new Agent({
        allowH2: false,
        connections: lane.connections,
        headersTimeout: lane.headersMs,
        bodyTimeout: lane.bodyMs,
        // Below the 90 s after which the API server closes idle connections, so that we are the ones to close.
        keepAliveTimeout: 60_000,
        connect: {
          timeout: lane.connectMs,
          keepAlive: true,
          keepAliveInitialDelay: 30_000,
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
          ...(servername === undefined ? {} : { servername }),
        },
      });
    return {
      watch: agent({ connections: null, headersMs: 60_000, bodyMs: 90_000, connectMs: 10_000 }),
      request: agent({
        connections: options.requestConnectionsMax,
        headersMs: 15_000,
        bodyMs: 15_000,
        connectMs: 10_000,
      }),
      lease: agent({ connections: 1, headersMs: 5_000, bodyMs: 5_000, connectMs: 5_000 }),
    };
  }

  /** Running requests and watches end in their own time; nothing new is sent. */
  function retire(agent: Agent): void {
    retiring.add(agent);
    const forget = () => void retiring.delete(agent);
    agent.close().then(forget, forget);
  }

  return {
    agentFor(lane, identity) {
      if (current === undefined || !sameConnection(current.identity, identity)) {
        if (current !== undefined) Object.values(current.lanes).forEach(retire);
        current = { identity, lanes: open(identity) };
      }
      return current.lanes[lane];
    },
    async destroy() {
      const agents = [...(current === undefined ? [] : Object.values(current.lanes)), ...retiring];
      current = undefined;
      await Promise.all(agents.map((agent) => agent.destroy()));
    },
  };
}

/** Headers travel with each request; the rest is fixed when a connection is opened. */
function sameConnection(a: Identity, b: Identity): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.rejectUnauthorized === b.rejectUnauthorized &&
    a.servername === b.servername
  );
}
