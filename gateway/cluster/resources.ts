/** Objects of any kind that the API server serves, Secrets and ConfigMaps apart. */
import * as z from 'zod';
import type { ServedResource } from '../../kube/discovery.ts';
import { kindText } from './kinds.ts';
import { type Answer, refusal } from '../errors.ts';
import { clusterTool } from './define.ts';
import { ApiVersion, FieldSelectorField, Kind, LabelSelectorField, ObjectName, OptionalNamespace } from './fields.ts';
import { listAnswer, ListOutput, listText } from './listing.ts';
import { objectAnswer, ObjectOutput, objectText } from './one-object.ts';

/** Kinds like TokenReview can only be created: nothing of them is stored, and to ask one does something. */
export function withVerb(verb: 'get' | 'list', resource: ServedResource): Answer<ServedResource> {
  if (resource.verbs.includes(verb)) return { ok: true, value: resource };
  return refusal('INVALID_REQUEST', `Objects of kind ${kindText(resource)} cannot be read with ${verb}.`);
}

const never = 'Secrets and ConfigMaps are never read.';

export const resourcesList = clusterTool({
  name: 'resources_list',
  title: 'Objects of a kind',
  description: `Lists objects of a kind, as kubectl get does, of all namespaces or of one. ${never}`,
  input: z.object({
    apiVersion: ApiVersion,
    kind: Kind,
    namespace: OptionalNamespace.describe(
      'Only of this namespace; all unless told. Kinds without namespaces ignore it.',
    ),
    labelSelector: LabelSelectorField,
    fieldSelector: FieldSelectorField,
  }),
  output: ListOutput,
  text: listText,
  async run({ apiVersion, kind, namespace, ...query }, call, { kinds, reader }) {
    const found = await kinds.ofKind(call.caller, { apiVersion, kind });
    const resource = found.ok ? withVerb('list', found.value) : found;
    if (!resource.ok) return resource;
    return listAnswer(reader, call, { resource: resource.value, namespace: inScope(resource.value, namespace) }, query);
  },
});

export const resourcesGet = clusterTool({
  name: 'resources_get',
  title: 'An object',
  description: `Reads one object of any kind, as kubectl get -o yaml does. Credentials in it are left out. ${never}`,
  input: z.object({
    apiVersion: ApiVersion,
    kind: Kind,
    name: ObjectName.describe('Name of the object.'),
    namespace: OptionalNamespace.describe(
      'Its namespace; the default one unless told. Kinds without namespaces ignore it.',
    ),
  }),
  output: ObjectOutput,
  text: objectText,
  async run({ apiVersion, kind, name, namespace }, call, { kinds, reader, defaultNamespace }) {
    const found = await kinds.ofKind(call.caller, { apiVersion, kind });
    const resource = found.ok ? withVerb('get', found.value) : found;
    if (!resource.ok) return resource;
    const target = {
      resource: resource.value,
      name,
      namespace: inScope(resource.value, namespace ?? defaultNamespace),
    };
    return objectAnswer(reader, call, target);
  },
});

function inScope({ namespaced }: ServedResource, namespace: string | undefined): string | undefined {
  return namespaced ? namespace : undefined;
}
