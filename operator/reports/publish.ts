/**
 * Brings what stands in etcd in line with the caches: observe, decide, write what differs. Level-based: the namespace is all
 * that is given, never the event that caused it.
 */
import {
  apiVersion,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintReports,
  type PotooResource,
  reportName,
} from '../../crds/api.ts';
import { type Constraint, homeNamespace } from '../../crds/constraint.ts';
import type { ClusterConstraintDetail, ConstraintDetail } from '../../crds/detail.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { keyOf } from '../../kube/resource.ts';
import { type ReadConstraint, settled } from '../adapters/settled.ts';
import { composeDetails } from './compose-details.ts';
import { composeReport, type Observed, type PublishedReport } from './compose-report.ts';
import { composeTotals, type ObservedCluster, type PublishedTotals } from './compose-totals.ts';
import { type Composed, contentDigest, timestamp } from './content.ts';
import { type PublishedDetail, type PublishedObjects, readDetail, readReport, readTotals } from './published.ts';

export interface PublishDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly reports: PublishedObjects<PublishedReport>;
  readonly details: PublishedObjects<PublishedDetail>;
  readonly clusterDetails: PublishedObjects<PublishedDetail>;
  readonly totals: PublishedObjects<PublishedTotals>;
  /** Called before each request that writes, with about the size of the request. */
  readonly onWrite: (bytes: number) => void;
  /** Milliseconds until a report may be written of which nothing but figures of usage has changed. */
  readonly figuresWaitMs: (namespace: string) => number;
  /** Those whose full form is too large to be stored, each time: their summary is all that is published. */
  readonly onOversized: (namespace: string, constraints: readonly Constraint[]) => void;
}

/** As the caches have it, before it is settled which side of an edge a constraint is on. */
export type ObservedNamespace = Omit<Observed, 'constraints' | 'elsewhere'> & {
  readonly constraints: readonly ReadConstraint[];
  readonly elsewhere?: readonly ReadConstraint[] | undefined;
};

/** How many requests changed something. */
export type Written = number;

export interface Published {
  readonly written: Written;
  /** Newer figures wait for their time: the namespace is to be published again after it. */
  readonly retryAfterMs: number | undefined;
}

const attemptsMax = 4;

/**
 * Writes the details and then the report of a namespace, each only if it says something new: whoever reads an id in the
 * report finds its full form. Throws KubeError when the API server refuses; the namespace is then to be tried again.
 */
