/** What `npm start` takes on its command line. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Arguments {
  /** Absolute path of the kubeconfig file of a cluster that is there already; undefined for a control plane of its own. */
  readonly kubeconfig: string | undefined;
  /** Install without asking. */
  readonly yes: boolean;
}

export const usage = `Usage: npm start [-- --kubeconfig FILE [--yes]]

Without arguments: a control plane on this machine, with a small company in it, an operator and a gateway.
--kubeconfig FILE   uses that cluster instead: says what it will install and asks first
--yes               installs without asking`;

/** Throws one error with the usage in it. */
export function readArguments(args: readonly string[]): Arguments {
  const { kubeconfig, yes } = parse(args);
  if (kubeconfig === '') throw new Error(`--kubeconfig needs the path of a file.\n\n${usage}`);
  if (yes && kubeconfig === undefined) throw new Error(`--yes belongs to --kubeconfig FILE.\n\n${usage}`);
  return { kubeconfig: kubeconfig === undefined ? undefined : resolve(kubeconfig), yes };
}

function parse(args: readonly string[]): { kubeconfig?: string | undefined; yes: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { kubeconfig: { type: 'string' }, yes: { type: 'boolean', default: false } },
    });
    return values;
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`, { cause });
  }
}
