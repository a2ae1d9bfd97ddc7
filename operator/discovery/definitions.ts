/**
 * What says that the cluster may serve other kinds than before: CustomResourceDefinitions, pruned to what a reader of their
 * objects has to know (their schemas are by far the largest part), and the APIServices of aggregated API servers.
 */
import * as z from 'zod';
import type { KubeObject } from '../../kube/resource.ts';

export const customResourceDefinitions = { group: 'apiextensions.k8s.io', plural: 'customresourcedefinitions' };
export const apiServices = { group: 'apiregistration.k8s.io', plural: 'apiservices' };

/** On a CustomResourceDefinition: whether its objects are policies, whatever their names look like. */
export const isPolicyAnnotation = 'potoo.io/is-policy';

/** A kind that a CustomResourceDefinition defines. */
export interface Definition {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** Served versions; none while the definition is not established. */
  readonly versions: readonly string[];
  /** What the annotation says; undefined without it, or with a value that it does not have. */
  readonly isPolicy: boolean | undefined;
}

const CustomResourceDefinition = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ plural: z.string(), kind: z.string() }),
    versions: z.array(z.object({ name: z.string(), served: z.boolean() })),
  }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).catch([]) })
    .catch({ conditions: [] }),
});

/** Undefined for an object that no API server would have stored. */
export function readDefinition(object: KubeObject): Definition | undefined {
  const parsed = CustomResourceDefinition.safeParse(object);
  if (!parsed.success) return undefined;
  const { spec, status } = parsed.data;
  const established = status.conditions.some(({ type, status: value }) => type === 'Established' && value === 'True');
  const said = object.metadata.annotations?.[isPolicyAnnotation];
  return {
    group: spec.group,
    plural: spec.names.plural,
    kind: spec.names.kind,
    versions: established ? spec.versions.flatMap(({ name, served }) => (served ? [name] : [])) : [],
    isPolicy: said === 'true' ? true : said === 'false' ? false : undefined,
  };
}

const APIService = z.object({
  spec: z.object({ service: z.object({}).nullish() }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).catch([]) })
    .catch({ conditions: [] }),
});

/** Whether an aggregated API server answers, as `Available=True`; undefined for what the API server serves itself. */
export function readApiService(object: KubeObject): string | undefined {
  const parsed = APIService.safeParse(object);
  if (!parsed.success || !parsed.data.spec.service) return undefined;
  const available = parsed.data.status.conditions.find(({ type }) => type === 'Available');
  return `Available=${available?.status ?? 'Unknown'}`;
}
