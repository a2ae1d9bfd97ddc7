import { describe, expect, test } from 'vitest';
import type { AccessRule } from '../../../crds/access.ts';
import { gatewayAccess } from '../../../gateway/access.ts';
import { clusterTokenAccess, clusterToolsAccess } from '../../../gateway/cluster/access.ts';
import { operatorAccess } from '../../../operator/access.ts';
import { type AuditEvent, clusterToolsUser, gatewayUser, operatorUser, readAuditLogs } from './audit-log.ts';

/** Which kinds the cluster serves, and its version: open to everyone who is authenticated (system:discovery). */
const discoveryPaths = new Set(['/api', '/apis', '/version']);

function resourceOf({ objectRef }: AuditEvent): string | undefined {
  if (objectRef === undefined) return undefined;
  return objectRef.subresource === undefined ? objectRef.resource : `${objectRef.resource}/${objectRef.subresource}`;
}

function allows(rule: AccessRule, event: AuditEvent): boolean {
  const { objectRef, verb } = event;
  const resource = resourceOf(event);
  if (objectRef === undefined || resource === undefined) return false;
  return (
    rule.apiGroups.includes(objectRef.apiGroup) &&
    [resource, '*'].some((allowed) => rule.resources.includes(allowed)) &&
    rule.verbs.includes(verb) &&
    (rule.namespace === undefined || rule.namespace === objectRef.namespace) &&
    (rule.resourceNames === undefined || (objectRef.name !== undefined && rule.resourceNames.includes(objectRef.name)))
  );
}

function describeRequest(event: AuditEvent): string {
  const group = event.objectRef?.apiGroup ? `.${event.objectRef.apiGroup}` : '';
  return `${event.verb} ${resourceOf(event) === undefined ? event.requestURI.split('?')[0] : `${resourceOf(event)}${group}`}`;
}

/** After somebody else's write that has to come between two of the operator's: reports/publish.test.ts makes that happen at will. */
const onlyAfterConflicts = new Set([
  'get clusterconstraintdetails',
  'get clusterconstraintreports',
  'get constraintreports',
  'get constraintdetails',
]);

const events = readAuditLogs();

/** Kinds of the tests' and the demo's own, which labelled ClusterRoles beside them let the programs read. */
const aggregated = [
  { apiGroups: ['delivery.example.com'], resources: ['releasefreezes'], verbs: ['list', 'watch'] },
  { apiGroups: ['example.net'], resources: ['widgets'], verbs: ['list'] },
  { apiGroups: ['example.org'], resources: ['fences'], verbs: ['list', 'watch'] },
  { apiGroups: ['finops.example.com'], resources: ['costlimits'], verbs: ['list', 'watch'] },
  { apiGroups: ['governance.example.com'], resources: ['dataresidencyrules'], verbs: ['list', 'watch'] },
  { apiGroups: ['rules.example.com'], resources: ['replicalimits'], verbs: ['list', 'watch'] },
] satisfies readonly AccessRule[];

describe.each([
  ['operator', operatorUser, operatorAccess],
  ['gateway', gatewayUser, [...gatewayAccess, ...clusterTokenAccess]],
  ['account of the cluster tools', clusterToolsUser, clusterToolsAccess],
])('the %s, in everything that the tests made it do', (_, username, access) => {
  const own = events.filter(({ user }) => user.username === username);

  test('asked for nothing that is not on its list', () => {
    expect(own.length).toBeGreaterThan(0);
    const others = own.filter(
      (event) =>
        ![...access, ...aggregated].some((rule) => allows(rule, event)) &&
        !(event.objectRef === undefined && discoveryPaths.has(event.requestURI.split('?')[0] ?? '')),
    );
    expect([...new Set(others.map(describeRequest))]).toEqual([]);
  });

  test('used every right on its list', () => {
    const unused = access.flatMap((rule) =>
      rule.resources.flatMap((resource) =>
        rule.verbs
          .filter((verb) => !own.some((event) => allows({ ...rule, resources: [resource], verbs: [verb] }, event)))
          .map((verb) => `${verb} ${resource}`),
      ),
    );
    expect(unused.filter((right) => !onlyAfterConflicts.has(right))).toEqual([]);
  });

  test('touched no Secret and no ConfigMap', () => {
    const touched = own.filter(({ objectRef }) => ['secrets', 'configmaps'].includes(objectRef?.resource ?? ''));
    expect(touched.map(describeRequest)).toEqual([]);
  });
});
