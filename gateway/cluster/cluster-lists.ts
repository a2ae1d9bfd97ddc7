/** Lists of kinds that people ask for by name: Namespaces, Events, Projects. */
import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import { refuse } from '../answer/levels.ts';
import { refusal } from '../errors.ts';
import { clusterTool } from './define.ts';
import { FieldSelectorField, OptionalNamespace } from './fields.ts';
import { core } from './kinds.ts';
import { listAnswer, ListOutput, listText } from './listing.ts';
import type { Listed } from './table.ts';

export const namespacesList = clusterTool({
  name: 'namespaces_list',
  title: 'Namespaces',
  description:
    'Lists all namespaces of the cluster; that needs the right to list them. potoo_list_namespaces needs less, and says how ' +
    'many rules bind each.',
  input: z.object({ fieldSelector: FieldSelectorField }),
  output: ListOutput,
  text: listText,
  run: async (query, call, { reader }) => listAnswer(reader, call, { resource: core.namespaces }, query),
});

export const eventsList = clusterTool({
  name: 'events_list',
  title: 'Events',
  description:
    'Lists Events, the last ones first: why pods are not scheduled, images not pulled, probes not passed. Of all namespaces ' +
    'or of one.',
  input: z.object({
    namespace: OptionalNamespace.describe('Only of this namespace; all unless told.'),
    fieldSelector: FieldSelectorField,
  }),
  output: ListOutput,
  text: listText,
  run: async ({ namespace, ...query }, call, { reader }) =>
    listAnswer(reader, call, { resource: core.events, namespace }, { ...query, order: lastFirst }),
});

/** The last ones first; the API server sorts by name. */
export function lastFirst(listed: Listed): Listed {
  const dated = listed.rows.map((row) => ({ row, at: lastSeen(row.object) }));
  return { ...listed, rows: dated.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).map(({ row }) => row) };
}

function lastSeen(event: JsonObject): string {
  const { series, lastTimestamp, eventTime, metadata } = event;
  const times = [
    isJsonObject(series) ? series.lastObservedTime : undefined,
    lastTimestamp,
    eventTime,
    isJsonObject(metadata) ? metadata.creationTimestamp : undefined,
  ];
  return times.find((time) => typeof time === 'string') ?? '';
}

export const projectsList = clusterTool({
  name: 'projects_list',
  title: 'Projects of OpenShift',
  description: 'Lists the Projects of an OpenShift cluster. Other clusters have none: there use namespaces_list.',
  input: z.object({}),
  output: ListOutput,
  text: listText,
  async run(_, call, { kinds, reader }) {
    const resource = await kinds.find({ group: 'project.openshift.io', plural: 'projects' });
    if (resource !== undefined) return listAnswer(reader, call, { resource });
    if (call.caller.anonymous) return refuse(call.caller, 'list projects.project.openshift.io');
    return refusal('KIND_NOT_SERVED', 'This cluster has no Projects, which are of OpenShift. Use namespaces_list.');
  },
});
