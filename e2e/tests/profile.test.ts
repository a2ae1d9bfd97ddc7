import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiVersion, constraintProfiles } from '../../crds/api.ts';
import { customResourceDefinitions } from '../../crds/definitions.ts';
import { apply, at, request } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';

// What the API server takes for a ConstraintProfile, and what it says of those that it does not take.

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane();
  await apply(cluster, customResourceDefinitions());
});
afterAll(() => cluster?.stop());

const gvr = { group: 'guards.example.com', resource: 'guardrails' };

const profile = (spec: object) => ({
  apiVersion,
  kind: constraintProfiles.kind,
  metadata: { name: 'guardrails' },
  spec,
});

test('a profile is enabled unless it says otherwise, and its status is written apart', async () => {
  const [stored] = await apply(cluster, [profile({ gvr, fieldPaths: { effectPath: 'spec.rules[*].action' } })]);
  expect(at(stored, 'spec', 'enabled')).toBe(true);
  const path = `/apis/${apiVersion}/${constraintProfiles.plural}/guardrails`;
  const written = await request(cluster, 'PUT', `${path}/status`, {
    ...stored,
    spec: { gvr, enabled: false },
    status: { observedGeneration: 1, matchedResource: 'guardrails.v1.guards.example.com', adapter: 'generic' },
  });
  expect(at(written, 'spec', 'enabled')).toBe(true);
  expect(at(written, 'status', 'adapter')).toBe('generic');
});

test.each([
  ['a kind of the core group', { gvr: { group: '', version: 'v1', resource: 'resourcequotas' }, enabled: false }],
  ['its own adapter', { gvr: { group: 'networking.k8s.io', resource: 'networkpolicies' }, adapter: 'networkpolicy' }],
  ['secrets of another group', { gvr: { group: 'vault.example.com', resource: 'secrets' } }],
  [
    'every way to write a path',
    {
      gvr,
      adapter: 'generic',
      severity: 'Critical',
      debounceSeconds: 3_600,
      fieldPaths: {
        selectorPath: '.spec.match.selector',
        namespaceSelectorPath: String.raw`metadata.annotations["a.b/c \u00e9\"]"]`,
        effectPath: 'spec.rules[0].actions[*]',
        summaryPath: String.raw`metadata.annotations['it\'s']`,
      },
    },
  ],
])('takes %s', async (_, spec) => {
  const [stored] = await apply(cluster, [profile(spec)]);
  expect(stored).toMatchObject({ spec });
});

describe('refuses, and says what would be right:', () => {
  test.each([
    ['Secrets', { gvr: { group: '', resource: 'secrets' } }, 'Secrets and ConfigMaps are never read'],
    ['ConfigMaps', { gvr: { group: '', resource: 'configmaps' } }, 'Secrets and ConfigMaps are never read'],
    ['its own kinds', { gvr: { group: 'potoo.io', resource: 'constraintreports' } }, 'potoo.io is what Potoo writes'],
    ['a kind instead of its plural', { gvr: { ...gvr, resource: 'Guardrail' } }, 'must be the plural in lower case'],
    ['a subresource', { gvr: { group: '', resource: 'pods/log' } }, 'must be the plural in lower case'],
    ['a group with its version', { gvr: { ...gvr, group: 'example.com/v1' } }, 'must be an API group in lower case'],
    ['a version with its group', { gvr: { ...gvr, version: 'example.com/v1' } }, 'must be a version in lower case'],
    ['a path with two dots', { gvr, fieldPaths: { effectPath: 'spec..action' } }, 'must be a field path, like'],
    ['a path with an open bracket', { gvr, fieldPaths: { effectPath: 'spec[0' } }, 'must be a field path, like'],
    ['a path of JSONPath', { gvr, fieldPaths: { effectPath: '{.spec.action}' } }, 'must be a field path, like'],
    ['an empty path', { gvr, fieldPaths: { summaryPath: '' } }, 'must be a field path, like'],
    ['a long path', { gvr, fieldPaths: { summaryPath: 'a'.repeat(513) } }, 'Too long'],
    [
      'paths for another adapter',
      { gvr, adapter: 'networkpolicy', fieldPaths: { effectPath: 'spec.action' } },
      'severity and fieldPaths are for the adapter generic',
    ],
    ['an unknown severity', { gvr, severity: 'High' }, 'Unsupported value: "High"'],
    ['a debounce of hours', { gvr, debounceSeconds: 3_601 }, 'should be less than or equal to 3600'],
    ['no kind at all', { enabled: true }, 'spec.gvr: Required value'],
  ])('%s', async (_, spec, said) => {
    const refused = request(cluster, 'POST', `/apis/${apiVersion}/${constraintProfiles.plural}`, {
      ...profile(spec),
      metadata: { name: 'refused' },
    });
    await expect(refused).rejects.toMatchObject({ status: 422, said: expect.stringContaining(said) });
  });
});
