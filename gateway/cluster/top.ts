/** What pods and nodes use: `kubectl top`. */
import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import type { Call } from '../call.ts';
import type { Answer } from '../errors.ts';
import { clusterTool } from './define.ts';
import { LabelSelectorField, ObjectName, OptionalNamespace } from './fields.ts';
import type { Target } from './gate.ts';
import { core } from './kinds.ts';
import { fittedList, type ListAnswer, ListOutput, listText } from './listing.ts';
import type { Reader } from './reader.ts';
import { type Listed, withNamespaces } from './table.ts';
import { metricsOf, usageTable } from './usage.ts';

export const podsTop = clusterTool({
  name: 'pods_top',
  title: 'What pods use',
  description: 'CPU and memory that pods use now, those that use most first. Needs the metrics API in the cluster.',
  input: z.object({
    all_namespaces: z.boolean().default(true).describe('Of all namespaces, when none is named.'),
    namespace: OptionalNamespace.describe('Only of this namespace.'),
    name: ObjectName.optional().describe('Only of the pod of this name, in the namespace or the default one.'),
    label_selector: LabelSelectorField,
  }),
  output: ListOutput,
  text: listText,
  async run({ all_namespaces: all, namespace, name, label_selector: labelSelector }, call, cluster) {
    const { kinds, reader, defaultNamespace } = cluster;
    const resource = await metricsOf(kinds, call.caller, 'pods');
    if (!resource.ok) return resource;
    const everywhere = all && namespace === undefined && name === undefined;
    const target = {
      resource: resource.value,
      name,
      namespace: everywhere ? undefined : (namespace ?? defaultNamespace),
    };
    const read = await oneOrAll(reader, call, target, labelSelector);
    if (!read.ok) return read;
    const table = usageTable(read.value);
    return { ok: true, value: fittedList(everywhere ? withNamespaces(table) : table, target, call.bytesMax) };
  },
});

export const nodesTop = clusterTool({
  name: 'nodes_top',
  title: 'What nodes use',
  description:
    'CPU and memory that nodes use now, those that use most first, and the share of what they have where you may list ' +
    'nodes. Needs the metrics API in the cluster.',
  input: z.object({
    name: ObjectName.optional().describe('Only of the node of this name.'),
    label_selector: LabelSelectorField,
  }),
  output: ListOutput,
  text: listText,
  async run({ name, label_selector: labelSelector }, call, { kinds, reader }): Promise<Answer<ListAnswer>> {
    const resource = await metricsOf(kinds, call.caller, 'nodes');
    if (!resource.ok) return resource;
    const target = { resource: resource.value, name };
    const read = await oneOrAll(reader, call, target, labelSelector);
    if (!read.ok) return read;
    // Shares are an extra: without the right to nodes there is the use alone.
    const nodes = await oneOrAll(reader, call, { resource: core.nodes, name }, labelSelector);
    const table = usageTable(read.value, nodes.ok ? allocatableOf(nodes.value) : undefined);
    return { ok: true, value: fittedList(table, target, call.bytesMax) };
  },
});

async function oneOrAll(
  reader: Reader,
  call: Call,
  target: Target,
  labelSelector: string | undefined,
): Promise<Answer<Listed>> {
  if (target.name === undefined) return reader.list(call, target, { labelSelector });
  const read = await reader.get(call, target);
  if (!read.ok) return read;
  const rows = [{ cells: [], object: read.value }];
  return { ok: true, value: { columns: [], rows, more: false, remaining: undefined } };
}

function allocatableOf({ rows }: Listed): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const { object } of rows) {
    const { metadata, status } = object;
    if (!isJsonObject(metadata) || typeof metadata.name !== 'string' || !isJsonObject(status)) continue;
    if (isJsonObject(status.allocatable)) found.set(metadata.name, status.allocatable);
  }
  return found;
}
