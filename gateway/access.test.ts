import { expect, test } from 'vitest';
import { gatewayAccess } from './access.ts';

test('the gateway asks for its own kinds, one Lease and the two reviews, and for nothing else', () => {
  expect(gatewayAccess).toEqual([
    {
      apiGroups: ['potoo.io'],
      resources: ['clusterconstraintdetails', 'clusterconstraintreports', 'constraintdetails', 'constraintreports'],
      verbs: ['list', 'watch'],
    },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get'],
      namespace: 'potoo-system',
      resourceNames: ['potoo-operator'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]);
});
