import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';
import { noSuspects } from '../finding.ts';

const about = {
  namespace: 'shop',
  workloadName: undefined,
  named: [],
  workloads: undefined,
  complete: true,
  contact: undefined,
};

test.each([
  [
    'error: resource mapping not found for name: "a" namespace: "b" from "c.yaml": no matches for kind "Widget" in version "example.org/v1"\nensure CRDs are installed first',
    'kind Widget in example.org/v1',
  ],
  [
    'unable to recognize "a.yaml": no matches for kind "Ingress" in version "extensions/v1beta1"',
    'kind Ingress in extensions/v1beta1',
  ],
  ['no matches for kind "Widget" in group "example.org"', 'kind Widget in example.org'],
  ['unable to recognize "": no matches for kind "Widget" in the API group version "example.org/v1"', 'kind Widget'],
  [
    'Pod "a" is forbidden: service account shop/web was not found, retry after the service account is created',
    'ServiceAccount "web"',
  ],
  [
    'AttachVolume.Attach failed for volume "v" : CSINode node-1 does not contain driver disk.csi.example.org',
    'driver of that volume',
  ],
  ['error: the server doesn\'t have a resource type "widgets"', 'kind widgets'],
  [
    'The Kubernetes API could not find example.org/Widget for requested resource shop/a. Make sure the "Widget" CRD is installed on the destination cluster.',
    'kind Widget in example.org',
  ],
  ['no kind "Widget" is registered for version "example.org/v1" in scheme "x"', 'kind Widget in example.org/v1'],
  ['Error from server (NotFound): namespaces "shop" not found', 'Namespace "shop"'],
  ['Error: configmap "settings" not found', 'ConfigMap "settings"'],
  ['MountVolume.SetUp failed for volume "v" : secret "tls" not found', 'Secret "tls"'],
  [
    'pods "a-" is forbidden: error looking up service account shop/web: serviceaccount "web" not found',
    'ServiceAccount "web"',
  ],
  ['pods "a" is forbidden: pod rejected: RuntimeClass "gvisor" not found', 'RuntimeClass "gvisor"'],
  ['pods "a" is forbidden: no PriorityClass with name high was found', 'PriorityClass "high"'],
  ['storageclass.storage.k8s.io "fast" not found', 'StorageClass "fast"'],
  ["Error: couldn't find key url in ConfigMap shop/settings", 'key "url" of the ConfigMap "settings"'],
  [
    'MountVolume.SetUp failed for volume "v" : references non-existent secret key: tls.crt',
    'key "tls.crt" of a Secret',
  ],
  [
    'Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "le" not found',
    'clusterissuer.cert-manager.io "le"',
  ],
  ['Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed.', 'Secret'],
  [
    'driver name ebs.csi.example.org not found in the list of registered CSI drivers',
    'CSIDriver "ebs.csi.example.org"',
  ],
  [
    'pods "a" is forbidden: no API token found for service account shop/web, retry after the token is automatically created',
    'token of the ServiceAccount "web"',
  ],
])('%s', (message, what) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(cause).toMatchObject({ category: 'missing', certainty: 'stated' });
  expect(cause?.sentence).toContain(what);
  expect(cause).not.toHaveProperty('suspects');
  expect(others).toEqual([]);
});

test.each([
  'the server could not find the requested resource (get widgets.example.org)',
  'pods "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
  'no persistent volumes available for this claim and no storage class is set',
  'unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently unable to handle the request',
  'failed to get cpu utilization: missing request for cpu in container web of Pod web-1',
  'hostPath type check failed: /data is not a directory',
])('%s', (message) => {
  expect(findCauses(readErrorText(message))[0]?.category).toBe('missing');
});

test('kinds of Kubernetes are there in another version, those of others have to be installed', () => {
  const [old] = findCauses(readErrorText('no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"'));
  expect(old?.steps(noSuspects, about)[1]?.description).toContain(
    'version of PodDisruptionBudget that this cluster serves',
  );
  const [other] = findCauses(readErrorText('no matches for kind "Widget" in version "example.org/v1"'));
  expect(other?.steps(noSuspects, about)[0]?.command).toBe('kubectl api-resources --api-group=example.org');
  expect(other?.steps(noSuspects, about)[1]?.description).toContain('install what defines Widget');
});

test('Secrets are never listed to find one, other objects are', () => {
  const commands = (message: string) =>
    (findCauses(readErrorText(message))[0]?.steps(noSuspects, about) ?? []).flatMap(({ command }) => command ?? []);
  expect(commands('secret "tls" not found')).toEqual([]);
  expect(commands('persistentvolumeclaim "data" not found')).toEqual(['kubectl get persistentvolumeclaims -n shop']);
  expect(commands('storageclass.storage.k8s.io "fast" not found')).toEqual(['kubectl get storageclasses']);
});

test.each([
  'StartService FAILED 1060: The specified service does not exist as an installed service.',
  'page "about" not found',
  'required CRD "widgets.example.org" not found',
  'key "a" not found',
  'failed calling webhook "a.b": failed to call webhook: the server could not find the requested resource',
])('%s: not told as missing', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ category }) => category === 'missing')).toEqual([]);
});
