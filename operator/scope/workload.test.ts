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
