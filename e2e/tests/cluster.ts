/**
 * A control plane with Potoo on it, for tests: both programs run with the rights of their ServiceAccounts and nothing else.
 */
import { apply, at, waitFor } from '../control-plane/admin.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../control-plane/control-plane.ts';
import { type Gateway, gatewayProgram, install, operatorProgram, type Program } from '../programs.ts';

export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  /** Started, with a token of its own; another name is another replica. `server` is another way to the API server. */
  startOperator(name?: string, server?: string, env?: Readonly<Record<string, string>>): Promise<Program>;
  /** Started, and its answers are complete. `server` is another way to the API server. */
  startGateway(name?: string, server?: string, env?: Readonly<Record<string, string>>): Promise<Gateway>;
  /** A token of a new ServiceAccount of `namespace` with these ClusterRoles there, or cluster-wide. */
  caller(name: string, roles: readonly { readonly role: string; readonly namespace?: string }[]): Promise<string>;
}

const base = '/apis/potoo.io/v1alpha1';
export const reportPath = (namespace: string) => `${base}/namespaces/${namespace}/constraintreports/constraints`;
export const detailPath = (namespace: string, name: string) =>
  `${base}/namespaces/${namespace}/constraintdetails/${name}`;
export const clusterDetailPath = (name: string) => `${base}/clusterconstraintdetails/${name}`;
export const clusterReportPath = `${base}/clusterconstraintreports/cluster`;

export async function startCluster(options: ControlPlaneOptions = {}): Promise<Cluster> {
  await using starting = new AsyncDisposableStack();
  const controlPlane = starting.use(await startControlPlane(options));
  const programs = starting.adopt<Program[]>([], async (started) => {
    await Promise.all(started.map(({ process }) => process.stop()));
  });
  await install(controlPlane);
  const kubeconfigOf = async (account: string, name: string, server?: string) => {
    const token = await controlPlane.serviceAccountToken('potoo-system', account, 86_400);
    return controlPlane.kubeconfigFor(`${account}-${name}`, token, server);
  };
  const folder = `${controlPlane.folder}/programs`;
  // Of a run, where there is one: a program whose code was compiled before starts with half the work.
  const compiled = { NODE_COMPILE_CACHE: `${process.env['POTOO_E2E_RUN_FOLDER'] ?? folder}/compiled` };
  const running = starting.move();

  return {
    controlPlane,
    async startOperator(name = 'operator', server, env = {}) {
      const kubeconfig = await kubeconfigOf('potoo-operator', name, server);
      const operator = await operatorProgram({
        kubeconfig,
        folder,
        name,
        env: { ...compiled, POTOO_IDENTITY: name, ...env },
      });
      programs.push(operator);
      await operator.process.start();
      return operator;
    },
    async startGateway(name = 'gateway', server, env = {}) {
      const kubeconfig = await kubeconfigOf('potoo-controller', name, server);
      // Tests wait by asking again and again.
      const asOften = { ...compiled, POTOO_RATE_LIMIT_PER_MINUTE: '0' };
      const gateway = await gatewayProgram({ kubeconfig, folder, name, env: { ...asOften, ...env } });
      programs.push(gateway);
      await gateway.process.start();
      await eventually('the gateway is ready', async () => (await fetch(`${gateway.url}/readyz`)).ok);
      return gateway;
    },
    async caller(name, roles) {
      const subjects = [{ kind: 'ServiceAccount', name, namespace: 'default' }];
      await apply(controlPlane, [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } },
        ...roles.map(({ role, namespace }) => ({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
          metadata: { name: `${name}-${role}`, ...(namespace === undefined ? {} : { namespace }) },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
          subjects,
        })),
      ]);
      return controlPlane.serviceAccountToken('default', name, 3_600);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Waits until the report of the namespace counts so many constraints, and returns it. */
export function reportWithTotal(cluster: Cluster, namespace: string, total: number): Promise<unknown> {
  return waitFor(
    cluster.controlPlane,
    reportPath(namespace),
    (report) => at(report, 'status', 'total') === total,
    `a total of ${total} in ${namespace}`,
  );
}

/**
 * Asks again until it holds: for what has no watch, like a gateway's answer. In a third of the time at most, for to ask may take
 * more work than what is waited for. Fails with what was asked for after two minutes.
 */
export async function eventually(what: string, holds: () => Promise<boolean>, msMax = 120_000): Promise<void> {
  const until = performance.now() + msMax;
  for (;;) {
    const askedAt = performance.now();
    if (await holds()) return;
    if (performance.now() > until) throw new Error(`not within ${msMax} ms: ${what}`);
    const pauseMs = Math.max(40, 2 * (performance.now() - askedAt));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
