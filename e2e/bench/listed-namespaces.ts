/**
 * A cluster with many namespaces for the gateway alone: reports and the Lease are written by the administrator as an
 * operator would, so that it takes two requests a namespace; and callers with rights in some of them.
 */
import * as z from 'zod';
import { apiVersion, constraintReports, operatorLeaseName, reportName, systemNamespace } from '../../crds/api.ts';
import type { ReportStatus } from '../../crds/report.ts';
import { leases } from '../../kube/lease.ts';
import { resourcePath } from '../../kube/resource.ts';
import type { Client } from '../control-plane/connection.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { type Creation } from './population.ts';
import { createAll } from './load.ts';

const emptyReport: ReportStatus = {
  total: 0,
  critical: 0,
  warning: 0,
  info: 0,
  lastChanged: '2026-01-01T00:00:00.000Z',
  constraints: [],
  inherited: [],
};

export function listedNamespaces(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `listed-${String(index).padStart(5, '0')}`);
}

/** Every nth of them, so that every page has some. */
export function spread(namespaces: readonly string[], count: number): string[] {
  const step = namespaces.length / count;
  return Array.from({ length: count }, (_, index) => namespaces[Math.floor(index * step)] ?? '');
}

/** Namespaces with empty reports, and the Lease of the operator, whose uid seals cursors. */
export async function writeReports(admin: Client, namespaces: readonly string[]): Promise<void> {
  const report = (namespace: string) => ({
    apiVersion,
    kind: constraintReports.kind,
    metadata: { name: reportName, namespace },
  });
  const now = new Date().toISOString().replace('Z', '000Z');
  await createAll(
    admin,
    namespaces.map((name) => ({
      path: '/api/v1/namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    })),
  );
  const inEach = async (method: 'POST' | 'PATCH', pathOf: (namespace: string) => string, rest: object) => {
    const waiting = namespaces.values();
    const work = async () => {
      for (const namespace of waiting) await admin.json(method, pathOf(namespace), { ...report(namespace), ...rest });
    };
    await Promise.all(Array.from({ length: 16 }, work));
  };
  await inEach('POST', (namespace) => resourcePath(constraintReports, { namespace }), {});
  const statusPath = (namespace: string) =>
    `${resourcePath(constraintReports, { namespace, name: reportName })}/status`;
  await inEach('PATCH', (namespace) => `${statusPath(namespace)}?fieldManager=bench&force=true`, {
    status: emptyReport,
  });
  await admin.json('POST', resourcePath(leases, { namespace: systemNamespace }), {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: operatorLeaseName, namespace: systemNamespace },
    spec: { holderIdentity: 'bench', leaseDurationSeconds: 15, renewTime: now },
  });
}

const role = 'reads-reports';

/** The right that `createReader` gives, as a ClusterRole. Once a cluster. */
export async function createReaderRole(admin: Client): Promise<void> {
  const rules = [{ apiGroups: ['potoo.io'], resources: [constraintReports.plural], verbs: ['get'] }];
  await admin.json('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: role },
    rules,
  });
}

/** The token of a new ServiceAccount that may read the reports of these namespaces and of no other. */
export async function createReader(
  controlPlane: ControlPlane,
  admin: Client,
  name: string,
  namespaces: readonly string[],
): Promise<string> {
  const bindings = namespaces.map(
    (namespace): Creation => ({
      path: `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`,
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name, namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
      },
    }),
  );
  await admin.json('POST', '/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'default' },
  });
  await createAll(admin, bindings);
  return controlPlane.serviceAccountToken('default', name);
}

const Page = z.object({ namespaces: z.array(z.object({ namespace: z.string() })), next_cursor: z.string().optional() });

export interface Listing {
  readonly namespaces: readonly string[];
  readonly pages: number;
}

/** Follows the cursors of potoo_list_namespaces to the end, as a client would that knows nothing of their cost. */
export async function listAll(url: string, token: string, limit = 100): Promise<Listing> {
  const namespaces: string[] = [];
  let cursor: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const response = await fetch(`${url}/tools/potoo_list_namespaces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ limit, cursor: cursor ?? null }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`potoo_list_namespaces, page ${pages}: ${response.status} ${text}`);
    const page = Page.parse(JSON.parse(text));
    namespaces.push(...page.namespaces.map(({ namespace }) => namespace));
    cursor = page.next_cursor;
    if (cursor === undefined) return { namespaces, pages };
  }
}
