import * as z from 'zod';

const IdRange = z.object({ min: z.int().optional(), max: z.int().optional() });
const Ids = z.object({
  strategy: z.string().describe('MustRunAs, MustRunAsRange, MustRunAsNonRoot or RunAsAny.'),
  id: z.int().optional().describe('Exactly this one.'),
  ranges: z.array(IdRange).optional().describe('One must hold. Absent: those that the namespace has been given.'),
});

/**
 * What pods may ask for that are admitted by this set of permissions. A pod needs one set of those that its user or
 * ServiceAccount may use, and that one alone must allow all of it; one that does not allow it denies nothing.
 *
 * @see https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/authentication_and_authorization/managing-pod-security-policies
 */
export const SecurityContextRule = z.object({
  form: z.literal('securityContext'),
  users: z.array(z.string()).describe('Who may use it. Others may by a role, which is not known here.'),
  groups: z.array(z.string()).describe('The same for groups.'),
  priority: z.int().describe('Higher ones are tried first; then the more restrictive.'),
  privileged: z.boolean().describe('Containers may be privileged.'),
  privilegeEscalation: z.boolean().describe('Processes may gain more rights than their parent.'),
  defaultPrivilegeEscalation: z.boolean().optional().describe('What a container gets that does not say.'),
  host: z.array(z.enum(['IPC', 'network', 'PID', 'ports'])).describe('What of their node pods may use.'),
  volumes: z.array(z.string()).describe('Kinds of volumes that pods may have, beside hostPath; `*` for all.'),
  hostPath: z.boolean().describe('Pods may have volumes of the kind hostPath.'),
  flexDrivers: z.array(z.string()).optional().describe('Of flex volumes only these. Absent: all.'),
  capabilities: z.object({
    allowed: z.array(z.string()).describe('May be added; `*` for all.'),
    added: z.array(z.string()).describe('Are added unless they are dropped, and may be.'),
    dropped: z.array(z.string()).describe('Are dropped and may not be added; ALL for all.'),
  }),
  runAsUser: Ids,
  fsGroup: Ids,
  supplementalGroups: Ids,
  seLinux: z.object({
    strategy: z.string(),
    options: z.record(z.string(), z.string()).optional().describe('Absent: those that the namespace has been given.'),
  }),
  seccompProfiles: z.array(z.string()).describe('Empty: none may be set; `*` for all.'),
  readOnlyRoot: z.boolean().describe('The root file system must be read-only.'),
  unsafeSysctls: z.array(z.string()).describe('Unsafe ones that may be set; a `*` at the end stands for anything.'),
  forbiddenSysctls: z.array(z.string()),
  userNamespaces: z.string().optional().describe('RequirePodLevel: pods must have a user namespace of their own.'),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts that are not understood: it may allow less or more than stands here.'),
});
export type SecurityContextRule = z.infer<typeof SecurityContextRule>;
