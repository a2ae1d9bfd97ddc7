/**
 * Settings from the environment.
 */
import * as z from 'zod';
import { systemNamespace } from '../crds/api.ts';
import { isDnsLabel } from '../kube/names.ts';
import type { Discovery } from './http/discovery.ts';
import { hostNameOf } from './http/hosts.ts';
import { isToolset, type Toolset, toolsets } from './tools/toolset-names.ts';

const Port = z
  .string()
  .regex(/^\d{1,5}$/, 'a port from 0 to 65535; 0 for a free one')
  .transform(Number)
  .refine((port) => port <= 65_535, 'a port from 0 to 65535; 0 for a free one');

/** As Helm value `mcp.authentication.method` names them. */
const methods = ['kubernetes-sa', 'bearer-token'] as const;
const isMethod = (text: string): text is (typeof methods)[number] => methods.some((method) => method === text);

const contactSentence = 'one line of at most 200 characters, like an address or a channel';

const issuerSentence = 'an https URL without a query or fragment, as the tokens name it';
const publicUrlSentence = 'the URL of the gateway without a path, with https, or http for localhost';

const Settings = z.object({
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
  POTOO_REMEDIATION_CONTACT: z
    .string()
    .max(200, contactSentence)
    .refine((text) => !/\p{C}/u.test(text), contactSentence)
    .transform((text) => text.trim())
    .optional(),
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
  POTOO_AUTHENTICATION: z
    .string()
    .default('kubernetes-sa')
    .transform((text) => text.split(',').map((method) => method.trim()))
    .refine((names) => names.every(isMethod), `${methods.join(', ')}, or both with a comma between`),
  POTOO_TOOLSETS: z
    .string()
    .default('constraints')
    .transform((text) => [...new Set(text.split(',').map((name) => name.trim()))])
    .refine(
      (names): names is Toolset[] => names.every(isToolset),
      `${toolsets.join(', ')}, or both with a comma between`,
    ),
  POTOO_STATIC_TOKENS_FILE: z.string().min(1, 'the path of a file of static tokens').optional(),
  POTOO_REVIEW_GRACE_SECONDS: z
    .string()
    .regex(/^\d{1,4}$/, 'seconds from 0 to 3600')
    .default('0')
    .transform(Number)
    .refine((seconds) => seconds <= 3_600, 'seconds from 0 to 3600'),
  POTOO_OIDC_ISSUER: z
    .string()
    .max(500, issuerSentence)
    // As it stands: two issuers that differ in a slash are two issuers (RFC 8414, 3.3). A quote would end a header's word.
    .refine((text) => isUrl(text, ['https:']) && !/[?#"\\\s]/.test(text), issuerSentence)
    .optional(),
  POTOO_PUBLIC_URL: z
    .string()
    .max(300, publicUrlSentence)
    .refine((text) => isUrl(text, ['https:', 'http:']), publicUrlSentence)
    .transform((text) => new URL(text))
    .refine(({ protocol, hostname }) => protocol === 'https:' || hostname === 'localhost', publicUrlSentence)
    .refine(({ pathname, search, hash, username }) => pathname + search + hash + username === '/', publicUrlSentence)
    .transform(({ origin }) => origin)
    .optional(),
});

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

/** A file that nobody looks at, or a setting without the one that belongs to it, is a mistake in the settings. */
const Environment = Settings.superRefine((settings, context) => {
  if ((settings.POTOO_TLS_CERT_FILE === undefined) !== (settings.POTOO_TLS_KEY_FILE === undefined)) {
    const message = 'is set together with POTOO_TLS_CERT_FILE, or neither of them is';
    context.addIssue({ code: 'custom', path: ['POTOO_TLS_KEY_FILE'], message });
  }
  if ((settings.POTOO_OIDC_ISSUER === undefined) !== (settings.POTOO_PUBLIC_URL === undefined)) {
    const path = settings.POTOO_OIDC_ISSUER === undefined ? 'POTOO_OIDC_ISSUER' : 'POTOO_PUBLIC_URL';
    const message = 'is set together with the other of POTOO_OIDC_ISSUER and POTOO_PUBLIC_URL, or neither of them is';
    context.addIssue({ code: 'custom', path: [path], message });
  }
  if (settings.POTOO_OIDC_ISSUER !== undefined && !settings.POTOO_AUTHENTICATION.includes('kubernetes-sa')) {
    const message = 'not set, or kubernetes-sa in POTOO_AUTHENTICATION: its tokens are reviewed by the API server';
    context.addIssue({ code: 'custom', path: ['POTOO_OIDC_ISSUER'], message });
  }
  const wanted = settings.POTOO_AUTHENTICATION.includes('bearer-token');
  if (wanted === (settings.POTOO_STATIC_TOKENS_FILE !== undefined)) return;
  const message = wanted
    ? 'the path of a file of static tokens, since POTOO_AUTHENTICATION names bearer-token'
    : 'not set, or bearer-token in POTOO_AUTHENTICATION';
  context.addIssue({ code: 'custom', path: ['POTOO_STATIC_TOKENS_FILE'], message });
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
  /** Whether the API server is asked whose a token is. */
  readonly tokenReviews: boolean;
  /** Path of a file of tokens that the gateway knows by itself; none when absent. */
  readonly staticTokensFile: string | undefined;
  /** For how long a right holds beyond its minute while the API server answers no reviews. */
  readonly reviewGraceSeconds: number;
  /** Which tools callers have. */
  readonly toolsets: readonly Toolset[];
  /** Whom to ask for what callers cannot do themselves. */
  readonly remediationContact: string | undefined;
  /** Where clients without a token learn how to get one; nowhere when absent. */
  readonly discovery: Discovery | undefined;
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
  const { POTOO_OIDC_ISSUER: issuer, POTOO_PUBLIC_URL: publicUrl } = data;
  // Under its public name a gateway is asked.
  const publicName = publicUrl === undefined ? undefined : hostNameOf(new URL(publicUrl).host);
  return {
    kubeconfig: data.POTOO_KUBECONFIG,
    host: data.POTOO_HOST,
    port: data.POTOO_PORT,
    metricsPort: data.POTOO_METRICS_PORT,
    logLevel: data.POTOO_LOG_LEVEL,
    systemNamespace: data.POTOO_NAMESPACE,
    allowedHosts: [...data.POTOO_ALLOWED_HOSTS, ...(publicName === undefined ? [] : [publicName])],
    rateLimitPerMinute: data.POTOO_RATE_LIMIT_PER_MINUTE,
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    tokenReviews: data.POTOO_AUTHENTICATION.includes('kubernetes-sa'),
    staticTokensFile: data.POTOO_STATIC_TOKENS_FILE,
    reviewGraceSeconds: data.POTOO_REVIEW_GRACE_SECONDS,
    toolsets: data.POTOO_TOOLSETS,
    remediationContact: data.POTOO_REMEDIATION_CONTACT === '' ? undefined : data.POTOO_REMEDIATION_CONTACT,
    discovery: issuer === undefined || publicUrl === undefined ? undefined : { issuer, publicUrl },
  };
}
