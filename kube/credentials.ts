import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from './clock.ts';
import { KubeError } from './errors.ts';
import {
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigContext,
  type KubeconfigUser,
  type Pem,
  podKubeconfig,
  readKubeconfig,
} from './kubeconfig.ts';

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
  /** The environment of this pod, whose ServiceAccount it is then. Exactly one of `kubeconfig` and `inCluster` is given. */
  readonly inCluster?: Readonly<Record<string, string | undefined>> | undefined;
  readonly clock: Clock;
}

const maxAgeMs = 60_000;
/** However often the server refuses, files are read and commands run no more than once in this time. */
const refreshIntervalMs = 1_000;

/**
 * Credentials of a kubeconfig or of a pod. Certificates, keys and tokens are read here; what commands and sign-in providers
 * say is client-node's to find out. It is loaded for those alone: with it comes the whole API, which takes 50 MiB.
 *
 * The files are read again with the credentials, so a renewed CA, certificate or token is found whichever way it was replaced.
 * Commands and providers keep tokens by themselves, so their configuration stays until the server refuses them.
 */
export function loadCredentials(options: CredentialsOptions): Credentials {
  const { clock } = options;
  let config = chosenOf(loadConfig(options));
  const { server } = config.cluster;
  let known: { readonly identity: Identity; readonly readAt: number } | undefined;
  let reading: Promise<Identity> | undefined;
  let refreshedAt = Number.NEGATIVE_INFINITY;

  async function read(reload: boolean): Promise<Identity> {
    if (reload) config = chosenOf(loadConfig(options));
    const identity = await config.identity();
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
        return await readOnce(!config.keepsOwnTokens);
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

function loadConfig({ kubeconfig, context, inCluster }: CredentialsOptions): Kubeconfig {
  assert((kubeconfig === undefined) !== (inCluster === undefined), 'either kubeconfig or inCluster must be given');
  try {
    const config = kubeconfig === undefined ? podKubeconfig(inCluster ?? {}) : readKubeconfig([kubeconfig].flat());
    return context === undefined ? config : { ...config, currentContext: context };
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The context that `loadCredentials` uses with these options; nothing in it is secret. Throws KubeError where there is none. */
export function readContext(options: CredentialsOptions): KubeconfigContext {
  const { contexts, currentContext: wanted } = loadConfig(options);
  const context = contexts.find(({ name }) => name === wanted);
  if (context !== undefined) return context;
  const which = wanted === undefined ? 'no current-context is set' : `there is no context ${JSON.stringify(wanted)}`;
  throw unreadable(new Error(`${which}; the contexts are: ${contexts.map(({ name }) => name).join(', ') || 'none'}`));
}

/** What the current context chooses. */
interface Chosen {
  readonly cluster: KubeconfigCluster;
  /** Whether it remembers tokens until they expire. */
  readonly keepsOwnTokens: boolean;
  identity(): Promise<Identity>;
}

function chosenOf({ clusters, users, contexts, currentContext }: Kubeconfig): Chosen {
  const context = contexts.find(({ name }) => name === currentContext);
  const cluster = clusters.find(({ name }) => name === context?.cluster);
  if (context === undefined || cluster === undefined || !URL.canParse(cluster.server)) {
    throw unreadable(new Error(`context ${JSON.stringify(currentContext)} names no cluster with a server URL`));
  }
  // Ignoring it would send credentials another way than the file says.
  if (cluster.proxyUrl !== undefined) {
    throw unreadable(new Error(`proxy-url of cluster ${cluster.name} is not supported`));
  }
  const user = users.find(({ name }) => name === context.user);
  const isAsked = user?.exec !== undefined || user?.authProvider !== undefined;
  const asked = isAsked ? askedOf(cluster, user, context) : async () => ({});
  return { cluster, keepsOwnTokens: isAsked, identity: async () => identityOf(cluster, user, await asked()) };
}

async function identityOf(
  { server, ca, skipTLSVerify, tlsServerName }: KubeconfigCluster,
  user: KubeconfigUser | undefined,
  asked: Asked,
): Promise<Identity> {
  if (!server.startsWith('https:') && !skipTLSVerify) {
    throw new Error(`${server} is not https, and its cluster does not say insecure-skip-tls-verify`);
  }
  const { username, password, impersonate } = user ?? {};
  const token = user?.tokenFile === undefined ? user?.token : await readFile(user.tokenFile, 'utf8');
  const basic = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  const authorization =
    token === undefined ? (username === undefined ? asked.authorization : `Basic ${basic}`) : `Bearer ${token.trim()}`;
  return {
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(impersonate === undefined ? {} : { 'impersonate-user': impersonate }),
    },
    ca: await readPem(ca),
    cert: asked.cert ?? (await readPem(user?.cert)),
    key: asked.key ?? (await readPem(user?.key)),
    rejectUnauthorized: skipTLSVerify ? false : undefined,
    servername: tlsServerName,
  };
}

async function readPem(pem: Pem): Promise<string | undefined> {
  if (pem === undefined) return undefined;
  return 'file' in pem ? readFile(pem.file, 'utf8') : Buffer.from(pem.data, 'base64').toString('utf8');
}

/** What a command or a sign-in provider gave. */
interface Asked {
  readonly authorization?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Asks those that the user names, by one client-node: it keeps what they said until that expires. */
function askedOf(
  { name, server, skipTLSVerify, tlsServerName }: KubeconfigCluster,
  user: KubeconfigUser,
  context: KubeconfigContext,
): () => Promise<Asked> {
  const current = { ...context, cluster: name, user: user.name };
  const { exec, authProvider } = user;
  async function load(): Promise<KubeConfig> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name, server, skipTLSVerify, tlsServerName }],
      users: [{ name: user.name, exec, authProvider }],
      contexts: [current],
      currentContext: current.name,
    });
    return config;
  }
  let loading: Promise<KubeConfig> | undefined;
  return async () => {
    loading ??= load();
    const applied: RequestOptions = {};
    await (await loading).applyToHTTPSOptions(applied);
    const headers = new Map(Object.entries(applied.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
    return {
      authorization: headers.get('authorization')?.toString().trim(),
      cert: pemOf(applied.cert),
      key: pemOf(applied.key),
    };
  };
}

function pemOf(value: RequestOptions['cert'] | RequestOptions['key']): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.toString();
  throw new TypeError('a certificate or key came in a form that client-node does not use');
}

function unreadable(cause: unknown): KubeError {
  const said = `credentials cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new KubeError('KUBE_UNAUTHORIZED', { status: 0, request: 'credentials', said, cause });
}
