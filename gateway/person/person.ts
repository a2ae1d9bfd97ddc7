/**
 * A person at a cluster, without a gateway: the same tools and resources as there, answered from what the person's own
 * kubeconfig lets it read. The person's credentials go to the API server and nowhere else.
 */
import type { Clock, Random } from '../../kube/clock.ts';
import { type Credentials, loadCredentials, readContext } from '../../kube/credentials.ts';
import { KubeError } from '../../kube/errors.ts';
import type { KubeconfigContext } from '../../kube/kubeconfig.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import type { Caller } from '../auth/identity.ts';
import { GatewayError } from '../errors.ts';
import type { Log } from '../log.ts';
import { tools as allTools } from '../tools/all.ts';
import type { Tool } from '../tools/define.ts';
import { shown } from '../words.ts';
import { createClusterReader } from './cluster-reader.ts';
import { createLocal, type Local } from './local.ts';
import { createOnDemandCatalog } from './on-demand-catalog.ts';
import { createOwnRights, type OwnRights } from './rights.ts';

/** A person with the rights that its kubeconfig gives. */
export interface Person extends Local {
  /** The way to the API server, with the person's credentials; closed with the person. */
  readonly transport: Transport;
}

export interface PersonOptions {
  /** Paths of kubeconfig files, of which the first that names something wins (see kubeconfigPaths); none: that of this pod. */
  readonly kubeconfig: readonly string[];
  /** Of this program: where it runs in a pod, it says where the API server is. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The current one unless told. */
  readonly context?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of this program. */
  readonly version: string;
  /** Those on constraints unless told; some ask the cluster by themselves, with the person's rights. */
  readonly tools?: ((reach: Pick<Person, 'transport' | 'namespace'>) => readonly Tool[]) | undefined;
}

/** Throws GatewayError for a kubeconfig that cannot be used. Nothing is sent before something is asked. */
export function createPerson(options: PersonOptions): Person {
  const { clock, log, version, tools } = options;
  const { context, credentials } = open(options);
  const { server } = credentials;
  const transport = createTransport({ credentials, clock, userAgent: `potoo/${version}` });
  const at = `context ${JSON.stringify(shown(context.name))} of ${placeOf(options)}`;
  return createPersonOver({ ...context, transport, server, at, clock, log, version, tools });
}

/**
 * A person whose credentials the transport has.
 * @param options.at Where it stands, for errors.
 * @param options.namespace That of the context.
 */
export function createPersonOver(
  options: Pick<PersonOptions, 'clock' | 'log' | 'version' | 'tools'> & {
    readonly transport: Transport;
    readonly server: string;
    readonly at: string;
    readonly namespace: string | undefined;
    readonly user: string | undefined;
  },
): Person {
  const { transport, clock, log, namespace, user = '', version } = options;
  const tools = options.tools?.({ transport, namespace }) ?? allTools;
  const reader = createClusterReader(options);
  const rights = createOwnRights({ reader, clock });
  const may: OwnRights['may'] = async (question) => rights.may(question);
  const cluster = createOnDemandCatalog({ reader, clock, log, namespace, may });
  const caller: Caller = {
    // Who it is only the API server knows, and nothing here depends on it.
    user: { username: user },
    identity: 'person',
    anonymous: false,
    may: async (question, purpose = 'call') => cluster.allowed(question, purpose) ?? rights.may(question),
    known: (question) => cluster.knownAllowed(question) ?? rights.known(question),
  };
  const close = async () => transport.close();
  const gateway = { version, port: 0 };
  const { catalog } = cluster;
  return { ...createLocal({ caller, catalog, tools, namespace, clock, log, gateway, close }), transport };
}

function open({ kubeconfig, context, environment, clock }: PersonOptions): {
  context: KubeconfigContext;
  credentials: Credentials;
} {
  const from = kubeconfig.length === 0 ? { inCluster: environment, clock } : { kubeconfig, context, clock };
  try {
    return { context: readContext(from), credentials: loadCredentials(from) };
  } catch (cause) {
    if (!(cause instanceof KubeError)) throw cause;
    const message = `${placeOf({ kubeconfig })}: ${shown(cause.said, 500)}`;
    throw new GatewayError('UNAUTHENTICATED', message, { cause });
  }
}

function placeOf({ kubeconfig }: Pick<PersonOptions, 'kubeconfig'>): string {
  return kubeconfig.length === 0 ? 'the ServiceAccount of this pod' : kubeconfig.join(', ');
}
