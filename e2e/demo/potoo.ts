/** Operator and gateway as processes of their own, each with the rights of its ServiceAccount. */
import { apiVersion, constraintReports, reportName, systemNamespace } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { at, waitFor } from '../control-plane/admin.ts';
import { type Component, endOf } from '../control-plane/component.ts';
import { isFree } from '../control-plane/ports.ts';
import { gatewayProgram, operatorProgram } from '../programs.ts';
import type { Cluster } from './cluster.ts';
import type { Progress } from './progress.ts';

interface Surroundings {
  readonly cluster: Cluster;
  /** For credentials and logs. */
  readonly folder: string;
  readonly progress: Progress;
  readonly clock: Clock;
  /** Stops what was started, in reverse order. */
  readonly running: AsyncDisposableStack;
  /** Told when a program ends that should go on. */
  readonly onEnd: (error: Error) => void;
}

/** The port that clients have in their configuration. */
const usualPort = 8090;
const reportMsMax = 120_000;

/** Starts the operator and resolves when each of the namespaces has its report. */
export async function startOperator(
  { cluster, folder, progress, running, onEnd }: Surroundings,
  namespaces: readonly string[],
): Promise<void> {
  // Its rights come by aggregation, a moment after they were applied.
  const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/potoo-operator';
  await waitFor(cluster.target, role, (found) => at(found, 'rules', 0) !== undefined, 'the rights of the operator');
  const kubeconfig = await cluster.kubeconfigOf({ namespace: systemNamespace, name: 'potoo-operator' }, folder);
  const operator = await operatorProgram({ kubeconfig, folder, log: (line) => ended(operator.process, line, onEnd) });
  running.defer(() => operator.process.stop());
  await progress.during('starting the operator', operator.process.start());
  const reports = async () => {
    for (const namespace of namespaces) {
      const path = `/apis/${apiVersion}/namespaces/${namespace}/${constraintReports.plural}/${reportName}`;
      const written = (report: unknown) => at(report, 'status', 'total') !== undefined;
      await waitFor(cluster.target, path, written, `the report of namespace ${namespace}`, reportMsMax);
    }
  };
  await progress.during(`waiting for the reports of ${namespaces.length} namespaces`, reports());
}

/**
 * Starts the gateway, on its usual port if that is free; resolves with its URL when it answers.
 * @param env Settings beside those that it needs to run.
 */
export async function startGateway(
  surroundings: Surroundings,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { cluster, folder, progress, clock, running, onEnd } = surroundings;
  const kubeconfig = await cluster.kubeconfigOf({ namespace: systemNamespace, name: 'potoo-controller' }, folder);
  const free = await isFree(usualPort);
  if (!free) progress.say(`port ${usualPort} is taken, the gateway gets another one`);
  const gateway = await gatewayProgram({
    kubeconfig,
    folder,
    env,
    ...(free ? { port: usualPort } : {}),
    log: (line) => ended(gateway.process, line, onEnd),
  });
  running.defer(() => gateway.process.stop());
  await progress.during('starting the gateway', gateway.process.start());
  // Readiness has no event to wait for.
  for (let answer = await fetch(`${gateway.url}/readyz`); !answer.ok; answer = await fetch(`${gateway.url}/readyz`)) {
    await clock.sleep(50);
  }
  return gateway.url;
}

/** `line` may also say less than that; then the component has still its process id. */
function ended(component: Component, line: string, onEnd: (error: Error) => void): void {
  try {
    void component.pid;
  } catch {
    onEnd(new Error(`${line}\n${endOf(component.logFile)}`));
  }
}
