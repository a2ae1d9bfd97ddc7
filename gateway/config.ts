/**
 * Settings from the environment.
 */
import * as z from 'zod';
import { systemNamespace } from '../crds/api.ts';
import { isDnsLabel } from '../kube/names.ts';
import { hostNameOf } from './http/hosts.ts';

const Port = z
  .string()
  .regex(/^\d{1,5}$/, 'a port from 0 to 65535; 0 for a free one')
  .transform(Number)
  .refine((port) => port <= 65_535, 'a port from 0 to 65535; 0 for a free one');

const Environment = z
  .object({
    POTOO_KUBECONFIG: z.string().min(1, 'the path of a kubeconfig file').optional(),
    POTOO_HOST: z.string().min(1, 'an address to listen on').default('0.0.0.0'),
    POTOO_PORT: Port.default(8_090),
    POTOO_METRICS_PORT: Port.default(9_090),
    POTOO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'one of debug, info, warn, error').default('info'),
    POTOO_NAMESPACE: z.string().refine(isDnsLabel, 'the name of a namespace').default(systemNamespace),
    POTOO_RATE_LIMIT_PER_MINUTE: z
      .string()
      .regex(/^\d{1,6}$/, 'calls a minute, up to 999999; 0 for no limit')
      .transform(Number)
      .default(600),
    POTOO_TLS_CERT_FILE: z.string().min(1, 'the path of a PEM file').optional(),
    POTOO_TLS_KEY_FILE: z.string().min(1, 'the path of a PEM file').optional(),
    POTOO_ALLOWED_HOSTS: z
      .string()
      .default('')
      .transform((text) => text.split(',').map((host) => host.trim()))
      .transform((hosts) => hosts.filter((host) => host !== ''))
      .transform((hosts) => hosts.map(hostNameOf))
      .refine(
        (names): names is string[] => !names.includes(undefined),
        'host names with commas between, IPv6 addresses in brackets',
      ),
  })
  .refine((set) => (set.POTOO_TLS_CERT_FILE === undefined) === (set.POTOO_TLS_KEY_FILE === undefined), {
    path: ['POTOO_TLS_KEY_FILE'],
    message: 'is set together with POTOO_TLS_CERT_FILE, or neither of them is',
  });

export interface Config {
  /** Path of a kubeconfig file; the ServiceAccount of the pod when absent. */
  readonly kubeconfig: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Where Potoo itself is installed. */
  readonly systemNamespace: string;
  readonly allowedHosts: readonly string[];
  /** Calls of one caller; 0 for no limit. */
  readonly rateLimitPerMinute: number;
  /** HTTPS where callers ask; plain HTTP when absent. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** Throws one error that names every setting that cannot be used, and what would do. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const settings = Environment.safeParse(environment);
  if (!settings.success) {
    const wrong = settings.error.issues.map(({ path, message }) => {
      const name = path.join('.');
      return `${name}=${JSON.stringify(environment[name] ?? '')}: ${message}`;
    });
    throw new Error(`The environment holds settings that cannot be used:\n  ${wrong.join('\n  ')}`);
  }
  const { data } = settings;
  const { POTOO_TLS_CERT_FILE: certFile, POTOO_TLS_KEY_FILE: keyFile } = data;
  return {
    kubeconfig: data.POTOO_KUBECONFIG,
    host: data.POTOO_HOST,
    port: data.POTOO_PORT,
    metricsPort: data.POTOO_METRICS_PORT,
    logLevel: data.POTOO_LOG_LEVEL,
    systemNamespace: data.POTOO_NAMESPACE,
    allowedHosts: data.POTOO_ALLOWED_HOSTS,
    rateLimitPerMinute: data.POTOO_RATE_LIMIT_PER_MINUTE,
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
  };
}
