import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { toolList } from '../mcp/catalogue.ts';
import { setup } from './testing/toolset.ts';

const { tools } = setup({});

test('what clients are told of the tools changes only on purpose', () => {
  // To change it on purpose: edit tools.schemas.json in the same change, and say so in the changelog.
  const pinned: unknown = JSON.parse(readFileSync(new URL('tools.schemas.json', import.meta.url), 'utf8'));
  expect(toolList(tools)).toEqual(pinned);
});

test('tools are listed by name, each once', () => {
  const names = tools.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)].toSorted());
});

const Published = z.object({
  properties: z.record(z.string(), z.object({ description: z.string().optional() })),
  required: z.array(z.string()).default([]),
});

test('names and parameters are those of the contract', () => {
  const parameters = tools.map(({ name, inputSchema }) => {
    const { properties, required } = Published.parse(inputSchema);
    const each = Object.keys(properties).map((field) => (required.includes(field) ? `${field}*` : field));
    return `${name}: ${each.join(', ')}`;
  });
  const path = 'namespace*, group*, version*, plural*, kind';
  expect(parameters).toEqual([
    'configuration_contexts_list: ',
    'configuration_view: minified',
    'events_list: namespace, fieldSelector',
    'helm_install: chart*, name, namespace, values',
    'helm_list: namespace, all_namespaces',
    'helm_uninstall: name*, namespace',
    `k8s_delete: ${path}, name*, approved*`,
    `k8s_get: ${path}, name*`,
    `k8s_list: ${path}`,
    'k8s_list_events: namespace*',
    `k8s_patch: ${path}, name*, approved*, action*, replicas, container, image`,
    'k8s_pod_logs: namespace*, pod*, container, tail_lines',
    'namespaces_list: fieldSelector',
    'nodes_log: name*, query*, tailLines',
    'nodes_stats_summary: name*',
    'nodes_top: name, label_selector',
    'pods_delete: name*, namespace',
    'pods_exec: name*, namespace, command*, container',
    'pods_get: name*, namespace',
    'pods_list: namespace, labelSelector, fieldSelector',
    'pods_list_in_namespace: namespace*, labelSelector, fieldSelector',
    'pods_log: name*, namespace, container, previous, tail',
    'pods_run: image*, name, namespace, port',
    'pods_top: all_namespaces, namespace, name, label_selector',
    'projects_list: ',
    'resources_create_or_update: resource*',
    'resources_delete: apiVersion*, kind*, name*, namespace, gracePeriodSeconds',
    'resources_get: apiVersion*, kind*, name*, namespace',
    'resources_list: apiVersion*, kind*, namespace, labelSelector, fieldSelector',
    'resources_scale: apiVersion*, kind*, name*, namespace, scale',
  ]);
});

test.each(tools)('every field of $name is described', ({ inputSchema }) => {
  const fields = Object.entries(Published.parse(inputSchema).properties);
  expect(fields.filter(([, { description }]) => description === undefined || description === '')).toEqual([]);
});
