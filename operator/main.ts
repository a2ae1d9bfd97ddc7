/**
 * Starts the operator: the wiring, and nothing else.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pino } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { systemClock } from '../kube/clock.ts';
import { loadCredentials } from '../kube/credentials.ts';
import { createTransport } from '../kube/transport.ts';
import { readConfig } from './config.ts';
import { OperatorLifecycle } from './lifecycle.ts';
import { collectProcessMetrics, createMetrics } from './metrics.ts';
import { type RunningOperator, startOperator } from './operator.ts';
import { createProbes, listen } from './probes.ts';

const clock = systemClock;
const config = readConfig(process.env);
const log = pino({
  level: config.logLevel,
  base: { program: 'operator' },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});
const metrics = createMetrics();
collectProcessMetrics(metrics.registry);
const random = Math.random;
const stop = new AbortController();
let operator: RunningOperator | undefined;
/** How long an orderly end may take after a mistake of our own. */
const endMsMax = 5_000;

const lifecycle = new OperatorLifecycle(
  {
    debug: (message) => log.debug(message),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  },
  async (running) => {
    const probes = running.use(
      await listen(createProbes({ registry: metrics.registry, ready: () => operator?.ready ?? false }), {
        hostname: config.host,
        port: config.metricsPort,
      }),
    );
    log.info({ port: probes.port }, 'listening for probes');
    const transport = createTransport({
      credentials: loadCredentials(
        config.kubeconfig === undefined ? { inCluster: process.env, clock } : { kubeconfig: config.kubeconfig, clock },
      ),
      clock,
      userAgent: `potoo-operator/${packageJson.version}`,
      onRequest: ({ method, resource, status }) =>
        metrics.requests.inc({ method, resource: metrics.resourceLabel(resource), status }),
    });
    running.defer(() => transport.close());
    operator = running.use(
      await startOperator({
        transport,
        clock,
        random,
        log,
        metrics,
        namespace: config.namespace,
        identity: config.identity ?? `${hostname()}_${randomUUID()}`,
        version: packageJson.version,
        reported: config.reported,
        signal: stop.signal,
        onCrash: end,
      }),
    );
  },
);

/** A mistake of our own: better a restart, which reads everything anew, than a report that is wrong. */
function end(error: unknown): void {
  log.fatal({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'ending');
  process.exitCode = 1;
  const exit = () => process.exit(1);
  clock.after(endMsMax, exit);
  lifecycle.stopAll().then(exit, exit);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'stopping');
    stop.abort(new Error(`stopped by ${signal}`));
    lifecycle.stopAll().catch(end);
  });
}
try {
  await lifecycle.start();
} catch (error) {
  if (!stop.signal.aborted) end(error);
}
