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
import type { Constraint } from '../../crds/constraint.ts';
import type { ClusterConstraintDetail, ConstraintDetail } from '../../crds/detail.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { keyOf } from '../../kube/resource.ts';
import { composeDetails } from './compose-details.ts';
import { composeReport, type Observed, type PublishedReport } from './compose-report.ts';
import { composeTotals, type ObservedCluster, type PublishedTotals } from './compose-totals.ts';
import { contentHash, timestamp } from './content.ts';
import { type PublishedDetail, type PublishedObjects, readDetail, readReport, readTotals } from './published.ts';

export interface PublishDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly reports: PublishedObjects<PublishedReport>;
  readonly details: PublishedObjects<PublishedDetail>;
  readonly clusterDetails: PublishedObjects<PublishedDetail>;
  readonly totals: PublishedObjects<PublishedTotals>;
  /** Called before each request that writes. Throws when this process may not write any more. */
  readonly assertLeading: () => void;
  /** The full form of the constraint is too large to be stored: its summary is all that is published. */
  readonly onOversized: (constraint: Constraint) => void;
}

/** How many requests changed something. */
export type Written = number;

const attemptsMax = 4;

/**
 * Writes the details and then the report of a namespace, each only if it says something new: whoever reads an id in the
 * report finds its full form. Throws KubeError when the API server refuses; the namespace is then to be tried again.
 */
export async function publishNamespace(observed: Observed, deps: PublishDeps, signal: AbortSignal): Promise<Written> {
  const { namespace } = observed;
  const { parts, oversized } = composeDetails(observed);
  for (const constraint of oversized) deps.onOversized(constraint);
  let written = 0;
  for (const [name, detail] of parts) {
    written += await putDetail(detailAt({ namespace, name }, deps), detail, deps, signal);
  }

  written += await publishStatus(
    { resource: constraintReports, at: { namespace, name: reportName }, objects: deps.reports, read: readReport },
    (published, now) => composeReport(observed, published, now),
    deps,
    signal,
  );

  for (const name of deps.details.namesIn(namespace)) {
    if (!parts.has(name)) written += await removeDetail(detailAt({ namespace, name }, deps), deps, signal);
  }
  return written;
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
export async function removeDetail(
  target: Target<PublishedDetail>,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Written> {
  const { resource, at, objects } = target;
  return attempt(target, deps.client, signal, async (published) => {
    if (published === undefined) return 0;
    const { resourceVersion } = published;
    deps.assertLeading();
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
  const hash = contentHash(detail);
  return attempt(target, deps.client, signal, async (published) => {
    if (published?.hash === hash) return 0;
    deps.assertLeading();
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

function detailAt(at: Target<PublishedDetail>['at'], deps: PublishDeps): Target<PublishedDetail> {
  return { resource: constraintDetails, at, objects: deps.details, read: readDetail };
}

/** A status subresource takes two writes the first time: creation ignores status. */
async function publishStatus<P extends PublishedReport | PublishedTotals>(
  target: Target<P>,
  compose: (published: P | undefined, now: string) => object,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Written> {
  const { resource, at, objects, read } = target;
  return attempt(target, deps.client, signal, async (published) => {
    const status = compose(published, timestamp(deps.clock.now()));
    if (published?.hash === contentHash(status)) return 0;
    let written = 1;
    let { resourceVersion } = published ?? { resourceVersion: '' };
    if (published === undefined) {
      deps.assertLeading();
      const created = await deps.client.create(resource, { metadata: at }, { signal });
      objects.set(keyOf(at), read(created));
      ({ resourceVersion } = created.metadata);
      written += 1;
    }
    deps.assertLeading();
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
