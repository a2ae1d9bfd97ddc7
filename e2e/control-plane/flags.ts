/** The command lines of the three components. Everything listens on 127.0.0.1 alone. */
import { join } from 'node:path';
import type { Files } from './files.ts';

export function etcdFlags(folder: string, { port, peerPort }: { port: number; peerPort: number }): string[] {
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync', // survives the kill of a process, which is all that tests do, but not a power cut
    '--log-level=warn',
  ];
}

export function apiserverFlags(
  folder: string,
  files: Files,
  { port, etcdPort }: { port: number; etcdPort: number },
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    // Without it the server looks for an address of another interface, and there may be none.
    '--advertise-address=127.0.0.1',
    // Endpoints may not hold a loopback address; nothing here uses Service `kubernetes`.
    '--endpoint-reconciler-type=none',
    `--cert-dir=${join(folder, 'apiserver')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.publicKey}`,
    `--service-account-signing-key-file=${files.privateKey}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    // An answer leaves only after its line is in the file: evidence is complete whenever it is read, also after a kill.
    // It costs one small write a request, less CPU than the goroutine, queue and timer of the batch mode.
    '--audit-log-mode=blocking',
    '--audit-log-maxsize=10000', // megabytes; 0 would mean 100 to the library behind it, and a second file
  ];
}

/** Those that make what tests and demos look at. The others want nodes, volumes or a cloud. */
const controllers = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'replicaset-controller',
  'resourcequota-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'statefulset-controller',
];

export function controllerManagerFlags(folder: string, files: Files, { port }: { port: number }): string[] {
  const kubeconfig = join(folder, 'controller-manager.kubeconfig');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'controller-manager')}`,
    `--controllers=${controllers.join(',')}`,
    // Unless told, 20 requests a second of each controller: thousands of Deployments would take them many minutes.
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
    // Each controller with the ServiceAccount and rights it has in a real cluster, so that policies see the real users.
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    `--service-account-private-key-file=${files.privateKey}`,
    `--root-ca-file=${files.ca}`,
  ];
}
