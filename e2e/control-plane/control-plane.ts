/**
 * A real Kubernetes control plane on this machine: etcd, kube-apiserver and kube-controller-manager as processes on
 * ports of 127.0.0.1, without nodes. Admission, RBAC, quota, CRDs, watches and audit are the real ones; Pods stay
 * Pending.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request as send } from 'undici';
import * as z from 'zod';
import { at, request, waitFor } from './admin.ts';
import { controlPlaneBinaries } from './binaries.ts';
import { type Component, createComponent } from './component.ts';
import { writeCa, writeFiles, writeKubeconfig } from './files.ts';
import { apiserverFlags, controllerManagerFlags, etcdFlags } from './flags.ts';
import { freePort } from './ports.ts';

export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** Keys, data and logs. Removed by `stop` unless the caller named it. */
  readonly folder: string;
  /** Path of a kubeconfig file of user `admin` in group `system:masters`. */
  readonly adminKubeconfig: string;
  readonly adminToken: string;
  /** The certificate that signed the API server's. */
  readonly caFile: string;
  /** Path; JSON lines at level Metadata, one an answer (two for a watch: start and end). Complete at any time. */
  readonly auditLog: string;
  readonly etcd: Component;
  readonly apiserver: Component;
  readonly controllerManager: Component;
  /** Writes a kubeconfig file for a token, to another address of the API server if given; returns its path. */
  kubeconfigFor(name: string, token: string, server?: string): Promise<string>;
  /** A token of a ServiceAccount that exists; Kubernetes gives no less than 600 seconds. */
  serviceAccountToken(namespace: string, name: string, seconds?: number): Promise<string>;
  /** Ends all components; nothing of them is left running. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Where everything is kept, for use again later; a temporary folder if not given. */
  readonly folder?: string;
  /** Progress, such as the minutes of a first build, and components that end by themselves; stderr if not given. */
  readonly log?: (line: string) => void;
  readonly auditLog?: string;
  /** Gives up a build that runs; what has started already is waited for. */
  readonly signal?: AbortSignal;
  /** Added behind the ones that are set here, so that they win. */
  readonly kubeApiserverFlags?: readonly string[];
}

const TokenRequest = z.object({ status: z.object({ token: z.string() }) });

/** Starts a control plane and resolves when it serves and its controllers have made what a new cluster has. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const binaries = await controlPlaneBinaries(log, options.signal);
  if (binaries.kubeControllerManager === undefined) {
    throw new Error(
      'KUBEBUILDER_ASSETS has no kube-controller-manager, and without it quotas enforce nothing, aggregated ClusterRoles ' +
        'stay empty and namespaces are never deleted: add it to that folder, or unset the variable to build all three.',
    );
  }
  const folder = options.folder ?? (await mkdtemp(join(process.env['POTOO_E2E_RUN_FOLDER'] ?? tmpdir(), 'potoo-')));
  await mkdir(folder, { recursive: true });

  await using cleanup = new AsyncDisposableStack();
  if (options.folder === undefined) cleanup.defer(() => rm(folder, { recursive: true, force: true }));

  const files = await writeFiles(folder, options.auditLog);
  const taken = new Set<number>();
  const etcdPort = await freePort(taken);
  const etcdPeerPort = await freePort(taken);
  const port = await freePort(taken);
  const controllerManagerPort = await freePort(taken);
  const server = `https://127.0.0.1:${port}`;
  const target = { server, adminToken: files.adminToken, caFile: files.ca };
  const kubeconfigFor = (name: string, token: string, address = server) =>
    writeKubeconfig(join(folder, `${name}.kubeconfig`), { name, token, server: address, caFile: files.ca });

  const etcd = createComponent({
    name: 'etcd',
    program: binaries.etcd,
    args: etcdFlags(folder, { port: etcdPort, peerPort: etcdPeerPort }),
    logFile: join(folder, 'etcd.log'),
    ready: () => expectOk(`http://127.0.0.1:${etcdPort}/health`),
    log,
  });
  const apiserver = createComponent({
    name: 'kube-apiserver',
    program: binaries.kubeApiserver,
    args: [...apiserverFlags(folder, files, { port, etcdPort }), ...(options.kubeApiserverFlags ?? [])],
    logFile: join(folder, 'kube-apiserver.log'),
    async ready() {
      await writeCa(join(folder, 'apiserver', 'apiserver.crt'), files.ca);
      await request(target, 'GET', '/readyz');
    },
    log,
  });
  const controllerManager = createComponent({
    name: 'kube-controller-manager',
    program: binaries.kubeControllerManager,
    args: controllerManagerFlags(folder, files, { port: controllerManagerPort }),
    logFile: join(folder, 'kube-controller-manager.log'),
    async ready() {
      const own = { ...target, server: `https://127.0.0.1:${controllerManagerPort}` };
      await request(
        { ...own, caFile: join(folder, 'controller-manager', 'kube-controller-manager.crt') },
        'GET',
        '/healthz',
      );
    },
    log,
  });

  // Disposal is in reverse order, which is the only one that works: an API server whose etcd has gone first hangs.
  for (const component of [etcd, apiserver, controllerManager]) cleanup.defer(() => component.stop());
  await etcd.start();
  await apiserver.start();
  const adminKubeconfig = await kubeconfigFor('admin', files.adminToken);
  await kubeconfigFor('controller-manager', files.controllerManagerToken);
  await controllerManager.start();
  await waitFor(target, '/api/v1/namespaces/default/serviceaccounts/default', exists, 'the first ServiceAccount');
  await waitFor(
    target,
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/view',
    hasRules,
    'ClusterRole view to be filled',
  );

  const running = cleanup.move();
  return {
    server,
    folder,
    adminKubeconfig,
    adminToken: files.adminToken,
    caFile: files.ca,
    auditLog: files.auditLog,
    etcd,
    apiserver,
    controllerManager,
    kubeconfigFor,
    async serviceAccountToken(namespace, name, seconds = 3_600) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: seconds },
      };
      return TokenRequest.parse(await request(target, 'POST', path, body)).status.token;
    },
    stop: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const exists = (value: unknown) => value !== undefined;
const hasRules = (role: unknown) => at(role, 'rules', 0) !== undefined;

async function expectOk(url: string): Promise<void> {
  const { statusCode, body } = await send(url, { headersTimeout: 2_000, bodyTimeout: 2_000, reset: true });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text}`);
}
