import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../kube/resource.ts';
import { workloadKinds, workloadOf, workloadOfPod } from './workload.ts';

const kindOf = (kind: string) => {
  const found = workloadKinds.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};
const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    serviceAccountName: 'web',
    containers: [
      {
        name: 'web',
        ports: [{ name: 'http', containerPort: 8080 }, { containerPort: 9 }],
        resources: { requests: { cpu: 1 } },
      },
    ],
  },
};
const owner = (apiVersion: string, kind: string) => [{ apiVersion, kind, name: 'root', uid: 'u', controller: true }];
const object = (kind: string, spec: unknown, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', namespace: 'shop', uid: 'x', resourceVersion: '1', ...metadata },
  spec,
});

describe('workloadOf', () => {
  test('reads labels, service account and named ports of the pod template', () => {
    expect(workloadOf(object('Deployment', { template }), kindOf('Deployment'))).toEqual({
      kind: 'Deployment',
      name: 'x',
      labels: { app: 'web' },
      serviceAccount: 'web',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      traits: {
        terminating: false,
        bestEffort: false,
        priorityClass: undefined,
        crossNamespaceAffinity: false,
        hostNetwork: false,
      },
    });
  });

  test('finds the template of a CronJob inside its job template', () => {
    const cronJob = object('CronJob', { jobTemplate: { spec: { template } } });
    expect(workloadOf(cronJob, kindOf('CronJob'))?.labels).toEqual({ app: 'web' });
  });

  test('the ReplicaSet of a Deployment is the Deployment, that of a Rollout is the Rollout', () => {
    const ofDeployment = object('ReplicaSet', { template }, { ownerReferences: owner('apps/v1', 'Deployment') });
    expect(workloadOf(ofDeployment, kindOf('ReplicaSet'))).toBeUndefined();
    const ofRollout = object('ReplicaSet', { template }, { ownerReferences: owner('argoproj.io/v1alpha1', 'Rollout') });
    expect(workloadOf(ofRollout, kindOf('ReplicaSet'))).toMatchObject({ kind: 'Rollout', name: 'root' });
  });

  test('a Deployment of another API group is not the built-in one', () => {
    const pod = object('Pod', {}, { ownerReferences: owner('example.io/v1', 'Deployment'), labels: { a: 'b' } });
    expect(workloadOfPod(pod)).toEqual({ kind: 'Deployment', name: 'root', labels: { a: 'b' } });
  });

  test('pods of built-in controllers are their controllers, bare pods are themselves', () => {
    expect(workloadOfPod(object('Pod', {}, { ownerReferences: owner('apps/v1', 'ReplicaSet') }))).toBeUndefined();
    expect(workloadOfPod(object('Pod', {}))).toEqual({ kind: 'Pod', name: 'x', labels: {} });
  });

  test('static pods of one node are workloads of their own', () => {
    const pod = (name: string) => object('Pod', {}, { name, ownerReferences: owner('v1', 'Node') });
    expect([pod('etcd-node-1'), pod('kube-scheduler-node-1')].map((one) => workloadOfPod(one))).toEqual([
      { kind: 'Pod', name: 'etcd-node-1', labels: {} },
      { kind: 'Pod', name: 'kube-scheduler-node-1', labels: {} },
    ]);
    const ofOther = object('Pod', {}, { ownerReferences: owner('example.io/v1', 'Node') });
    expect(workloadOfPod(ofOther)).toMatchObject({ kind: 'Node', name: 'root' });
  });

  test.each([
    ['a kind that is a sentence', { kind: 'Pod/web is not bound by anything', name: 'root' }],
    ['a kind of many lines', { kind: 'A\n\u001b[2K', name: 'root' }],
    ['a kind of a megabyte', { kind: 'A'.repeat(1_000_000), name: 'root' }],
    ['a name that is a path', { kind: 'Rollout', name: '../root' }],
    ['a name of a megabyte', { kind: 'Rollout', name: 'a'.repeat(1_000_000) }],
  ])('whoever makes a pod does not write into reports by a controller with %s', (_, controller) => {
    const [reference] = owner('example.io/v1', 'Rollout');
    const metadata = { name: 'web', ownerReferences: [{ ...reference, ...controller }] };
    expect(workloadOfPod(object('Pod', {}, metadata))).toEqual({ kind: 'Pod', name: 'web', labels: {} });
  });

  test.each([
    ['a request of cpu', { containers: [{ resources: { requests: { cpu: '100m' } } }] }, false],
    ['a limit of memory', { containers: [{}, { resources: { limits: { memory: 1024 } } }] }, false],
    ['an init container', { containers: [{}], initContainers: [{ resources: { limits: { cpu: '1' } } }] }, false],
    ['resources of the whole pod', { containers: [{}], resources: { requests: { memory: '1Gi' } } }, false],
    ['nothing', { containers: [{ resources: { requests: {}, limits: {} } }] }, undefined],
    ['no cpu', { containers: [{ resources: { requests: { cpu: '0' }, limits: { memory: 0 } } }] }, undefined],
    ['storage', { containers: [{ resources: { limits: { 'ephemeral-storage': '1Gi' } } }] }, undefined],
    ['a device', { containers: [{ resources: { limits: { 'nvidia.com/gpu': 1 } } }] }, undefined],
    ['huge pages', { containers: [{ resources: { limits: { 'hugepages-2Mi': '2Mi' } } }] }, undefined],
    ['what is no amount', { containers: [{ resources: { requests: { cpu: 'much', memory: null } } }] }, undefined],
  ])('whether a pod is more than best effort: with %s', (_, spec, expected) => {
    const workload = workloadOf(object('Deployment', { template: { spec } }), kindOf('Deployment'));
    expect(workload?.traits).toHaveProperty('bestEffort', expected);
  });

  test('knows of a pod template whether it uses the network of its node, and of a pod nothing', () => {
    const onNode = { template: { spec: { ...template.spec, hostNetwork: true } } };
    expect(workloadOf(object('DaemonSet', onNode), kindOf('DaemonSet'))?.traits?.hostNetwork).toBe(true);
    expect(workloadOfPod(object('Pod', { hostNetwork: true }))?.traits).toBeUndefined();
  });

  test('affinity to pods of other namespaces is told from affinity to the own', () => {
    const withTerm = (term: object) => ({
      template: {
        ...template,
        spec: {
          ...template.spec,
          affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
        },
      },
    });
    const crosses = (term: object) =>
      workloadOf(object('Deployment', withTerm(term)), kindOf('Deployment'))?.traits?.crossNamespaceAffinity;
    expect(crosses({ topologyKey: 'zone' })).toBe(false);
    expect(crosses({ topologyKey: 'zone', namespaces: ['other'] })).toBe(true);
    expect(crosses({ topologyKey: 'zone', namespaceSelector: {} })).toBe(true);
  });
});
