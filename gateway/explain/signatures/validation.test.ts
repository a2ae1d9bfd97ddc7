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
    'The Deployment "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: field is immutable',
    'change spec.selector of the Deployment "web"',
  ],
  [
    'Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{}: field is immutable',
    'change spec.template of the Job "migrate"',
  ],
  [
    'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string{"10.0.0.1"}: may not change once set',
    'change spec.clusterIPs[0] of the Service "web"',
  ],
  [
    'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than \'replicas\' are forbidden',
    'change spec of the StatefulSet "db"',
  ],
  [
    'Pod "a" is invalid: spec: Forbidden: pod updates may not change fields other than spec.containers[*].image',
    'change spec of the Pod "a"',
  ],
  [
    'RoleBinding.rbac.authorization.k8s.io "a" is invalid: roleRef: Invalid value: rbac.RoleRef{}: cannot change roleRef',
    'change roleRef of the RoleBinding "a"',
  ],
  [
    'StorageClass.storage.k8s.io "a" is invalid: provisioner: Forbidden: updates to provisioner are forbidden.',
    'change provisioner of the StorageClass "a"',
  ],
  [
    'Widget.example.org "a" is invalid: spec: Invalid value: "object": failed rule: self.size > 0',
    'the Widget "a" as invalid: spec: invalid value',
  ],
  [
    'The Pod "a" is invalid:\n* spec.containers[0].name: Required value\n* spec.containers[0].image: Required value',
    'and one more field',
  ],
  [
    'Pod "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters',
    'metadata.name',
  ],
  [
    'Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    'spec.ports[0].nodePort',
  ],
  [
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"',
    'schema',
  ],
  [
    'error validating "a.yaml": error validating data: ValidationError(Deployment.spec): unknown field "x" in io.k8s.api.apps.v1.DeploymentSpec',
    'schema',
  ],
  [
    'json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.ports of type int32',
    'schema',
  ],
  ['error: unable to decode "a.yaml": json: unknown field "sizes"', 'schema'],
  ['error: error parsing a.yaml: error converting YAML to JSON: yaml: line 3: did not find expected key', 'YAML'],
  ['metadata.annotations: Too long: may not be more than 262144 bytes', 'longer'],
  [
    'persistentvolumeclaims "a" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    'resized',
  ],
  ['Apply failed with 1 conflict: conflict with "helm" using apps/v1: .spec.replicas', 'Another manager'],
  [
    'the namespace from the provided object "a" does not match the namespace "b". You must pass \'--namespace=a\'',
    'does not fit itself',
  ],
])('%s', (message, what) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(cause).toMatchObject({ category: 'immutable', certainty: 'stated' });
  expect(cause?.sentence).toContain(what);
  expect(cause).not.toHaveProperty('suspects');
  expect(others).toEqual([]);
});

test('what cannot be changed is made anew, and its pods go on running where that is possible', () => {
  const commands = (message: string) =>
    (findCauses(readErrorText(message))[0]?.steps(noSuspects, about) ?? []).flatMap(({ command }) => command ?? []);
  expect(
    commands(
      'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than x are forbidden',
    ),
  ).toEqual(['kubectl delete statefulset.apps db --cascade=orphan -n shop']);
  expect(commands('Job.batch "m" is invalid: spec.template: Invalid value: 1: field is immutable')).toEqual([
    'kubectl delete job.batch m -n shop',
  ]);
  expect(
    commands(
      'PersistentVolumeClaim "d" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests for bound claims',
    ),
  ).toEqual([]);
  expect(commands('Job.batch "-x $(y)" is invalid: spec.template: Invalid value: 1: field is immutable')).toEqual([]);
});

test.each([
  [
    'negative',
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
  ],
  ['negative', 'Error from server (AlreadyExists): services "web" already exists'],
  ['immutable', 'spec.template.spec.containers[0].image: Required value'],
])('%s: %s', (category, message) => {
  expect(findCauses(readErrorText(message))[0]).toMatchObject({ category });
});

test.each([
  "The pods \"a\" is invalid: : ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
  'admission webhook "v.example.org" denied the request: spec.size: Invalid value: 3: must be odd',
  'the answer: Invalid value: 4',
  "denied: The image tag '2.1' already exists in the 'shop' repository and cannot be overwritten because the tag is immutable.",
  'The blob is immutable due to a policy. ErrorCode:BlobImmutableDueToPolicy',
  'Error response from daemon: json: cannot unmarshal string into Go struct field HostConfig.CpuShares of type int64',
  'cannot read settings: json: unknown field "colour"',
  'docker-compose.yml: yaml: line 7: did not find expected key',
])('%s: not the validation of the API server', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ category }) => category === 'immutable')).toEqual([]);
});

test('of several objects on one line each has its own error', () => {
  const text =
    'one or more objects failed to apply, reason: Deployment.apps "api" is invalid: spec.selector: Invalid value: {"a":"b"}: field is immutable,' +
    "deployments.apps \"export\" is forbidden: ValidatingAdmissionPolicy 'pinned' with binding 'all' denied request: no tag";
  expect(findCauses(readErrorText(text)).map(({ category, policy }) => [category, policy])).toEqual([
    ['immutable', undefined],
    ['vap', 'pinned'],
  ]);
});
