/**
 * What a kubeconfig says, or the ServiceAccount of a pod: which server, whom to trust, and who one is there. Paths in it are
 * absolute, and nothing that they name was read.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/** As kubectl reads it: a name or a token that looks like a number is text all the same; empty is absent. */
const Text = z
  .union([z.string(), z.number(), z.boolean()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : String(value)));
const Name = Text.pipe(z.string('is missing'));
const Plugin = z.record(z.string(), z.unknown()).nullish();

const ClusterEntry = z.object({
  name: Name,
  cluster: z.object({
    server: Name,
    'certificate-authority': Text,
    'certificate-authority-data': Text,
    'insecure-skip-tls-verify': z.boolean().nullish(),
    'tls-server-name': Text,
    'proxy-url': Text,
  }),
});
const UserEntry = z.object({
  name: Name,
  user: z
    .object({
      'client-certificate': Text,
      'client-certificate-data': Text,
      'client-key': Text,
      'client-key-data': Text,
      token: Text,
      tokenFile: Text,
      username: Text,
      password: Text,
      as: Text,
      exec: Plugin,
      'auth-provider': Plugin,
    })
    .nullish(),
});
const ContextEntry = z.object({ name: Name, context: z.object({ cluster: Name, user: Text, namespace: Text }) });

const Config = z.object({
  clusters: z.array(ClusterEntry).nullish(),
  users: z.array(UserEntry).nullish(),
  contexts: z.array(ContextEntry).nullish(),
  'current-context': Text,
});

/** PEM, as it stands in the file (base64), or where it is; absent where there is neither. */
export type Pem = { readonly data: string } | { readonly file: string } | undefined;

export interface KubeconfigCluster {
  readonly name: string;
  readonly server: string;
  readonly ca: Pem;
  readonly skipTLSVerify: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
}

export interface KubeconfigUser {
  readonly name: string;
  readonly cert: Pem;
  readonly key: Pem;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly impersonate: string | undefined;
  /** A command that tells the credentials. */
  readonly exec: Readonly<Record<string, unknown>> | undefined;
  /** The older way to name one. */
  readonly authProvider: Readonly<Record<string, unknown>> | undefined;
}

export interface KubeconfigContext {
  readonly name: string;
  readonly cluster: string;
  /** As the file calls the user. */
  readonly user: string | undefined;
  readonly namespace: string | undefined;
}

export interface Kubeconfig {
  readonly clusters: readonly KubeconfigCluster[];
  readonly users: readonly KubeconfigUser[];
  readonly contexts: readonly KubeconfigContext[];
  readonly currentContext: string | undefined;
}

/** The files as one: what one of them names and those before it do not. Throws for a file that cannot be read. */
export function readKubeconfig(paths: readonly string[]): Kubeconfig {
  const files = paths.map(readFile);
  return {
    clusters: firstOfEachName(files.flatMap(({ clusters }) => clusters)),
    users: firstOfEachName(files.flatMap(({ users }) => users)),
    contexts: firstOfEachName(files.flatMap(({ contexts }) => contexts)),
    currentContext: files.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
  };
}

/** @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files */
function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values()].toReversed();
}

function readFile(path: string): Kubeconfig {
  const parsed = Config.safeParse(parse(readFileSync(path, 'utf8')) ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is no kubeconfig'}`);
  }
  const { clusters, users, contexts, 'current-context': currentContext } = parsed.data;
  const absolute = (file: string | undefined) => (file === undefined ? undefined : resolve(dirname(path), file));
  return {
    clusters: (clusters ?? []).map(({ name, cluster }) => ({
      name,
      server: cluster.server.replace(/\/$/, ''),
      ca: pem(cluster['certificate-authority-data'], absolute(cluster['certificate-authority'])),
      skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
      tlsServerName: cluster['tls-server-name'],
      proxyUrl: cluster['proxy-url'],
    })),
    users: (users ?? []).map(({ name, user }) => ({
      name,
      cert: pem(user?.['client-certificate-data'], absolute(user?.['client-certificate'])),
      key: pem(user?.['client-key-data'], absolute(user?.['client-key'])),
      token: user?.token,
      tokenFile: absolute(user?.tokenFile),
      username: user?.username,
      password: user?.password,
      impersonate: user?.as,
      exec: user?.exec ?? undefined,
      authProvider: user?.['auth-provider'] ?? undefined,
    })),
    contexts: (contexts ?? []).map(({ name, context }) => ({ name, ...context })),
    currentContext,
  };
}

/** What stands in the file overrides what it points to. */
function pem(data: string | undefined, file: string | undefined): Pem {
  if (data !== undefined) return { data };
  return file === undefined ? undefined : { file };
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The ServiceAccount of a pod, as a kubeconfig would have it.
 * @param environment Of the pod: where the API server is. @param folder Where the kubelet writes the credentials.
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export function podKubeconfig(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string = serviceAccountFolder,
): Kubeconfig {
  const [host, port] = [environment['KUBERNETES_SERVICE_HOST'], environment['KUBERNETES_SERVICE_PORT']];
  const [cluster, user, name] = ['inCluster', 'inClusterUser', 'inClusterContext'];
  const namespaceFile = `${folder}/namespace`;
  const nobody = { cert: undefined, key: undefined, token: undefined, username: undefined, password: undefined };
  const servers = host && port ? [`https://${host.includes(':') ? `[${host}]` : host}:${port}`] : [];
  return {
    clusters: servers.map((server) => ({
      name: cluster,
      server,
      ca: { file: `${folder}/ca.crt` },
      skipTLSVerify: false,
      tlsServerName: undefined,
      proxyUrl: undefined,
    })),
    users: [
      {
        ...nobody,
        name: user,
        tokenFile: `${folder}/token`,
        impersonate: undefined,
        exec: undefined,
        authProvider: undefined,
      },
    ],
    contexts: [
      {
        name,
        cluster,
        user,
        namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() || undefined : undefined,
      },
    ],
    currentContext: name,
  };
}
