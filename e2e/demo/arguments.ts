/** What `npm start` takes on its command line. */
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Arguments {
  /** Absolute path of the kubeconfig file of a cluster that is there already; undefined for a control plane of its own. */
  readonly kubeconfig: string | undefined;
  /** Install without asking. */
  readonly yes: boolean;
  /** Only the usage is asked for. */
  readonly help: boolean;
}

export const usage = `Usage: npm start [-- --kubeconfig FILE [--yes]]

Without arguments: a control plane on this machine, with a small company in it, an operator and a gateway.
--kubeconfig FILE   uses that cluster instead: says what it will install and asks first
--yes               installs without asking`;

/** Throws one error with the usage in it. */
export function readArguments(args: readonly string[]): Arguments {
  const { kubeconfig, yes, help } = parse(args);
  if (help) return { kubeconfig: undefined, yes: false, help };
  if (kubeconfig === '') throw new Error(`--kubeconfig needs the path of a file.\n\n${usage}`);
  if (yes && kubeconfig === undefined) throw new Error(`--yes belongs to --kubeconfig FILE.\n\n${usage}`);
  if (kubeconfig !== undefined) assertReadable(resolve(kubeconfig));
  return { kubeconfig: kubeconfig === undefined ? undefined : resolve(kubeconfig), yes, help };
}

function assertReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new Error(`--kubeconfig: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function parse(args: readonly string[]): { kubeconfig?: string | undefined; yes: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        kubeconfig: { type: 'string' },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
    return values;
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`, { cause });
  }
}
