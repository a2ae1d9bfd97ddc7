/** How tests and demos speak to an API server: one short-lived client a call, as the administrator or as any token. */
import { readFile } from 'node:fs/promises';
import { Agent, request as send } from 'undici';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Credentials, Identity } from '../../kube/credentials.ts';

/**
 * A control plane, as its administrator; the path of a kubeconfig file that ControlPlane.kubeconfigFor wrote, as the user
 * that it names; or any cluster with credentials of any kind.
 */
export type Target =
  | string
  | { readonly server: string; readonly adminToken: string; readonly caFile: string }
  | Credentials;

/** An answer other than 2xx. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly status: number;
  /** `message` of the Status object, or the body. */
  readonly said: string;

  constructor(request: string, status: number, said: string) {
    super(`${request}: ${status} ${said}`);
    this.status = status;
    this.said = said;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const Status = z.object({ message: z.string() });
/** The part of a kubeconfig file that ControlPlane.kubeconfigFor writes; client certificates are not among it. */
const Kubeconfig = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.base64() }) })]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});

export type Client = Awaited<ReturnType<typeof connect>>;

/** One client a call: a handshake costs some milliseconds, and no connection outlives the test that made it. */
export async function connect(target: Target) {
  const { server, identity } = await accessTo(target);
  const { headers, ...tls } = identity;
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  const agent = new Agent({ connect: given, allowH2: false, headersTimeout: 30_000, bodyTimeout: 0 });
  const open = async (method: Method, path: string, body?: unknown, signal?: AbortSignal) => {
    const answer = await send(server + path, {
      dispatcher: agent,
      method,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'potoo-admin',
        ...(body === undefined
          ? {}
          : { 'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.statusCode < 300) return answer;
    const text = await answer.body.text();
    throw new AdminError(`${method} ${path}`, answer.statusCode, messageIn(text));
  };
  const json = async (method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> => {
    const answer = await open(method, path, body, signal);
    const text = await answer.body.text();
    return answer.headers['content-type']?.includes('json') ? JSON.parse(text) : text;
  };
  /** Undefined when the answer is 404. */
  const find = async (path: string, signal?: AbortSignal): Promise<unknown> => {
    try {
      return await json('GET', path, undefined, signal);
    } catch (error) {
      if (error instanceof AdminError && error.status === 404) return undefined;
      throw error;
    }
  };
  return { open, json, find, [Symbol.asyncDispose]: () => agent.destroy() };
}

async function accessTo(target: Target): Promise<{ server: string; identity: Identity }> {
  if (typeof target !== 'string') {
    if ('current' in target) return { server: target.server.replace(/\/$/, ''), identity: await target.current() };
    return { server: target.server, identity: bearer(target.adminToken, await readFile(target.caFile, 'utf8')) };
  }
  const { clusters, users } = Kubeconfig.parse(parse(await readFile(target, 'utf8')));
  const { cluster } = clusters[0];
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  return { server: cluster.server, identity: bearer(users[0].user.token, ca) };
}

function bearer(token: string, ca: string): Identity {
  return { headers: { authorization: `Bearer ${token}` }, ca };
}

function messageIn(body: string): string {
  try {
    return Status.parse(JSON.parse(body)).message;
  } catch {
    return body.slice(0, 2_000); // some answers of the API server are plain text
  }
}
