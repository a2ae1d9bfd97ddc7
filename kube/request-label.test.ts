import { expect, test } from 'vitest';
import { requestLabel } from './request-label.ts';

test.each([
  ['/api/v1/pods', 'pods'],
  ['/api/v1/namespaces/shop/pods/web-1', 'pods'],
  ['/api/v1/namespaces/shop', 'namespaces'],
  ['/api/v1/namespaces/shop/status', 'namespaces/status'],
  ['/apis/potoo.io/v1alpha1/namespaces/shop/constraintreports/constraints/status', 'constraintreports.potoo.io/status'],
  ['/apis/apps/v1/deployments', 'deployments.apps'],
  ['/apis', 'discovery'],
  ['/api', 'discovery'],
  ['/readyz', 'other'],
  ['/apis/apps', 'other'],
])('%s is counted as %s', (path, label) => {
  expect(requestLabel(path)).toBe(label);
});
