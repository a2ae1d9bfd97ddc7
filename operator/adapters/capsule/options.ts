/**
 * The options of a Tenant, each of which judges one field of one kind.
 *
 * - An allowed value is one that stands in `allowed`, matches `allowedRegex`, is the default, or names a class with such
 *   labels. A list that is there and empty allows none.
 * - Storage, ingress and gateway classes must be stated where there is no default, and host names where there is a list of them; other
 *   classes may be left out. Classes of claims and pods are judged when these are created, and not after.
 * - Hostnames with a wildcard are refused unless allowWildcardHostnames says otherwise, in every Tenant.
 * - For runtime and device classes some releases take a selector without labels for one of all classes, so that the list
 *   beside it refuses nothing. Which release runs is not known: what passes is left open there.
 *
 * @see https://projectcapsule.dev/docs/tenants/enforcement/
 * @see https://github.com/projectcapsule/capsule/blob/v0.12.0/pkg/api/allowed_list.go
 * @see https://github.com/projectcapsule/capsule/blob/v0.12.0/api/v1beta2/tenant_types.go
 */
import * as z from 'zod';
import type { ValueMatcher } from '../../../crds/rules/allow-list.ts';
import { shortListOf, smallRecordOf } from '../bounded-fields.ts';
import { jsonPointer } from '../define.ts';
import { absent, listOf, SelectorField, selectsAll } from '../fields.ts';
import type { SpecReader } from '../spec-reader.ts';
import type { Demand, JudgedKind } from './demand.ts';

const Texts = listOf(z.string());
const Pairs = smallRecordOf(z.string(), 500);
const AllowedField = z.strictObject({
  allowed: absent(Texts),
  allowedRegex: absent(z.string()),
  default: absent(z.string()),
  matchLabels: absent(Pairs),
  matchExpressions: absent(z.array(z.unknown())),
});
/** A list of allowed values, in the terms of a rule. */
export const Allowed = AllowedField.transform(
  ({ allowed = [], allowedRegex = '', default: preset, ...labels }, context) => {
    const selector = SelectorField.safeParse(labels);
    if (!selector.success) {
      context.issues.push(
        ...selector.error.issues.map((issue) => ({ ...issue, code: 'custom' as const, input: labels })),
      );
      return z.NEVER;
    }
    const values = [...allowed, ...(preset === undefined || preset === '' ? [] : [preset])];
    const matchers: ValueMatcher[] = [
      ...(values.length === 0 ? [] : [{ values: [...new Set(values)] }]),
      ...(allowedRegex === '' ? [] : [{ pattern: allowedRegex }]),
      ...(selectsAll(selector.data) ? [] : [{ selector: selector.data }]),
    ];
    return { allowed: matchers, ...(preset === undefined || preset === '' ? {} : { default: preset }) };
  },
);
const Metadata = z.strictObject({ labels: absent(Pairs), annotations: absent(Pairs) });
const Forbidden = z
  .strictObject({ denied: absent(Texts), deniedRegex: absent(z.string()) })
  .transform(({ denied = [], deniedRegex = '' }): ValueMatcher[] => [
    ...(denied.length === 0 ? [] : [{ values: denied }]),
    ...(deniedRegex === '' ? [] : [{ pattern: deniedRegex }]),
  ]);
const NamespaceOptions = z.strictObject({
  additionalMetadata: absent(Metadata),
  additionalMetadataList: absent(shortListOf(Metadata.extend({ namespaceSelector: absent(SelectorField) }), 100)),
  forbiddenAnnotations: absent(Forbidden),
  forbiddenLabels: absent(Forbidden),
  managedMetadataOnly: absent(z.boolean()),
  quota: absent(z.int()),
  requiredMetadata: absent(
    z.strictObject({
      labels: absent(smallRecordOf(z.string(), 100)),
      annotations: absent(smallRecordOf(z.string(), 100)),
    }),
  ),
});
const ServiceOptions = z.strictObject({
  additionalMetadata: absent(Metadata),
  allowedServices: absent(
    z.strictObject({
      externalName: absent(z.boolean()),
      loadBalancer: absent(z.boolean()),
      nodePort: absent(z.boolean()),
    }),
  ),
  externalIPs: absent(z.strictObject({ allowed: absent(Texts) })),
  forbiddenAnnotations: absent(Forbidden),
  forbiddenLabels: absent(Forbidden),
});
const IngressOptions = z.strictObject({
  allowWildcardHostnames: absent(z.boolean()),
  allowedClasses: absent(Allowed),
  allowedHostnames: absent(Allowed),
  hostnameCollisionScope: absent(z.enum(['Cluster', 'Tenant', 'Namespace', 'Disabled'])),
});

