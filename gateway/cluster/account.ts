/**
 * Credentials of the toolset's ServiceAccount: short-lived tokens, for which the gateway asks the API server with its own. So
 * there is no token to be kept anywhere, and what the toolset may read never becomes a right of the gateway itself.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
import * as z from 'zod';
import type { Clock } from '../../kube/clock.ts';
import type { Credentials, Identity } from '../../kube/credentials.ts';
import type { Transport } from '../../kube/transport.ts';

/** The shortest that the API server grants. */
const lifetimeSeconds = 600;
/** A new one is asked for when so much of the old one's time is left. */
const spareMs = 120_000;
/** However often the server refuses, a new one is asked for no more than once in this time. */
const refreshIntervalMs = 1_000;
const requestMsMax = 1_500;

const TokenAnswer = z.object({
  status: z.object({ token: z.string().min(1), expirationTimestamp: z.iso.datetime({ offset: true }) }),
});

/** @param options.own The credentials of the gateway. @param options.transport Sends with them. */
export function createAccountCredentials(options: {
  readonly own: Credentials;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly account: string;
}): Credentials {
  const { own, transport, clock, namespace, account } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(account)}/token`;
  let known: { readonly token: string; readonly renewAt: number } | undefined;
  let asking: Promise<string> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  async function ask(): Promise<string> {
    askedAt = clock.monotonic();
    const timeout = new AbortController();
    const cancel = clock.after(requestMsMax, () => timeout.abort(new Error(`no token within ${requestMsMax} ms`)));
    try {
      const answer = await transport.request({
        method: 'POST',
        path,
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: lifetimeSeconds },
        },
        signal: timeout.signal,
      });
      const { token, expirationTimestamp } = TokenAnswer.parse(answer).status;
      const lastsMs = Date.parse(expirationTimestamp) - clock.now();
      // Where clocks differ much, by the time that was asked for.
      const usableMs = lastsMs > spareMs && lastsMs <= 86_400_000 ? lastsMs : lifetimeSeconds * 1_000;
      known = { token, renewAt: askedAt + usableMs - spareMs };
      return token;
    } finally {
      cancel();
      asking = undefined;
    }
  }

  async function askOnce(): Promise<string> {
    asking ??= ask();
    return asking;
  }

  return {
    server: own.server,
    async current() {
      const kept = known !== undefined && clock.monotonic() < known.renewAt ? known.token : undefined;
      const [{ ca, rejectUnauthorized, servername }, token] = await Promise.all([own.current(), kept ?? askOnce()]);
      // Nothing else of the gateway's: a client certificate would be taken before the token.
      const identity: Identity = { headers: { authorization: `Bearer ${token}` }, ca, rejectUnauthorized, servername };
      return identity;
    },
    async refresh() {
      if (clock.monotonic() - askedAt < refreshIntervalMs) return;
      await Promise.all([own.refresh(), askOnce()]);
    },
  };
}
