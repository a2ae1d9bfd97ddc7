/** A cluster as the person of a kubeconfig file sees it, whatever kind of credentials that file holds. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import type { Clock } from '../../kube/clock.ts';
import { type Credentials, loadCredentials } from '../../kube/credentials.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';

export interface Cluster extends AsyncDisposable {
  /** The person's file. */
  readonly kubeconfig: string;
  /** For admin.ts. */
  readonly target: Credentials;
  readonly transport: Transport;
  /** `v1.36.3`; the first request, so it fails where the cluster cannot be reached or refuses the credentials. */
  version(): Promise<string>;
  /** A token of a ServiceAccount. The cluster may give one that ends earlier. */
  token(account: Account): Promise<string>;
  /** Writes a kubeconfig file into `folder` with which a program is that ServiceAccount; returns its path. */
  kubeconfigOf(account: Account, folder: string): Promise<string>;
}

/** Names a ServiceAccount. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

const Version = z.object({ gitVersion: z.string() });
const TokenRequest = z.object({ status: z.object({ token: z.string() }) });
/** The demo stays until Ctrl-C; most clusters give a day at most. */
const tokenSeconds = 30 * 24 * 3_600;

/** Throws when the file cannot be read; asks the cluster nothing. */
export function openCluster(kubeconfig: string, clock: Clock): Cluster {
  const target = loadCredentials({ kubeconfig, clock });
  const transport = createTransport({ credentials: target, clock, userAgent: 'potoo-demo' });

  async function token({ namespace, name }: Account): Promise<string> {
    const answer = await transport.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: tokenSeconds },
      },
    });
    return TokenRequest.parse(answer).status.token;
  }

  return {
    kubeconfig,
    target,
    transport,
    async version() {
      return Version.parse(await transport.request({ method: 'GET', path: '/version' })).gitVersion;
    },
    token,
    async kubeconfigOf(account, folder) {
      const { ca, rejectUnauthorized, servername } = await target.current();
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name: 'cluster',
            cluster: {
              server: target.server,
              ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
              ...(rejectUnauthorized === false ? { 'insecure-skip-tls-verify': true } : {}),
              ...(servername === undefined ? {} : { 'tls-server-name': servername }),
            },
          },
        ],
        users: [{ name: account.name, user: { token: await token(account) } }],
        contexts: [{ name: account.name, context: { cluster: 'cluster', user: account.name } }],
        'current-context': account.name,
      };
      const path = join(folder, `${account.name}.kubeconfig`);
      await writeFile(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
      return path;
    },
    [Symbol.asyncDispose]: () => transport.close(),
  };
}
