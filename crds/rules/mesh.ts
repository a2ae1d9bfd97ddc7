import * as z from 'zod';
import { LabelSelector } from '../label-selector.ts';
import { IpBlock } from './network.ts';

/**
 * One demand on an attribute of a connection or its request. Without a client identity what asks for one does not hold, and
 * what excludes some does.
 */
export const MeshMatch = z.object({
  attribute: z
    .string()
    .describe(
      'source.principal, source.serviceAccount, source.namespace, source.trustDomain, source.identity (as Linkerd names ' +
        'it), source.ip (of the packet), remote.ip (as forwarded), connection.tls, connection.sni, destination.ip, ' +
        'destination.port (of the workload), request.host, request.method, request.path, request.auth.principal ' +
        '(`issuer/subject`), or another key of the engine.',
    ),
  by: z
    .enum(['text', 'host', 'path', 'address', 'port', 'serviceAccount', 'identity', 'clusterNetworks'])
    .describe(
      'How values are compared. text: exact, `abc*`, `*abc`, `*` for anything that is there; host: the same in any case; ' +
        'path: beside that `{*}` and `{**}`; address: CIDR or IP; serviceAccount: `namespace/name`; identity: exact, ' +
        '`*.suffix`, `*`; clusterNetworks: the networks that the mesh was installed with, which stand nowhere here.',
    ),
  values: z.array(z.string()).optional().describe('One must match.'),
  notValues: z.array(z.string()).optional().describe('None may match.'),
  blocks: z.array(IpBlock).optional().describe('Addresses with exceptions; one must hold.'),
});
export type MeshMatch = z.infer<typeof MeshMatch>;

/** An object that a policy names. */
export const MeshTarget = z.object({
  group: z.string(),
  kind: z.string(),
  namespace: z.string().optional().describe('Absent for a cluster-scoped object.'),
  name: z.string().describe('`*` for all, or for those that the selector takes.'),
  selector: LabelSelector.optional().describe('On the labels of such objects, in place of a name.'),
});
export type MeshTarget = z.infer<typeof MeshTarget>;

/** Requests and connections. Every part that is present must hold. */
export const MeshClause = z.object({
  path: z.string().describe('JSON pointer of the rule in its policy object; empty for the object as a whole.'),
  by: z
    .string()
    .optional()
    .describe('`Kind namespace/name` of the policy object. Absent: it stands in the source itself.'),
  from: z.array(z.array(MeshMatch)).optional().describe('One must hold, with all its matches. Absent: anyone.'),
  to: z.array(z.array(MeshMatch)).optional().describe('One must hold, with all its matches. Absent: anything.'),
  when: z.array(MeshMatch).optional().describe('All must hold.'),
  withoutHttp: z
    .enum(['never', 'wider'])
    .optional()
    .describe(
      'What it means for connections in which no HTTP is seen: it holds for none, or whatever its demands on HTTP are. ' +
        'Absent: the same.',
    ),
  ztunnel: z
    .enum(['never', 'wider', 'unknown'])
    .optional()
    .describe('What it means where ztunnel enforces it, which sees no HTTP. Absent: the same.'),
  elsewhere: z
    .array(MeshTarget)
    .optional()
    .describe(
      'Objects of other namespaces that must hold, too, and must exist: else it holds for nobody. Not looked up.',
    ),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts that are not understood: for whom it holds is not known.'),
});
export type MeshClause = z.infer<typeof MeshClause>;

const TlsMode = z.enum(['STRICT', 'PERMISSIVE', 'DISABLE']);

/** Who may do what. */
export const MeshAuthorization = z.object({
  about: z.literal('authorization'),
  action: z
    .enum(['allow', 'deny', 'audit', 'delegate'])
    .describe(
      'deny refuses what any clause holds for; delegate asks a provider about it; allow lets it through, and, of Istio, what ' +
        'no allowing policy of the workload holds for is refused; audit notes it. Istio: delegate, then deny, then allow.',
    ),
  provider: z.string().optional().describe('Who is asked: a name in the configuration of the mesh.'),
  clauses: z.array(MeshClause).describe('One must hold; without any it holds for nothing.'),
});

/** Whether connections to the pods are encrypted, with a certificate on both sides. */
export const MeshMutualTls = z.object({
  about: z.literal('mutualTls'),
  level: z.enum(['mesh', 'namespace', 'workload']),
  mode: TlsMode.describe('STRICT: nothing else is accepted; PERMISSIVE: plaintext, too; DISABLE: plaintext only.'),
  inherited: z.literal(true).optional().describe('The mode is not set here, but on a wider level or by default.'),
  ports: z
    .array(z.object({ port: z.int(), mode: TlsMode, inherited: z.literal(true).optional() }))
    .optional()
    .describe('Ports of the workload, not of a Service, for which another mode is set.'),
});

