import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { KubeError } from './errors.ts';
import { isJsonObject } from './object.ts';

/** What one connection and one request need to prove who they are. All PEM as text. */
export interface Identity {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly servername?: string | undefined;
}

export interface Credentials {
  /** URL of the API server; may have a path. */
  readonly server: string;
  /** Not older than 60 s. */
  current(): Promise<Identity>;
  /** Reads everything again now: the server refused what we had. */
  refresh(): Promise<void>;
}

export interface CredentialsOptions {
  /** Path of a kubeconfig file; of several, as in the variable KUBECONFIG, the first that has a name wins. */
  readonly kubeconfig?: string | readonly string[] | undefined;
  /** Its current-context unless told. */
  readonly context?: string | undefined;
  /** The ServiceAccount of this pod. Exactly one of `kubeconfig` and `inCluster` is given. */
  readonly inCluster?: boolean | undefined;
  readonly clock: Clock;
}

const maxAgeMs = 60_000;
/** However often the server refuses, files are read and commands run no more than once in this time. */
const refreshIntervalMs = 1_000;

/**
 * Credentials by client-node's KubeConfig, which knows certificates, tokens, ServiceAccounts, exec plugins and OIDC.
 *
 * client-node reads a configuration once. Here the file is read again with the credentials, so a renewed CA, certificate or
 * token is found whichever way it was replaced. Exec plugins and OIDC keep tokens by themselves, so their configuration
 * stays until the server refuses them.
 */
