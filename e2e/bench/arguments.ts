/** What `npm run bench` takes on its command line. */
import { parseArgs } from 'node:util';

export interface Arguments {
  readonly namespaces: number;
  /** Webhooks and admission policies that bind every namespace. */
  readonly clusterPolicies: number;
  /** Single changes that are measured, one after the other. */
  readonly changes: number;
  /** How long nothing happens while writes are counted. */
  readonly quietSeconds: number;
}

const defaults: Arguments = { namespaces: 500, clusterPolicies: 50, changes: 200, quietSeconds: 120 };

export const usage = `Usage: npm run bench [-- --namespaces N --cluster-policies N --changes N --quiet-seconds N]

Prints one JSON line a figure on stdout and its progress on stderr.
--namespaces N         each with 10 NetworkPolicies, a ResourceQuota and 4 Deployments; ${defaults.namespaces} unless told
--cluster-policies N   webhooks and admission policies that bind all of them; ${defaults.clusterPolicies} unless told
--changes N            single changes of NetworkPolicies; ${defaults.changes} unless told
--quiet-seconds N      time without any change; ${defaults.quietSeconds} unless told`;

/** What is wrong with a command line, and how it would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  constructor(wrong: string, cause?: unknown) {
    super(`${wrong}\n\n${usage}`, { cause });
  }
}

/** Throws one UsageError. */
export function readArguments(args: readonly string[]): Arguments {
  const given = parse(args);
  return {
    namespaces: numberOf('--namespaces', given.namespaces, defaults.namespaces),
    clusterPolicies: numberOf('--cluster-policies', given['cluster-policies'], defaults.clusterPolicies),
    changes: numberOf('--changes', given.changes, defaults.changes),
    quietSeconds: numberOf('--quiet-seconds', given['quiet-seconds'], defaults.quietSeconds),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        namespaces: { type: 'string' },
        'cluster-policies': { type: 'string' },
        changes: { type: 'string' },
        'quiet-seconds': { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function numberOf(name: string, given: string | undefined, ifAbsent: number): number {
  if (given === undefined) return ifAbsent;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > 100_000) {
    throw new UsageError(`${name} is "${given}" and must be a whole number from 1 to 100000.`);
  }
  return value;
}