export async function publishNamespace(
  { constraints, elsewhere = [], ...rest }: ObservedNamespace,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Published> {
  // Once for details and report, which have to say the same.
  const settle = (constraint: ReadConstraint) => settledAs(constraint, deps.reports);
  const observed = { ...rest, constraints: constraints.map(settle), elsewhere: elsewhere.map(settle) };
  const { namespace } = observed;
  const { parts, oversized } = composeDetails(observed);
  deps.onOversized(namespace, oversized);
  let written = 0;
  let retryAfterMs: number | undefined;
  for (const [name, detail] of parts) {
    written += await putDetail(detailAt({ namespace, name }, deps), detail, deps, signal);
  }

  written += await publishStatus(
    reportAt(namespace, deps),
    (published, now) => {
      const composed = composeReport(observed, published, now);
      const waitMs = composed.change === 'figures' ? deps.figuresWaitMs(namespace) : 0;
      retryAfterMs = waitMs > 0 ? waitMs : undefined;
      return waitMs > 0 ? { ...composed, change: 'none' } : composed;
    },
    deps,
    signal,
  );

  for (const name of deps.details.namesIn(namespace)) {
    if (!parts.has(name)) written += await removeObject(detailAt({ namespace, name }, deps), deps, signal);
  }
  return { written, retryAfterMs };
}

/** Removes whatever of ours stands in a namespace: the report first, as it refers to the rest. */
export async function clearNamespace(namespace: string, deps: PublishDeps, signal: AbortSignal): Promise<Written> {
  let written = await removeObject(reportAt(namespace, deps), deps, signal);
  for (const name of deps.details.namesIn(namespace)) {
    written += await removeObject(detailAt({ namespace, name }, deps), deps, signal);
  }
  return written;
}

/** What the report of its namespace says of the constraint, or will say. */
export function settledAs(constraint: ReadConstraint, reports: PublishedObjects<PublishedReport>): Constraint {
  const namespace = homeNamespace(constraint.source);
  const report = namespace === undefined ? undefined : reports.get(keyOf({ namespace, name: reportName }));
  return settled(constraint, report?.entries.get(constraint.id)?.severity);
}

/** Writes the ClusterConstraintReport, if it says something new. */
export function publishTotals(observed: ObservedCluster, deps: PublishDeps, signal: AbortSignal): Promise<Written> {
  return publishStatus(
    { resource: clusterConstraintReports, at: { name: clusterReportName }, objects: deps.totals, read: readTotals },
    (published, now) => composeTotals(observed, published, now),
    deps,
    signal,
  );
}

/** Removes the version that is known and no other: whoever wrote since, knew why. */
export async function removeObject<P extends { readonly resourceVersion: string }>(
  target: Target<P>,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Written> {
  const { resource, at, objects } = target;
  return attempt(target, deps.client, signal, async (published) => {
    if (published === undefined) return 0;
    const { resourceVersion } = published;
    deps.onWrite(0);
    await deps.client.delete(resource, at, { preconditions: { resourceVersion }, signal });
    objects.remove(keyOf(at), published);
    return 1;
  });
}

/** Creates or replaces an object without a status subresource, unless it says the same already. */
export async function putDetail(
  target: Target<PublishedDetail>,
  detail: ConstraintDetail | ClusterConstraintDetail,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Written> {
  const { resource, at, objects, read } = target;
  const { hash, bytes } = contentDigest(detail);
  return attempt(target, deps.client, signal, async (published) => {
    if (published?.hash === hash) return 0;
    deps.onWrite(bytes);
    const answer =
      published === undefined
        ? await deps.client.create(resource, { metadata: at, ...detail }, { signal })
        : await deps.client.replace(
            resource,
            {
              apiVersion,
              kind: resource.kind,
              metadata: { ...at, resourceVersion: published.resourceVersion },
              ...detail,
            },
            { signal },
          );
    objects.set(keyOf(at), read(answer));
    return 1;
  });
}

/** One object of ours: where it is, what is known of the objects of its kind, and how one is read. */
export interface Target<P extends { readonly resourceVersion: string }> {
  readonly resource: PotooResource;
  readonly at: { readonly namespace?: string; readonly name: string };
  readonly objects: PublishedObjects<P>;
  readonly read: (object: KubeObject) => P;
}

function reportAt(namespace: string, deps: PublishDeps): Target<PublishedReport> {
  return { resource: constraintReports, at: { namespace, name: reportName }, objects: deps.reports, read: readReport };
}

function detailAt(at: Target<PublishedDetail>['at'], deps: PublishDeps): Target<PublishedDetail> {
  return { resource: constraintDetails, at, objects: deps.details, read: readDetail };
}

/** A status subresource takes two writes the first time: creation ignores status. */
async function publishStatus<P extends PublishedReport | PublishedTotals>(
  target: Target<P>,
  compose: (published: P | undefined, now: string) => Composed<object>,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Written> {
  const { resource, at, objects, read } = target;
  return attempt(target, deps.client, signal, async (published) => {
    const { status, change, bytes } = compose(published, timestamp(deps.clock.now()));
    if (change === 'none') return 0;
    let written = 1;
    let { resourceVersion } = published ?? { resourceVersion: '' };
    if (published === undefined) {
      deps.onWrite(0);
      const created = await deps.client.create(resource, { metadata: at }, { signal });
      objects.set(keyOf(at), read(created));
      ({ resourceVersion } = created.metadata);
      written += 1;
    }
    deps.onWrite(bytes);
    const answer = await deps.client.replace(
      resource,
      { apiVersion, kind: resource.kind, metadata: { ...at, resourceVersion }, status },
      { subresource: 'status', signal },
    );
    objects.set(keyOf(at), read(answer));
    return written;
  });
}

/** Runs `write`; when the object turns out to be another than the one known, reads it and runs `write` again. */
async function attempt<P extends { readonly resourceVersion: string }>(
  target: Target<P>,
  client: Client,
  signal: AbortSignal,
  write: (published: P | undefined) => Promise<Written>,
): Promise<Written> {
  for (let attempts = 1; ; attempts += 1) {
    const known = target.objects.get(keyOf(target.at));
    try {
      return await write(known);
    } catch (error) {
      if (!isOutdated(error, known !== undefined) || attempts === attemptsMax) throw error;
      await refresh(target, known, client, signal);
    }
  }
}

/** Whether a refusal means that the object is not what we thought. A missing namespace also answers 404, to a creation. */
function isOutdated(error: unknown, known: boolean): boolean {
  if (!(error instanceof KubeError)) return false;
  return (
    error.code === 'KUBE_CONFLICT' || error.code === 'KUBE_ALREADY_EXISTS' || (error.code === 'KUBE_NOT_FOUND' && known)
  );
}

async function refresh<P extends { readonly resourceVersion: string }>(
  { resource, at, objects, read }: Target<P>,
  known: P | undefined,
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  try {
    objects.replace(keyOf(at), read(await client.get(resource, at, { signal })));
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
    if (known !== undefined) objects.remove(keyOf(at), known);
  }
}
