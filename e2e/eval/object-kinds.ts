/**
 * What a manifest does not say of its kind: the plural, and whether its objects live in namespaces. Both stand in the
 * CustomResourceDefinitions of a corpus; those of built-in kinds are listed here.
 */
import * as z from 'zod';
import type { JsonObject } from './corpus.ts';

export interface ObjectKind {
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export type ObjectKinds = (object: JsonObject) => ObjectKind | undefined;

const Definition = z.object({
  kind: z.literal('CustomResourceDefinition'),
  spec: z.object({
    group: z.string(),
    scope: z.enum(['Namespaced', 'Cluster']),
    names: z.object({ kind: z.string(), plural: z.string() }),
  }),
});

const admission = 'admissionregistration.k8s.io';

/** Built-in kinds that no policy is of, and that requests are about; all others of these groups live in namespaces. */
const clusterScoped: ReadonlySet<string> = new Set([
  'APIService',
  'CSIDriver',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'FlowSchema',
  'GatewayClass',
  'IPAddress',
  'IngressClass',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'ServiceCIDR',
  'StorageClass',
  'VolumeAttachment',
]);

/** Of an object of any kind; the plural of one that is not defined is made as English has it, as that of built-in kinds is. */
export function requestedKind(object: JsonObject, kindOf: ObjectKinds): ObjectKind {
  const known = kindOf(object);
  if (known !== undefined) return known;
  const kind = String(object['kind']);
  const lower = kind.toLowerCase();
  const plural = lower.endsWith('endpoints')
    ? lower
    : /(s|x|ch|sh)$/.test(lower)
      ? `${lower}es`
      : /[^aeiou]y$/.test(lower)
        ? `${lower.slice(0, -1)}ies`
        : `${lower}s`;
  return { group: groupOf(object), plural, namespaced: !clusterScoped.has(kind) };
}

/** Of its apiVersion. */
function groupOf({ apiVersion }: JsonObject): string {
  const text = String(apiVersion);
  return text.includes('/') ? text.slice(0, text.indexOf('/')) : '';
}

/** `group/Kind` of built-in kinds that hold policies. */
const builtIn: Readonly<Record<string, ObjectKind>> = {
  '/LimitRange': { group: '', plural: 'limitranges', namespaced: true },
  '/Namespace': { group: '', plural: 'namespaces', namespaced: false },
  '/ResourceQuota': { group: '', plural: 'resourcequotas', namespaced: true },
  'networking.k8s.io/NetworkPolicy': { group: 'networking.k8s.io', plural: 'networkpolicies', namespaced: true },
  'policy/PodDisruptionBudget': { group: 'policy', plural: 'poddisruptionbudgets', namespaced: true },
  ...Object.fromEntries(
    ['Mutating', 'Validating'].flatMap((verb) =>
      Object.entries({
        WebhookConfiguration: 'webhookconfigurations',
        AdmissionPolicy: 'admissionpolicies',
        AdmissionPolicyBinding: 'admissionpolicybindings',
      }).map(([what, plural]): [string, ObjectKind] => [
        `${admission}/${verb}${what}`,
        { group: admission, plural: `${verb.toLowerCase()}${plural}`, namespaced: false },
      ]),
    ),
  ),
};

/** @param manifests Among which the definitions of custom kinds are; the others are left out. */
export function objectKinds(manifests: Iterable<JsonObject>): ObjectKinds {
  const kinds = new Map(Object.entries(builtIn));
  for (const manifest of manifests) {
    const definition = Definition.safeParse(manifest).data?.spec;
    if (definition === undefined) continue;
    const { group, scope, names } = definition;
    kinds.set(`${group}/${names.kind}`, { group, plural: names.plural, namespaced: scope === 'Namespaced' });
  }
  return (object) => {
    const group = groupOf(object);
    const kind = String(object['kind']);
    const known = kinds.get(`${group}/${kind}`);
    if (known !== undefined || group !== 'constraints.gatekeeper.sh') return known;
    // Gatekeeper makes the definition itself, from the template: the plural is the kind in lower case.
    return { group, plural: kind.toLowerCase(), namespaced: false };
  };
}