export function loadCredentials(options: CredentialsOptions): Credentials {
  const { clock } = options;
  let config = loadConfig(options);
  const server = serverOf(config);
  let known: { readonly identity: Identity; readonly readAt: number } | undefined;
  let reading: Promise<Identity> | undefined;
  let refreshedAt = Number.NEGATIVE_INFINITY;

  async function read(reload: boolean): Promise<Identity> {
    if (reload) config = loadConfig(options);
    const identity = await identityOf(config, options);
    known = { identity, readAt: clock.monotonic() };
    return identity;
  }

  /** At most one reading at a time, however many requests wait for it. */
  function readOnce(reload: boolean): Promise<Identity> {
    reading ??= read(reload)
      .catch((cause: unknown) => {
        throw unreadable(cause);
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  return {
    server,
    async current() {
      if (known === undefined) return readOnce(false);
      if (clock.monotonic() - known.readAt < maxAgeMs) return known.identity;
      const last = known;
      try {
        return await readOnce(!keepsOwnTokens(config));
      } catch {
        // A file that is being replaced is no reason to stop: what we have may well be valid. If it is not, the server
        // says so, and the refresh that follows reports why the credentials cannot be read.
        known = { identity: last.identity, readAt: clock.monotonic() - maxAgeMs + refreshIntervalMs };
        return last.identity;
      }
    },
    async refresh() {
      if (clock.monotonic() - refreshedAt < refreshIntervalMs) return;
      refreshedAt = clock.monotonic();
      await readOnce(true);
    },
  };
}

function loadConfig({ kubeconfig, context, inCluster }: CredentialsOptions): KubeConfig {
  assert((kubeconfig === undefined) === (inCluster === true), 'either a kubeconfig file or inCluster must be given');
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromCluster();
    else for (const path of pathsOf(kubeconfig)) addFile(config, path);
  } catch (cause) {
    throw unreadable(cause);
  }
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

function pathsOf(kubeconfig: string | readonly string[]): readonly string[] {
  return typeof kubeconfig === 'string' ? [kubeconfig] : kubeconfig;
}

/** What the file names and those before it do not. @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files */
function addFile(config: KubeConfig, path: string): void {
  const file = new KubeConfig();
  file.loadFromFile(path);
  const isNew = <T extends { readonly name: string }>(known: readonly T[] | undefined) => {
    const names = new Set(known?.map(({ name }) => name));
    return ({ name }: T) => !names.has(name);
  };
  config.loadFromOptions({
    clusters: [...(config.clusters ?? []), ...file.clusters.filter(isNew(config.clusters))],
    users: [...(config.users ?? []), ...file.users.filter(isNew(config.users))],
    contexts: [...(config.contexts ?? []), ...file.contexts.filter(isNew(config.contexts))],
    currentContext: config.currentContext || file.currentContext,
  });
}

/** Of a context what is no secret. */
export interface KubeconfigContext {
  readonly name: string;
  readonly namespace: string | undefined;
  /** As the file calls the user. */
  readonly user: string | undefined;
}

/** The context that `loadCredentials` uses with these options. Throws KubeError where there is none. */
export function readContext(options: CredentialsOptions): KubeconfigContext {
  const config = loadConfig(options);
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (context === null) {
    const known = config.getContexts().map((each) => each.name);
    const which = name ? `there is no context ${JSON.stringify(name)}` : 'no current-context is set';
    throw unreadable(new Error(`${which}; the contexts are: ${known.join(', ') || 'none'}`));
  }
  return { name, namespace: context.namespace || undefined, user: context.user };
}

function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (cluster === null || !URL.canParse(cluster.server)) {
    throw unreadable(
      new Error(`context ${JSON.stringify(config.getCurrentContext())} names no cluster with a server URL`),
    );
  }
  // Ignoring it would send credentials another way than the file says.
  if (cluster.proxyUrl) throw unreadable(new Error(`proxy-url of cluster ${cluster.name} is not supported`));
  return cluster.server;
}

async function identityOf(config: KubeConfig, { kubeconfig }: CredentialsOptions): Promise<Identity> {
  const applied: RequestOptions = {};
  await config.applyToHTTPSOptions(applied);
  const tokenFile = kubeconfig === undefined ? undefined : await tokenFileOf(kubeconfig, config.getCurrentUser()?.name);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(applied.headers ?? {})) {
    // A token file may end in a newline, which no header can carry.
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (applied.auth) headers.authorization = `Basic ${Buffer.from(applied.auth).toString('base64')}`;
  if (tokenFile !== undefined) headers.authorization = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`;
  return {
    headers,
    ca: pemOf(applied.ca),
    cert: pemOf(applied.cert),
    key: pemOf(applied.key),
    rejectUnauthorized: applied.rejectUnauthorized,
    servername: applied.servername,
  };
}

/** `tokenFile` of a user, the field that kubectl reads and client-node 2.0.1 does not; it wins over `token` (client-go). */
async function tokenFileOf(
  kubeconfig: string | readonly string[],
  user: string | undefined,
): Promise<string | undefined> {
  const Users = z.object({
    users: z
      .array(z.object({ name: z.string(), user: z.object({ tokenFile: z.string().optional() }).nullish() }))
      .nullish(),
  });
  for (const path of pathsOf(kubeconfig)) {
    const { users } = Users.parse(parse(await readFile(path, 'utf8')));
    const found = users?.find(({ name }) => name === user);
    if (found === undefined) continue;
    const file = found.user?.tokenFile;
    return file === undefined || file === '' ? undefined : resolve(dirname(path), file);
  }
  return undefined;
}

function keepsOwnTokens(config: KubeConfig): boolean {
  const user = config.getCurrentUser();
  // `tokenFile` is how client-node describes the ServiceAccount of a pod: a file, which is read again.
  const provider: unknown = user?.authProvider;
  return Boolean(user?.exec) || (isJsonObject(provider) && provider.name !== 'tokenFile');
}

function pemOf(value: RequestOptions['ca'] | RequestOptions['key']): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.toString();
  throw new TypeError('a certificate or key came in a form that client-node does not use');
}

function unreadable(cause: unknown): KubeError {
  const said = `credentials cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new KubeError('KUBE_UNAUTHORIZED', { status: 0, request: 'credentials', said, cause });
}