/** Which tokens of requests are accepted. A request without a token passes; one with another token does not. */
export const MeshRequestAuthentication = z.object({
  about: z.literal('requestAuthentication'),
  tokens: z.array(
    z.object({
      path: z.string().describe('JSON pointer in the policy object.'),
      issuer: z.string().optional().describe('Absent: any.'),
      audiences: z.array(z.string()).optional().describe('One of them. Absent: any.'),
      headers: z.array(z.object({ name: z.string(), prefix: z.string().optional() })).optional(),
      params: z.array(z.string()).optional(),
      cookies: z.array(z.string()).optional(),
      unread: z.array(z.string()).optional().describe('JSON pointers of parts that are not understood.'),
    }),
  ),
});

const SidecarPort = z.object({
  number: z.int().optional(),
  protocol: z.string().optional(),
  name: z.string().optional(),
});
const SidecarListener = z.object({
  path: z.string().describe('JSON pointer in the policy object.'),
  port: SidecarPort.optional().describe('Absent: every port that nothing else is said of.'),
  bind: z.string().optional(),
  captureMode: z.string().optional(),
});

/** What the proxies of pods know of the world, and what they listen on. */
export const MeshReach = z.object({
  about: z.literal('reach'),
  level: z.enum(['mesh', 'namespace', 'workload']),
  egress: z
    .array(SidecarListener.extend({ hosts: z.array(z.string()) }))
    .optional()
    .describe(
      'Hosts as `namespace/name`; `.` is the namespace of the pod, `*` every one, `~` none. They are those that the proxy ' +
        'is told of, no firewall: `others` says what comes of the rest. Absent: as on a wider level.',
    ),
  others: z
    .enum(['registryOnly', 'any'])
    .optional()
    .describe('registryOnly: no connections to hosts that the proxy does not know. Absent: as the mesh is configured.'),
  egressProxy: z.string().optional().describe('Host through which unknown destinations are reached.'),
  ingress: z
    .array(SidecarListener.extend({ defaultEndpoint: z.string().optional(), tls: z.string().optional() }))
    .optional()
    .describe('Absent: as the ports of the pod and its Services.'),
  connectionPools: z
    .array(z.object({ path: z.string(), limits: z.unknown() }))
    .optional()
    .describe('Bounds on incoming connections and requests by field path, like `tcp.maxConnections`.'),
  contested: z
    .literal(true)
    .optional()
    .describe('Another object claims the same pods, and which of them is in force is not defined.'),
});

/** Who may connect to a port of some pods (Linkerd). */
export const MeshServer = z.object({
  about: z.literal('server'),
  port: z
    .union([z.int(), z.string()])
    .optional()
    .describe('Number or name of a port of the pod. Absent: not understood.'),
  protocol: z.string(),
  otherwise: z
    .enum(['deny', 'allow', 'audit'])
    .describe('What comes of whom no clause lets through; audit: they pass, and it is noted.'),
  clauses: z.array(MeshClause).describe('Whom any of them holds for may connect.'),
  routes: z
    .array(z.string())
    .optional()
    .describe(
      '`Kind namespace/name` of at most 20 policies for routes of the namespace: those that are attached to this port let through what ' +
        'these allow, beside the clauses.',
    ),
});

/**
 * What the proxies of a service mesh demand. They bind workloads that have such a proxy; whether one has is not said here.
 *
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 * @see https://linkerd.io/2-edge/reference/authorization-policy/
 */
export const MeshRule = z.object({
  form: z.literal('mesh'),
  engine: z.enum(['istio', 'linkerd']).describe('Whose order and defaults hold.'),
  demand: z.discriminatedUnion('about', [
    MeshAuthorization,
    MeshMutualTls,
    MeshRequestAuthentication,
    MeshReach,
    MeshServer,
  ]),
  targets: z
    .array(MeshTarget)
    .optional()
    .describe(
      'What is bound in place of pods by their labels: what passes a gateway or waypoint, or goes to a Service.',
    ),
  proxies: z
    .array(z.enum(['sidecar', 'gateway', 'waypoint', 'ztunnel']))
    .optional()
    .describe('Which kinds of proxy enforce it. Absent: all of the mesh.'),
  dryRun: z.literal(true).optional().describe('Evaluated and noted, not enforced.'),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts that are not understood. What is demanded may be anything.'),
});
export type MeshRule = z.infer<typeof MeshRule>;
export type MeshDemand = MeshRule['demand'];