type Target = Pick<Demand, 'key' | 'kind' | 'paths' | 'noun' | 'onCreate' | 'fields'>;
const hosts = { kind: 'Ingress', paths: ['spec.rules[*].host'], noun: 'host names' } as const;

/** A field of the containers of every sort. */
function ofContainers(field: string): string[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].map((sort) => `spec.${sort}[*].${field}`);
}

function listDemand(target: Target, list: z.infer<typeof Allowed> | undefined, more: Demand['rule'] = {}): Demand[] {
  return list === undefined ? [] : [{ ...target, rule: { ...list, ...more } }];
}

/** Whoever states nothing gets the default, where there is one. */
function statedDemand(target: Target, list: z.infer<typeof Allowed> | undefined): Demand[] {
  return listDemand(target, list, list?.default === undefined ? { required: true } : {});
}

/** Without labels the list may refuse nothing. */
function openDemand(target: Target, list: z.infer<typeof Allowed> | undefined): Demand[] {
  const selects = list?.allowed.some(({ selector }) => selector !== undefined) === true;
  return listDemand(target, list, selects ? {} : { unread: [jsonPointer(['spec', target.key])] });
}

/** What the Tenant sets of labels and annotations. */
function metadataDemands(key: string, kind: JudgedKind, metadata: z.infer<typeof Metadata> | undefined): Demand[] {
  return (['labels', 'annotations'] as const).flatMap((what) => {
    const sets = metadata?.[what] ?? {};
    if (Object.keys(sets).length === 0) return [];
    return [{ key: `${key}.${what}`, kind, paths: [`metadata.${what}`], noun: what, rule: { sets } }];
  });
}

function forbiddenDemands(
  key: string,
  kind: JudgedKind,
  options: {
    readonly forbiddenLabels?: ValueMatcher[] | undefined;
    readonly forbiddenAnnotations?: ValueMatcher[] | undefined;
  },
): Demand[] {
  return (
    [
      ['labels', 'forbiddenLabels'],
      ['annotations', 'forbiddenAnnotations'],
    ] as const
  ).flatMap(([what, field]) => {
    const denied = options[field] ?? [];
    if (denied.length === 0) return [];
    return [
      { key: `${key}.${field}`, kind, paths: [`metadata.${what}`], noun: what, rule: { part: 'key' as const, denied } },
    ];
  });
}

const onCreate = true;
const deviceFields = [
  ['ResourceClaim', 'spec'],
  ['ResourceClaimTemplate', 'spec.spec'],
].map(([kind = '', spec = '']) => ({
  apiGroup: 'resource.k8s.io',
  kind,
  path: `${spec}.devices.requests[*].exactly.deviceClassName`,
}));

/** Options about classes, images and nodes, which stand side by side in the spec. */
export function plainDemands(spec: SpecReader): Demand[] {
  const policies = spec.read('imagePullPolicies', Texts) ?? [];
  const nodes = spec.read('nodeSelector', Pairs) ?? {};
  const pod = spec.read('podOptions', z.strictObject({ additionalMetadata: absent(Metadata) }));
  const gateway = spec.read('gatewayOptions', z.strictObject({ allowedClasses: absent(Allowed) }));
  const field = (key: string, kind: JudgedKind, path: string, noun: string) => ({ key, kind, paths: [path], noun });
  return [
    ...listDemand(
      { key: 'containerRegistries', kind: 'Pod', paths: ofContainers('image'), noun: 'image registries' },
      spec.read('containerRegistries', Allowed),
      { part: 'registry' },
    ),
    ...(policies.length === 0
      ? []
      : [
          {
            key: 'imagePullPolicies',
            kind: 'Pod' as const,
            paths: ofContainers('imagePullPolicy'),
            noun: 'image pull policies',
            rule: { allowed: [{ values: policies }] },
          },
        ]),
    ...listDemand(
      { ...field('priorityClasses', 'Pod', 'spec.priorityClassName', 'priority classes'), onCreate },
      spec.read('priorityClasses', Allowed),
    ),
    ...openDemand(
      { ...field('runtimeClasses', 'Pod', 'spec.runtimeClassName', 'runtime classes'), onCreate },
      spec.read('runtimeClasses', Allowed),
    ),
    ...statedDemand(
      { ...field('storageClasses', 'PersistentVolumeClaim', 'spec.storageClassName', 'storage classes'), onCreate },
      spec.read('storageClasses', Allowed),
    ),
    ...openDemand(
      {
        key: 'deviceClasses',
        kind: 'ResourceClaim',
        paths: [],
        noun: 'device classes',
        fields: deviceFields,
        onCreate,
      },
      spec.read('deviceClasses', Allowed),
    ),
    ...statedDemand(
      field('gatewayOptions.allowedClasses', 'Gateway', 'spec.gatewayClassName', 'gateway classes'),
      gateway?.allowedClasses,
    ),
    ...(Object.keys(nodes).length === 0
      ? []
      : [{ ...field('nodeSelector', 'Pod', 'spec.nodeSelector', 'node selectors'), rule: { sets: nodes } }]),
    ...metadataDemands('podOptions.additionalMetadata', 'Pod', pod?.additionalMetadata),
  ];
}

