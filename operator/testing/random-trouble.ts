/**
 * What goes wrong, drawn at random: with our objects, the Lease, replicas, time, watches and requests.
 */
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintProfiles,
  constraintReports,
  operatorLeaseName,
  reportName,
  systemNamespace,
} from '../../crds/api.ts';
import { leases } from '../../kube/lease.ts';
import type { FakeRequest } from '../../kube/testing/fake-api.ts';
import type { Choices, Draw } from './draw.ts';
import type { Change } from './random-policies.ts';
import { served } from './simulated-operator.ts';
import { type Act, act, deny, fault, heal, put, remove, watchesOf } from './steps.ts';

/** Somebody else removes or overwrites what is ours. */
function vandalism({ pick }: Draw, namespaces: Choices<string>): Act {
  const namespace = pick(...namespaces);
  const foreign = { subject: 'constraints', part: 0, texts: ['{}'] };
  const detail = pick('constraints', 'workloads', 'namespace');
  return pick(
    remove(constraintReports, reportName, namespace),
    remove(constraintDetails, detail, namespace),
    put(constraintReports, namespace, reportName, { status: { total: 77 } }),
    put(constraintReports, namespace, reportName, {}),
    put(constraintDetails, namespace, detail, foreign),
    put(constraintDetails, namespace, 'constraints-7', { ...foreign, part: 7 }),
    put(constraintDetails, namespace, detail, { texts: 'none' }),
    remove(clusterConstraintReports, clusterReportName),
    act('spoil the totals', ({ api }) => {
      api.put(clusterConstraintReports, { metadata: { name: clusterReportName }, status: { constraints: -1 } });
    }),
    remove(clusterConstraintDetails, 'cluster'),
    put(clusterConstraintDetails, undefined, pick('cluster', 'cluster-3', 'stranger-0123456789abcdef'), foreign),
    act('remove every cluster detail', ({ api }) => {
      for (const { metadata } of api.list(clusterConstraintDetails)) api.remove(clusterConstraintDetails, metadata);
    }),
    act('spoil the status of profiles', ({ api }) => {
      for (const { status: _status, ...rest } of api.list(constraintProfiles)) api.put(constraintProfiles, rest);
    }),
  );
}

function ofLease({ pick }: Draw): Act {
  return pick(
    remove(leases, operatorLeaseName, systemNamespace),
    put(leases, systemNamespace, operatorLeaseName, {
      spec: { holderIdentity: 'stranger', leaseDurationSeconds: 15, leaseTransitions: 1 },
    }),
    put(leases, systemNamespace, operatorLeaseName, { spec: 'none' }),
  );
}

function ofReplica({ pick }: Draw): Act {
  const place = pick('first', 'second');
  return pick(
    act(`start ${place}`, (cluster) => cluster.start(place)),
    act(`start ${place}`, (cluster) => cluster.start(place)),
    act(`stop ${place}`, (cluster) => cluster.stop(place)),
    act(`kill ${place}`, (cluster) => cluster.kill(place)),
    act(`freeze ${place}`, (cluster) => cluster.freeze(place)),
    act(`thaw ${place}`, (cluster) => cluster.thaw(place)),
  );
}

function ofTime({ pick }: Draw): Act {
  const hours = pick(-48, -1, 1, 24 * 365);
  const requestMs = pick(0, 20, 400, 7_000);
  const writeMs = pick(0, 30, 900, 14_000);
  const lagMs = pick(0, 40, 2_000);
  const discoveryMs = pick(0, 500, 3_000);
  return pick(
    act(`wall clock ${hours} h`, ({ clock }) => clock.setWallClock(hours * 3_600_000)),
    act(`slowness ${requestMs} ${writeMs} ${lagMs} ${discoveryMs}`, ({ slowness }) => {
      Object.assign(slowness, { requestMs, writeMs, lagMs, discoveryMs });
    }),
  );
}

function ofWatches({ pick, below }: Draw): Act {
  const plural = pick<string | undefined>(undefined, ...served.map((resource) => resource.plural));
  const matching = watchesOf(plural);
  const on = plural ?? 'all';
  const count = 1 + below(6);
  return pick(
    act(`cut ${on}`, ({ api }) => api.cutWatches(matching)),
    act(`end ${on}`, ({ api }) => api.endWatches(matching)),
    act(`gone ${on}`, ({ api }) => api.refuseWatches({ matching })),
    act(`refuse ${on}`, ({ api }) => api.refuseWatches({ code: 500, reason: 'InternalError', matching })),
    act(`stall ${on}`, ({ api }) => api.stallWatches(matching)),
    act(`bookmark ${on}`, ({ api }) => api.bookmarkWatches(matching)),
    act(`broken line to ${on}`, ({ api }) => api.sendToWatches('{"type":"MODI', matching)),
    act(`replay ${count} to ${on}`, ({ api }) => api.replayWatches(count, matching)),
    act('compact', ({ api }) => api.compact()),
    act('compact and cut', ({ api }) => {
      api.compact();
      api.cutWatches(matching);
    }),
  );
}

function ofRequests({ pick, once }: Draw): Act {
  const status = pick(0, 0, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504);
  const plural = pick<string | undefined>(
    undefined,
    constraintReports.plural,
    constraintDetails.plural,
    clusterConstraintDetails.plural,
    leases.plural,
    ...served.map((resource) => resource.plural),
  );
  const verb = pick<FakeRequest['verb'] | undefined>(undefined, 'list', 'watch', 'create', 'update', 'delete', 'get');
  const on = { ...(plural === undefined ? {} : { plural }), ...(verb === undefined ? {} : { verb }) };
  const retryAfterMs = status === 429 || status === 503 ? pick(undefined, 1_000, 40_000) : undefined;
  return fault(status, pick(1, 2, 4, 30, Number.POSITIVE_INFINITY), { ...on, afterwards: once(2) }, retryAfterMs);
}

/** Refused by the cluster itself, in one namespace or everywhere, until somebody puts an end to it. */
function ofAdmission({ pick }: Draw, namespaces: Choices<string>): Act {
  const plural = pick(constraintReports.plural, constraintDetails.plural, clusterConstraintDetails.plural);
  const on = {
    plural,
    ...(plural === clusterConstraintDetails.plural ? {} : pick({}, { namespace: pick(...namespaces) })),
  };
  const head = `${plural}.potoo.io "constraints" is forbidden: `;
  return pick(
    heal,
    heal,
    deny(500, 'Internal error occurred: failed calling webhook "guard.example.org": no endpoints available', on),
    deny(403, `${head}exceeded quota: x, requested: count/${plural}.potoo.io=1, used: 0, limited: 0`, on),
    deny(403, `${head}User "potoo" cannot update resource "${plural}" in API group "potoo.io"`, on),
    deny(403, `${head}ValidatingAdmissionPolicy 'p' with binding 'one' denied request: no`, on),
  );
}

/** Whatever may go wrong. A history keeps to a few of them, and some know none. */
export const troubles: Choices<Change> = [
  vandalism,
  ofLease,
  ofReplica,
  ofTime,
  ofWatches,
  ofWatches,
  ofRequests,
  ofRequests,
  ofAdmission,
];
