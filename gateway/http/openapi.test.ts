import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createGateway } from '../testing/fixture.ts';

/** What of OpenAPI 3.1 this document uses; strict, so that nothing else stands in it. */
const Schema = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const Content = z.record(z.string().regex(/^[a-z]+\/[a-z-]+$/), z.strictObject({ schema: Schema }));
const Header = z.strictObject({ description: z.string().optional(), schema: Schema });
const ReferenceOrResponse = z.union([
  z.strictObject({ $ref: z.string() }),
  z.strictObject({
    description: z.string().min(1),
    headers: z.record(z.string(), Header).optional(),
    content: Content.optional(),
  }),
]);
const Operation = z.strictObject({
  operationId: z.string().regex(/^[a-z_]+$/),
  summary: z.string().min(1),
  description: z.string().min(1).optional(),
  tags: z.array(z.string()),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean(),
        schema: Schema,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content: Content }).optional(),
  responses: z.record(z.string().regex(/^[2-5]\d\d$/), ReferenceOrResponse),
});
const Document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.literal('1.2.3'),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.strictObject({ get: Operation.optional(), post: Operation.optional() }),
  ),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.object({ type: z.literal('http'), scheme: z.literal('bearer') })),
    schemas: z.record(z.string(), Schema),
    responses: z.record(z.string(), ReferenceOrResponse),
  }),
});

const served = await createGateway({ objects: [] }).get('/openapi.json');
const published: unknown = await served.json();
const document = Document.parse(published);
const operations = Object.entries(document.paths).flatMap(([path, { get, post }]) =>
  [get, post].filter((operation) => operation !== undefined).map((operation) => ({ path, operation })),
);

describe('/openapi.json', () => {
  test('is public, and kept by its tag', async () => {
    expect(served.status).toBe(200);
    const etag = served.headers.get('etag') ?? '';
    const again = await createGateway({ objects: [] }).request('/openapi.json', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });

  test('has every path that is served, and no other', () => {
    const paths = [
      '/events',
      '/healthz',
      '/mcp/resources',
      '/mcp/tools',
      '/openapi.json',
      '/readyz',
      '/resources',
      '/resources/capabilities',
      '/resources/constraints/{namespace}/{name}',
      '/resources/health',
      '/resources/reports/{namespace}',
      '/sse',
      '/tools/ping',
      '/tools/potoo_explain',
      '/tools/potoo_list_namespaces',
      '/tools/potoo_query',
      '/tools/potoo_remediation',
    ];
    // MCP is a protocol of its own over its paths: its messages are described there, and not as operations.
    expect(createGateway({ objects: [] }).paths).toEqual(['/mcp', '/messages', ...paths].toSorted());
    expect(Object.keys(document.paths).toSorted()).toEqual(paths);
  });

  test('names each operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has what every reference refers to', () => {
    const references = [...JSON.stringify(published).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const [root, ...path] = reference?.split('/') ?? [];
      expect(root).toBe('#');
      const found = path.reduce<unknown>((at, key) => z.record(z.string(), z.unknown()).parse(at)[key], published);
      expect(found, reference).toBeDefined();
    }
  });

  test('has a parameter for each placeholder, and marks no other as part of the path', () => {
    for (const { path, operation } of operations) {
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(placeholders);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  test('asks for no field of a tool that has a default', () => {
    const Input = z.object({
      properties: z.record(z.string(), z.object({ description: z.string(), default: z.unknown().optional() })),
      required: z.array(z.string()).default([]),
    });
    for (const { path, operation } of operations.filter(({ operation: { tags } }) => tags.includes('tools'))) {
      const { properties, required } = Input.parse(operation.requestBody?.content['application/json']?.schema);
      const withDefault = Object.entries(properties).filter(([, property]) => property.default !== undefined);
      for (const [name] of withDefault) expect(required, path).not.toContain(name);
    }
  });

  test('asks for a token everywhere but where there is nothing of the cluster', () => {
    const open = operations.filter(({ operation }) => operation.security !== undefined).map(({ path }) => path);
    expect(open.toSorted()).toEqual(['/healthz', '/mcp/resources', '/mcp/tools', '/openapi.json', '/readyz']);
    for (const { operation } of operations.filter(({ path }) => !open.includes(path))) {
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '429', '503']));
    }
  });
});
