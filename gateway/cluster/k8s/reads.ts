/** The `k8s_` tools that read: one request each. */
import * as z from 'zod';
import { lastFirst } from '../cluster-lists.ts';
import { clusterTool } from '../define.ts';
import { NamespaceName, ObjectName } from '../fields.ts';
import { core } from '../kinds.ts';
import { listAnswer, ListOutput, listText } from '../listing.ts';
import { logAnswer, LogOutput, logText, tailMax, TailField } from '../log-lines.ts';
import { objectAnswer, ObjectOutput, objectText } from '../one-object.ts';
import { logQuery } from '../pods.ts';
import { blockedOrError, InNamespace, namedFields, pathFields, resourceOf } from './fields.ts';

export const k8sList = clusterTool({
  name: 'k8s_list',
  title: 'List objects of a namespace',
  description:
    'Lists the objects of one kind in one namespace, by group, version and plural. Never Secrets or ConfigMaps.',
  input: z.strictObject(pathFields),
  output: ListOutput,
  refusalText: blockedOrError,
  text: listText,
  async run({ namespace, ...path }, call, { reader }) {
    const resource = resourceOf(path);
    if (!resource.ok) return resource;
    return listAnswer(reader, call, { resource: resource.value, namespace }, { once: true });
  },
});

export const k8sListEvents = clusterTool({
  name: 'k8s_list_events',
  title: 'List events of a namespace',
  description:
    'Lists the events of one namespace, the last ones first: what controllers say of pods, volumes, images and denied requests.',
  input: z.strictObject({ namespace: InNamespace }),
  output: ListOutput,
  refusalText: blockedOrError,
  text: listText,
  run: async ({ namespace }, call, { reader }) =>
    listAnswer(reader, call, { resource: core.events, namespace }, { once: true, order: lastFirst }),
});

export const k8sGet = clusterTool({
  name: 'k8s_get',
  title: 'Get one object',
  description: 'Gets one object of a namespace, by group, version, plural and name. Never Secrets or ConfigMaps.',
  input: z.strictObject(namedFields),
  output: ObjectOutput,
  refusalText: blockedOrError,
  text: objectText,
  async run({ namespace, name, ...path }, call, { reader }) {
    const resource = resourceOf(path);
    if (!resource.ok) return resource;
    return objectAnswer(reader, call, { resource: resource.value, namespace, name });
  },
});

export const k8sPodLogs = clusterTool({
  name: 'k8s_pod_logs',
  title: 'Logs of a pod',
  description: 'Reads the last lines that a container of a pod has written, without credentials.',
  input: z.strictObject({
    namespace: InNamespace,
    pod: ObjectName.describe('Name of the pod.'),
    container: NamespaceName.optional().describe('Name of the container; the only one unless told.'),
    tail_lines: TailField.describe(`How many lines, from the end; at most ${tailMax}.`),
  }),
  output: LogOutput,
  refusalText: blockedOrError,
  text: logText,
  async run({ namespace, pod, container, tail_lines: tail }, call, { reader }) {
    const target = { resource: core.pods, subresource: 'log', namespace, name: pod };
    return logAnswer(reader, call, target, logQuery({ container, tail }));
  },
});
