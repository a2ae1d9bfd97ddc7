import * as z from 'zod';
import { systemNamespace } from '../crds/api.ts';
import type { NamespaceScope } from '../crds/scope.ts';

const port = z.coerce.number().int().min(0).max(65_535);

/** Names of namespaces and patterns of them, with commas between; empty like absent. */
const namespaceGlobs = z
  .string()
  .max(10_000)
  .transform((list) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .refine((globs) => globs.every((glob) => /^[a-z0-9*?-]{1,63}$/.test(glob)), {
    message: 'must be names of namespaces, or patterns with * and ?, with commas between',
  })
  .transform((globs) => (globs.length === 0 ? undefined : globs))
  .optional();

const Environment = z.object({
  POTOO_KUBECONFIG: z.string().min(1).optional(),
  POTOO_NAMESPACE: z.string().min(1).default(systemNamespace),
  POTOO_IDENTITY: z.string().min(1).max(253).optional(),
  POTOO_INCLUDED_NAMESPACES: namespaceGlobs,
  POTOO_EXCLUDED_NAMESPACES: namespaceGlobs,
  POTOO_HOST: z.string().min(1).default('0.0.0.0'),
  POTOO_METRICS_PORT: port.default(9091),
  POTOO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export interface Config {
  /** File with the credentials; undefined for the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** Where the Lease is. */
  readonly namespace: string;
  /** Names this process in the Lease; undefined to make one up. */
  readonly identity: string | undefined;
  /** Which namespaces get a report. */
  readonly reported: Pick<NamespaceScope, 'globs' | 'excluded'>;
  /** Address and port of probes and metrics; port 0 takes any free one. */
  readonly host: string;
  readonly metricsPort: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Throws one error that lists every variable with a bad value. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const bad = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`Bad configuration: ${bad.join('; ')}`);
  }
  const variables = parsed.data;
  return {
    kubeconfig: variables.POTOO_KUBECONFIG,
    namespace: variables.POTOO_NAMESPACE,
    identity: variables.POTOO_IDENTITY,
    reported: { globs: variables.POTOO_INCLUDED_NAMESPACES, excluded: variables.POTOO_EXCLUDED_NAMESPACES },
    host: variables.POTOO_HOST,
    metricsPort: variables.POTOO_METRICS_PORT,
    logLevel: variables.POTOO_LOG_LEVEL,
  };
}
