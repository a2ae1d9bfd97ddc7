/** What `npm run bench` takes on its command line. */
import { readNumbers } from '../number-arguments.ts';

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

const usage = `Usage: npm run bench [-- --namespaces N --cluster-policies N --changes N --quiet-seconds N]

Prints one JSON line a figure on stdout and its progress on stderr.
--namespaces N         each with 10 NetworkPolicies, a ResourceQuota and 4 Deployments; ${defaults.namespaces} unless told
--cluster-policies N   webhooks and admission policies that bind all of them; ${defaults.clusterPolicies} unless told
--changes N            single changes of NetworkPolicies; ${defaults.changes} unless told
--quiet-seconds N      time without any change; ${defaults.quietSeconds} unless told`;

/** Throws one UsageError. */
export function readArguments(args: readonly string[]): Arguments {
  const option = (ifAbsent: number) => ({ ifAbsent, min: 1, max: 100_000 });
  const numbers = readNumbers(args, usage, {
    namespaces: option(defaults.namespaces),
    'cluster-policies': option(defaults.clusterPolicies),
    changes: option(defaults.changes),
    'quiet-seconds': option(defaults.quietSeconds),
  });
  return {
    namespaces: numbers('namespaces'),
    clusterPolicies: numbers('cluster-policies'),
    changes: numbers('changes'),
    quietSeconds: numbers('quiet-seconds'),
  };
}
