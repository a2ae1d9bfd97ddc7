/**
 * What a person reads of a cluster, with the person's credentials: each read says whether the API server allowed it, and fails
 * in a sentence that names the file and the context that it was tried with.
 */
import { apiGroup, constraintReports, operatorLeaseName, reportName, systemNamespace } from '../../crds/api.ts';
import { createClient, type ListOptions } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { leases } from '../../kube/lease.ts';
import type { KubeObject, Resource } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';
import { AccessReviewStatus } from '../auth/reviews.ts';
import { GatewayError } from '../errors.ts';
import { shown } from '../words.ts';

/** What the API server said to a read: what there is, that there is nothing, or that the person may not know. */
export type Reading<T> = { readonly is: 'found'; readonly value: T } | { readonly is: 'absent' | 'forbidden' };

export interface ClusterReader {
  report(namespace: string): Promise<Reading<KubeObject>>;
  /** One object; @param namespace of a namespaced kind. */
  one(resource: Resource, at: { readonly namespace?: string; readonly name: string }): Promise<Reading<KubeObject>>;
  lease(): Promise<Reading<KubeObject>>;
  /**
   * Hands out all objects of a kind, page by page, so that no more than a page is in memory. Absent: the kind is not served.
   * @param options.pagesMax As many as there are unless told.
   */
  each(
    resource: Resource,
    options: Pick<ListOptions, 'namespace' | 'fieldSelector' | 'metadataOnly'> & {
      readonly pageSize: number;
      readonly pagesMax?: number;
    },
    take: (object: KubeObject) => void,
  ): Promise<Reading<true>>;
  /** Whether the person has a right, by SelfSubjectAccessReview. */
  mayI(attributes: Readonly<Record<string, string>>): Promise<boolean>;
}

/** A read that takes longer is given up: then the API server is as good as out of reach. */
const requestMsMax = 15_000;

/** @param options.at Where it is tried, for errors: `context "dev" of /home/me/.kube/config`. */
export function createClusterReader(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly server: string;
  readonly at: string;
}): ClusterReader {
  const { transport, clock } = options;
  const client = createClient(transport);

  async function reading<T>(work: (signal: AbortSignal) => Promise<T>): Promise<Reading<T>> {
    const timeout = new AbortController();
    const late = new Error(`no answer within ${requestMsMax / 1_000} s`);
    const cancel = clock.after(requestMsMax, () => timeout.abort(late));
    try {
      return { is: 'found', value: await work(timeout.signal) };
    } catch (error) {
      if (error === late) throw unreachable(late.message, options);
      if (!(error instanceof KubeError)) throw error;
      if (error.code === 'KUBE_FORBIDDEN') return { is: 'forbidden' };
      if (error.code !== 'KUBE_NOT_FOUND') throw failureOf(error, options);
      // For a kind that nobody has defined there is no Status object that names it, only the word of the HTTP server.
      if (!error.said.includes('" not found')) throw notInstalled(options);
      return { is: 'absent' };
    } finally {
      cancel();
    }
  }

  /** A person without rights gets the same no from a cluster without Potoo, where it would be a wrong trail. */
  async function checkInstalled(): Promise<void> {
    const path = `/apis/${apiGroup}/${constraintReports.version}`;
    await reading(async (signal) => transport.request({ method: 'GET', path, signal }));
  }

  async function one(resource: Resource, at: { readonly namespace?: string; readonly name: string }) {
    return reading(async (signal) => client.get(resource, at, { signal }));
  }

  return {
    one,
    async report(namespace) {
      const read = await one(constraintReports, { namespace, name: reportName });
      if (read.is === 'forbidden') await checkInstalled();
      return read;
    },
    lease: async () => one(leases, { namespace: systemNamespace, name: operatorLeaseName }),
    async each(resource, { pageSize, pagesMax = Number.POSITIVE_INFINITY, ...rest }, take) {
      let next: string | undefined;
      for (let page = 1; page <= pagesMax; page += 1) {
        const from = next === undefined ? {} : { continue: next };
        const read = await reading(async (signal) =>
          client.list(resource, { ...rest, ...from, limit: pageSize, signal }),
        );
        if (read.is !== 'found') return read;
        for (const item of read.value.items) take(item);
        next = read.value.continue;
        if (next === undefined) break;
      }
      return { is: 'found', value: true };
    },
    async mayI(attributes) {
      const read = await reading(async (signal) =>
        transport.request({
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
          body: {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes: attributes },
          },
          signal,
        }),
      );
      return read.is === 'found' && AccessReviewStatus.parse(read.value).status.allowed;
    },
  };
}

type Place = { readonly server: string; readonly at: string };

function notInstalled({ at, server }: Place): GatewayError {
  return new GatewayError(
    'NOT_FOUND',
    `Potoo is not installed in the cluster at ${server}: it does not serve ${apiGroup}/${constraintReports.version} (${at}).`,
  );
}

function unreachable(why: string, { at, server }: Place): GatewayError {
  return new GatewayError('REVIEW_UNAVAILABLE', `The API server ${server} cannot be reached (${at}): ${why}`);
}

/** A sentence for the person whose kubeconfig it is: what the server said is about nobody else. */
function failureOf(error: KubeError, place: Place): GatewayError {
  const said = error.said === '' ? error.code : shown(error.said, 300);
  switch (error.code) {
    case 'KUBE_UNAUTHORIZED':
      return new GatewayError(
        'UNAUTHENTICATED',
        error.status === 0
          ? `The credentials of ${place.at} cannot be used: ${said}`
          : `The API server ${place.server} does not accept the credentials of ${place.at}; they may have expired: ${said}`,
        { cause: error },
      );
    case 'KUBE_UNREACHABLE':
    case 'KUBE_TIMEOUT':
      return unreachable(said, place);
    default:
      return new GatewayError(
        'REVIEW_UNAVAILABLE',
        `The API server ${place.server} did not answer ${error.request} (${place.at}): ${said}`,
        { cause: error },
      );
  }
}
