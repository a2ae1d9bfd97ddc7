/**
 * Metrics of the operator, under `potoo_operator_`. No label takes a value that the cluster's users choose, other than names of
 * kinds that they define, and of those no more than a bound.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

const prefix = 'potoo_operator_';

/** A cluster has some dozens of kinds that are read. A series stays until the process ends, however many come and go. */
const resourcesMax = 200;

/** A registry of its own, so that two operators in one process do not share counts. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const resources = new Set<string>();
  return {
    registry,
    /** What stands for a kind in a label: `other` for those beyond the bound. */
    resourceLabel(resource: string): string {
      if (resources.size < resourcesMax) resources.add(resource);
      return resources.has(resource) ? resource : 'other';
    },
    writes: new Counter({
      name: `${prefix}writes_total`,
      help: 'Requests that changed one of our resources.',
      registers,
    }),
    writeFailures: new Counter({
      name: `${prefix}write_failures_total`,
      help: 'Namespaces that could not be written, by code of the error; each is tried again.',
      labelNames: ['code'],
      registers,
    }),
    deniedWrites: new Gauge({
      name: `${prefix}denied_writes`,
      help: 'Reports that the cluster does not let us write at the moment, by what denies them.',
      labelNames: ['by'],
      registers,
    }),
    publishSeconds: new Histogram({
      name: `${prefix}publish_seconds`,
      help: 'Time to bring one namespace in line, with or without a write.',
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    }),
    watchErrors: new Counter({
      name: `${prefix}watch_errors_total`,
      help: 'Lists and watches that failed, by kind and code of the error; each is tried again.',
      labelNames: ['resource', 'code'],
      registers,
    }),
    problems: new Counter({
      name: `${prefix}unreadable_total`,
      help: 'Parts of policies that an adapter did not understand, by adapter.',
      labelNames: ['adapter'],
      registers,
    }),
    constraints: new Gauge({
      name: `${prefix}constraints`,
      help: 'Distinct constraints, by severity.',
      labelNames: ['severity'],
      registers,
    }),
    namespaces: new Gauge({ name: `${prefix}namespaces`, help: 'Namespaces that exist.', registers }),
    watchedKinds: new Gauge({ name: `${prefix}watched_kinds`, help: 'Kinds of object that are watched.', registers }),
    leading: new Gauge({ name: `${prefix}leading`, help: '1 while this process writes.', registers }),
    queue: new Gauge({ name: `${prefix}queue_length`, help: 'Namespaces that wait to be written.', registers }),
    requests: new Counter({
      name: `${prefix}requests_total`,
      help: 'Requests to the API server, by method, kind and status; status 0 when no answer came.',
      labelNames: ['method', 'resource', 'status'],
      registers,
    }),
  };
}

/** Adds what Node tells of the process. For main.ts alone: it measures all the time, and the process is not a replica's own. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix });
}