/** @returns Also how many namespaces the Tenant may have. */
export function namespaceDemands(spec: SpecReader): { readonly demands: Demand[]; readonly quota: number | undefined } {
  const options = spec.read('namespaceOptions', NamespaceOptions);
  if (options === undefined) return { demands: [], quota: undefined };
  const list = options.additionalMetadataList ?? [];
  const required = (['labels', 'annotations'] as const).flatMap((what) =>
    Object.entries(options.requiredMetadata?.[what] ?? {}).map(
      ([name, pattern]): Demand => ({
        key: `namespaceOptions.requiredMetadata.${what}.${name}`,
        kind: 'Namespace',
        paths: [`metadata.${what}.${name}`],
        noun: what,
        rule: { allowed: [{ pattern }], required: true },
      }),
    ),
  );
  const managed = options.managedMetadataOnly === true;
  const demands = [
    ...metadataDemands('namespaceOptions.additionalMetadata', 'Namespace', options.additionalMetadata),
    ...list.flatMap(({ namespaceSelector: namespaces = {}, ...metadata }, index) =>
      metadataDemands(`namespaceOptions.additionalMetadataList.${index}`, 'Namespace', metadata).map((demand) => ({
        ...demand,
        namespaces,
      })),
    ),
    ...forbiddenDemands('namespaceOptions', 'Namespace', options),
    ...required,
    ...(managed
      ? [
          {
            key: 'namespaceOptions.managedMetadataOnly',
            kind: 'Namespace' as const,
            paths: ['metadata.labels', 'metadata.annotations'],
            noun: 'labels and annotations of their own',
            rule: { part: 'key' as const, allowed: [] },
          },
        ]
      : []),
  ];
  return { demands, quota: options.quota };
}

const serviceTypes = { externalName: 'ExternalName', loadBalancer: 'LoadBalancer', nodePort: 'NodePort' } as const;

/** Options about Services. */
export function serviceDemands(spec: SpecReader): Demand[] {
  const options = spec.read('serviceOptions', ServiceOptions);
  if (options === undefined) return [];
  const { allowedServices, externalIPs } = options;
  const denied = (['externalName', 'loadBalancer', 'nodePort'] as const)
    .filter((type) => allowedServices?.[type] === false)
    .map((type) => serviceTypes[type]);
  const cidrs = externalIPs?.allowed ?? [];
  const on = (key: string, path: string, noun: string) => ({
    key: `serviceOptions.${key}`,
    kind: 'Service' as const,
    paths: [path],
    noun,
  });
  return [
    ...(denied.length === 0
      ? []
      : [{ ...on('allowedServices', 'spec.type', 'types'), rule: { denied: [{ values: denied }] } }]),
    ...(externalIPs === undefined
      ? []
      : [
          {
            ...on('externalIPs', 'spec.externalIPs', 'external addresses'),
            rule: { allowed: cidrs.length === 0 ? [] : [{ cidrs }] },
          },
        ]),
    ...forbiddenDemands('serviceOptions', 'Service', options),
    ...metadataDemands('serviceOptions.additionalMetadata', 'Service', options.additionalMetadata),
  ];
}

/** Options about Ingresses. That wildcards are refused is said only where the options are understood. */
export function ingressDemands(spec: SpecReader): Demand[] {
  const before = spec.faults.length;
  const options = spec.read('ingressOptions', IngressOptions);
  const {
    allowWildcardHostnames = false,
    allowedClasses,
    allowedHostnames,
    hostnameCollisionScope = 'Disabled',
  } = options ?? IngressOptions.parse({});
  const classes = { kind: 'Ingress', paths: ['spec.ingressClassName'], noun: 'ingress classes' } as const;
  return [
    ...statedDemand({ ...classes, key: 'ingressOptions.allowedClasses' }, allowedClasses),
    ...listDemand({ ...hosts, key: 'ingressOptions.allowedHostnames' }, allowedHostnames, { required: true }),
    ...(hostnameCollisionScope === 'Disabled'
      ? []
      : [{ ...hosts, key: 'ingressOptions.hostnameCollisionScope', rule: { unique: hostnameCollisionScope } }]),
    ...(allowWildcardHostnames || spec.faults.length > before
      ? []
      : [
          {
            ...hosts,
            key: 'ingressOptions.allowWildcardHostnames',
            rule: { denied: [{ wildcards: true as const }] },
            summary: 'Ingresses may not have host names with a wildcard',
          },
        ]),
  ];
}
