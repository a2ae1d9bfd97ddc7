/** The credentials that the proxy adds: a gateway knows bearer tokens and nothing else. */
import type { Credentials } from '../../kube/credentials.ts';
import { Failure } from '../cli/failure.ts';

export interface TokenSource {
  /** The Authorization header as of now. Rejects with a Failure where there is none. */
  authorization(): Promise<string>;
  /** The gateway did not accept it: the next one may be another. */
  refused(): Promise<void>;
}

const howToGetOne =
  'Set POTOO_TOKEN to a token, like POTOO_TOKEN=$(kubectl create token <service account>), and start the proxy again.';

/** A token that does not change. Throws a Failure for what cannot be one. */
export function fixedToken(token: string): TokenSource {
  if (!/^[!-~]+$/.test(token)) throw new Failure('POTOO_TOKEN holds characters that no token has.');
  return {
    authorization: async () => Promise.resolve(`Bearer ${token}`),
    refused: async () => Promise.resolve(),
  };
}

/** The token of a kubeconfig's user, read again as kubectl does. */
export function kubeconfigToken(credentials: Pick<Credentials, 'current' | 'refresh'>): TokenSource {
  return {
    async authorization() {
      const { headers, cert } = await credentials.current();
      const { authorization } = headers;
      if (authorization?.startsWith('Bearer ') === true) return authorization;
      const has =
        cert === undefined
          ? 'no token'
          : 'a client certificate and no token; the gateway knows callers by tokens alone';
      throw new Failure(`The user of this kubeconfig context has ${has}. ${howToGetOne}`);
    },
    refused: async () => credentials.refresh(),
  };
}
