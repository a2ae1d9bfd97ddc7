/**
 * The gateway: watches Potoo's own resources and answers callers whom the API server vouches for. Keeps nothing, so any
 * number of replicas may run.
 */
import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../kube/clock.ts';
import { loadCredentials } from '../kube/credentials.ts';
import { createTransport } from '../kube/transport.ts';
import { whenAborted } from '../kube/until-aborted.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createIdentities } from './auth/identity.ts';
import { createReviews } from './auth/reviews.ts';
import { followStaticTokens, readTokensFile, type StaticTokensFile } from './auth/static-tokens-file.ts';
import { createStrangers } from './auth/strangers.ts';
import { startCatalog } from './catalog/catalog.ts';
import { clusterToolsAccount } from './cluster/access.ts';
import { createAccountCredentials } from './cluster/account.ts';
import { createClusterTools } from './cluster/all.ts';
import { readConfig } from './config.ts';
import { createStreams } from './events/streams.ts';
import { createApp } from './http/app.ts';
import { createArrivals } from './http/arrival.ts';
import { createAudit } from './http/audit.ts';
import { createHostPolicy } from './http/hosts.ts';
import { createCallLimit } from './http/call-limit.ts';
import { listen, type Listening } from './http/server.ts';
import { childHeaders } from './http/trace.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Tool } from './tools/define.ts';
import { toolsOf } from './tools/toolsets.ts';

const { version } = packageJson;
/** Each may hold an answer of megabytes. */
const clusterConnectionsMax = 6;
/** Load balancers need a moment to notice that a replica is not ready any more. */
const notReadyMs = 1_000;

const config = configOrExit();
const arrivals = createArrivals();
const log = createLog({ level: config.logLevel, traceId: () => arrivals.current()?.trace.id });
const random = Math.random;
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // The second one is from somebody who does not want to wait.
  process.on(signal, () => (stop.signal.aborted ? process.exit(1) : stop.abort(signal)));
}
const staticTokens = await staticTokensOrExit();
await run();

async function run(): Promise<void> {
  await using running = new AsyncDisposableStack();
  const metrics = createMetrics();
  const credentials = credentialsOrExit();
  const transport = createTransport({
    credentials,
    clock,
    headers: () => childHeaders(arrivals.current()?.trace, random),
    userAgent: `potoo-gateway/${version}`,
    onRequest: metrics.kubeRequest,
  });
  running.defer(async () => transport.close());
  const catalog = running.use(
    startCatalog({ transport, clock, random, log, systemNamespace: config.systemNamespace, onCrash }),
  );
  metrics.follow(catalog);
  const reviews = createReviews({ transport, clock, onReview: metrics.review });
  const identities = createIdentities({
    reviews,
    clock,
    tokenReviews: config.tokenReviews,
    staticTokens: running.use(staticTokens),
    graceMs: config.reviewGraceSeconds * 1_000,
    strangers: createStrangers({ clock, peer: () => arrivals.current()?.peer }),
  });
  /** The set that reads the cluster, by an account of its own. */
  const clusterTools = (): readonly Tool[] => {
    const account = { own: credentials, transport, namespace: config.systemNamespace, account: clusterToolsAccount };
    const apart = createTransport({
      credentials: createAccountCredentials({ ...account, clock }),
      clock,
      headers: () => childHeaders(arrivals.current()?.trace, random),
      userAgent: `potoo-gateway-cluster-tools/${version}`,
      requestConnectionsMax: clusterConnectionsMax,
      onRequest: metrics.kubeRequest,
    });
    running.defer(async () => apart.close());
    return createClusterTools({ transport: apart, clock, account: 'gateway' });
  };
  const gateway = { version, port: config.port, remediationContact: config.remediationContact };
  const streams = createStreams({ identities, changes: catalog.changes, clock, log, observer: metrics.streams });
  const audit = createAudit({ log, clock });
  const app = createApp({
    catalog,
    identities,
    streams,
    clock,
    hosts: createHostPolicy({ systemNamespace: config.systemNamespace, allowed: config.allowedHosts }),
    log,
    gateway,
    arrivals,
    random,
    newSessionId: randomUUID,
    tools: toolsOf(config.toolsets, clusterTools),
    discovery: config.discovery,
    callLimit: createCallLimit({ clock, perMinute: config.rateLimitPerMinute }),
    onCall(record) {
      metrics.call(record);
      audit(record);
    },
    draining: () => stop.signal.aborted,
    onRequest: metrics.request,
  });
  const { host } = config;
  const { port, tls, metricsPort } = config;
  const forMetrics = { fetch: metrics.respond, host, port: metricsPort, clock, log };
  const scraped = running.use(await listenOrExit('POTOO_METRICS_PORT', forMetrics));
  const served = running.use(await listenOrExit('POTOO_PORT', { fetch: app.fetch, host, port, clock, log, tls }));
  metrics.followServer(served);
  gateway.port = served.port;
  log.info({ port: served.port, metricsPort: scraped.port, version }, 'listening');

  catalog.whenSynced(stop.signal).then(
    () => log.info(catalog.sizes(), 'synced'),
    () => log.info('stopped before everything was read'),
  );
  await whenAborted(stop.signal);
  log.info({ reason: String(stop.signal.reason) }, 'stopping');
  // At once, so that readers are elsewhere before this replica takes no more.
  streams.close();
  await clock.sleep(notReadyMs);
}

function onCrash(error: unknown): void {
  log.error({ err: error }, 'a mistake in the gateway; it stops');
  process.exitCode = 1;
  stop.abort('crash');
}

function configOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    return exitOver(error);
  }
}

async function staticTokensOrExit(): Promise<StaticTokensFile | undefined> {
  const { staticTokensFile: path } = config;
  try {
    return path === undefined ? undefined : await followStaticTokens({ path, read: readTokensFile, clock, log });
  } catch (error) {
    return exitOver(error);
  }
}

function credentialsOrExit() {
  const { kubeconfig } = config;
  try {
    return loadCredentials(kubeconfig === undefined ? { inCluster: process.env, clock } : { kubeconfig, clock });
  } catch (error) {
    return exitOver(error);
  }
}

/** A port that is taken, or a certificate that is none. */
async function listenOrExit(setting: string, options: Parameters<typeof listen>[0]): Promise<Listening> {
  try {
    return await listen(options);
  } catch (error) {
    return exitOver(new Error(`${setting}=${options.port} cannot be served: ${messageOf(error)}`));
  }
}

/** What the settings say cannot be done: a sentence, and no stack. */
function exitOver(error: unknown): never {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(2);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
