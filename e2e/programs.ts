/**
 * Potoo on a control plane, as its users run it: definitions and RBAC applied, operator and gateway as processes of their own,
 * each with nothing but the rights of its ServiceAccount.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { systemNamespace } from '../crds/api.ts';
import { apply, at, type Target, waitFor } from './control-plane/admin.ts';
import { type Component, createComponent } from './control-plane/component.ts';
import { freePort } from './control-plane/ports.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The objects of all YAML files of a folder, file by file. */
export function readObjects(folder: string): unknown[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .flatMap((file) => parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8')))
    .map((document): unknown => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return document.toJS();
    })
    .filter((object) => object !== null);
}

/** What an administrator applies before the two programs can run. */
export function installation(): unknown[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } },
    ...readObjects(`${root}crds/yaml`),
    ...readObjects(`${root}helm/potoo/rbac`),
  ];
}

/** What is applied besides, for a gateway with POTOO_TOOLSETS=constraints,cluster. */
export function clusterToolsInstallation(): unknown[] {
  return readObjects(`${root}helm/potoo/rbac/optional`);
}

/** Applies the installation and resolves when the definitions are served and the aggregated rights are in force. */
export async function install(target: Target): Promise<void> {
  await apply(target, installation());
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/potoo-operator';
  await waitFor(target, path, (role) => at(role, 'rules', 0) !== undefined, 'rules of the aggregated ClusterRole');
}

export interface Program {
  readonly process: Component;
  /** The operator's probes and metrics; the gateway's metrics. */
  readonly metricsUrl: string;
}

export interface Gateway extends Program {
  readonly url: string;
}

interface ProgramOptions {
  readonly kubeconfig: string;
  /** For logs. Made if it is not there. */
  readonly folder: string;
  /** Tells two of a kind apart, in their file names. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Told when the program ends by itself; stderr if not given. */
  readonly log?: (line: string) => void;
}

const host = '127.0.0.1';
/**
 * Reading a large cluster makes garbage faster than V8 collects it with its own sizes: the young generation then grows to
 * 3 x 32 MiB, and most of what is in it is dead. With 8 MiB the operator needs a quarter less memory and no more CPU. The old
 * generation may grow by 40 % before it is collected and not by a multiple: at a cold start of 500 namespaces that makes a peak
 * of 237 MiB where 242 to 298 MiB were measured, for a second of CPU.
 */
export const nodeFlags = {
  operator: ['--max-semi-space-size=8', '--heap-growing-percent=40'],
  // Calls make little garbage at a time, and pauses to collect it are in their latency. With 4 MiB the gateway holds 25 MiB less
  // after a load of MCP calls (e2e/bench/mcp-load.ts).
  gateway: ['--max-semi-space-size=4', '--heap-growing-percent=40'],
} as const;

/** The operator; `process.start` resolves when its probes answer, before it has read the cluster. */
export async function operatorProgram(options: ProgramOptions): Promise<Program> {
  const port = await freePort(new Set());
  const metricsUrl = `http://${host}:${port}`;
  const environment = { POTOO_HOST: host, POTOO_METRICS_PORT: String(port) };
  return { process: nodeProgram('operator', options, `${metricsUrl}/healthz`, environment), metricsUrl };
}

/** The gateway; `process.start` resolves when it listens, before it has read the reports. */
export async function gatewayProgram(options: ProgramOptions & { readonly port?: number }): Promise<Gateway> {
  const taken = new Set<number>();
  const port = options.port ?? (await freePort(taken));
  const metricsPort = await freePort(taken);
  const url = `http://${host}:${port}`;
  const environment = { POTOO_HOST: host, POTOO_PORT: String(port), POTOO_METRICS_PORT: String(metricsPort) };
  return {
    process: nodeProgram('gateway', options, `${url}/healthz`, environment),
    url,
    metricsUrl: `http://${host}:${metricsPort}`,
  };
}

function nodeProgram(
  program: 'operator' | 'gateway',
  { kubeconfig, folder, name = program, env = {}, log }: ProgramOptions,
  healthUrl: string,
  own: Readonly<Record<string, string>>,
): Component {
  mkdirSync(folder, { recursive: true });
  return createComponent({
    name,
    program: process.execPath,
    args: [...nodeFlags[program], `${root}${program}/main.ts`],
    // No HOME and no KUBECONFIG: nothing of the person who runs this may leak into the programs.
    env: { POTOO_KUBECONFIG: kubeconfig, ...own, ...env },
    logFile: `${folder}/${name}.log`,
    log: log ?? ((line) => void process.stderr.write(`${line}\n`)),
    async ready() {
      const response = await fetch(healthUrl);
      if (!response.ok) throw new Error(`${healthUrl} answers ${response.status}`);
    },
  });
}
