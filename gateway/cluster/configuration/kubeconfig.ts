/**
 * What may be told of a kubeconfig: the fields that are listed here, and of each user only by which kind of credential it is
 * known. A field that is new or unknown stays out: it may hold a credential.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../../kube/object.ts';
import { shown } from '../../words.ts';
import { scrubText } from '../scrub.ts';

const entriesMax = 200;

const ClusterView = z.object({
  name: z.string(),
  server: z.string().describe('Scheme, host, port and path.').optional(),
  namesAuthority: z.boolean().describe('Whether the configuration says which certificates to trust.'),
  verifies: z.boolean().describe('False when the certificate of the server is not verified.'),
});
const ContextView = z.object({
  name: z.string(),
  cluster: z.string(),
  user: z.string(),
  namespace: z.string().optional(),
  current: z.boolean(),
});
const UserView = z.object({
  name: z.string(),
  credentials: z.array(z.string()).max(10).describe('Of which kinds. Never what they are.'),
});

export const ConfigurationView = z.object({
  current_context: z.string().optional(),
  clusters: z.array(ClusterView).max(entriesMax),
  contexts: z.array(ContextView).max(entriesMax),
  users: z.array(UserView).max(entriesMax),
});
export type ConfigurationView = z.output<typeof ConfigurationView>;

/** @param parsed A kubeconfig, parsed and nothing else. @param minified Only what the current context uses. */
export function configurationView(parsed: unknown, minified: boolean): ConfigurationView {
  const config = isJsonObject(parsed) ? parsed : {};
  const current = text(config['current-context']);
  const contexts = entries(config.contexts).map(({ name, fields }) =>
    contextView(name, nested(fields, 'context'), current),
  );
  const inUse = contexts.find(({ current: isCurrent }) => isCurrent);
  const keep = (name: string, used: string | undefined) => !minified || name === used;
  return {
    ...(current === undefined ? {} : { current_context: current }),
    clusters: entries(config.clusters)
      .filter(({ name }) => keep(name, inUse?.cluster))
      .map(({ name, fields }) => clusterView(name, nested(fields, 'cluster'))),
    contexts: contexts.filter(({ name }) => keep(name, inUse?.name)),
    users: entries(config.users)
      .filter(({ name }) => keep(name, inUse?.user))
      .map(({ name, fields }) => ({ name, credentials: credentialsOf(nested(fields, 'user')) })),
  };
}

function clusterView(name: string, cluster: JsonObject): z.output<typeof ClusterView> {
  const server = serverOf(cluster.server);
  return {
    name,
    ...(server === undefined ? {} : { server }),
    namesAuthority:
      cluster['certificate-authority'] !== undefined || cluster['certificate-authority-data'] !== undefined,
    verifies: cluster['insecure-skip-tls-verify'] !== true,
  };
}

function contextView(name: string, context: JsonObject, current: string | undefined): z.output<typeof ContextView> {
  const namespace = text(context.namespace);
  return {
    name,
    cluster: text(context.cluster) ?? '',
    user: text(context.user) ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    current: name === current,
  };
}

const credentialFields = {
  token: 'token',
  tokenFile: 'token in a file',
  'client-certificate': 'client certificate',
  'client-certificate-data': 'client certificate',
  username: 'user name and password',
  password: 'user name and password',
  exec: 'a program that is run for them',
  'auth-provider': 'auth provider',
} as const;

function credentialsOf(user: JsonObject): string[] {
  const kinds = Object.entries(credentialFields).filter(([field]) => user[field] !== undefined && user[field] !== null);
  return [...new Set(kinds.map(([, kind]) => kind))];
}

/** Without a user, a query or a fragment, all of which can hold a credential. */
function serverOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, host, pathname } = new URL(value);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return shown(scrubText(`${protocol}//${host}${pathname === '/' ? '' : pathname}`), 500);
}

function entries(list: unknown): { readonly name: string; readonly fields: JsonObject }[] {
  if (!Array.isArray(list)) return [];
  return list
    .slice(0, entriesMax)
    .filter(isJsonObject)
    .flatMap((fields) => {
      const name = text(fields.name);
      return name === undefined ? [] : [{ name, fields }];
    });
}

function nested(fields: JsonObject, field: string): JsonObject {
  const value = fields[field];
  return isJsonObject(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? shown(scrubText(value.slice(0, 8_000)), 253) : undefined;
}
