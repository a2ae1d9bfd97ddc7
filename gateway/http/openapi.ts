/**
 * `/openapi.json`: the REST side of the gateway, made from the same schemas that calls are read and answered by.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
import { errorCodes } from '../errors.ts';
import type { ResourceDefinition } from '../resources/define.ts';
import type { Tool } from '../tools/define.ts';
import { statusOf } from './errors.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What the document is made from. */
export interface OpenApiSource {
  readonly tools: readonly Tool[];
  readonly resources: readonly ResourceDefinition[];
  readonly version: string;
}

/** The path of a resource's GET route, with `{placeholders}`. */
export function resourceRoute({ uri }: ResourceDefinition): string {
  return `/resources/${uri.slice('potoo://'.length)}`;
}

/** The document, the same bytes for the same version. */
export function openApiDocument({ tools, resources, version }: OpenApiSource): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Potoo gateway',
      version,
      description:
        'Tells which rules bind a namespace of a Kubernetes cluster. Callers are whom the API server takes their bearer token for; ' +
        'what they see follows from their RBAC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, {}],
    paths: {
      ...Object.fromEntries(tools.map((tool) => [`/tools/${tool.name}`, { post: toolOperation(tool) }])),
      ...Object.fromEntries(resources.map((each) => [resourceRoute(each), { get: resourceOperation(each) }])),
      '/resources': { post: anyResourceOperation(resources) },
      ...streams,
      ...publicPaths,
    },
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token of the cluster. Without one the caller is system:anonymous, who has no rights by default.',
        },
      },
      schemas: { Error: errorSchema },
      responses: Object.fromEntries(errorStatuses.map((status) => [`Error${status}`, errorResponse(status)])),
    },
  };
}

const errorSchema: Schema = {
  type: 'object',
  properties: {
    error: { type: 'string', description: 'A sentence for people.' },
    code: { type: 'string', enum: [...errorCodes], description: 'Stays the same from version to version.' },
  },
  required: ['error', 'code'],
};

const errorStatuses = [...new Set(errorCodes.map(statusOf))].toSorted((a, b) => a - b);

function errorResponse(status: number): object {
  const codes = errorCodes.filter((code) => statusOf(code) === status);
  const header = (description: string) => ({ description, schema: { type: 'string' } });
  const headers = {
    ...(status === 401 ? { 'WWW-Authenticate': header('Bearer') } : {}),
    ...(status === 429 ? { 'Retry-After': header('Seconds') } : {}),
  };
  return {
    description: codes.join(', '),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    content: json({ $ref: '#/components/schemas/Error' }),
  };
}

function json(schema: Schema): object {
  return { 'application/json': { schema } };
}

/** A 200 with a body, and what can come instead. @param tagged Whether it has an ETag. */
function responses(description: string, content: object, statuses: readonly number[], tagged = false): object {
  return {
    200: { description, ...(tagged ? { headers: { ETag: { schema: { type: 'string' } } } } : {}), content },
    ...(tagged ? { 304: { description: 'What If-None-Match names still holds.' } } : {}),
    ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Error${status}` }])),
  };
}

const ofReads = [400, 401, 403, 404, 429, 500, 503] as const;
const ofPosts = [400, 401, 403, 404, 413, 415, 429, 500, 503] as const;
const ofPublic = [403] as const;

function toolOperation({ name, title, description, inputSchema, outputSchema }: Tool): object {
  return {
    operationId: name,
    summary: title,
    description,
    tags: ['tools'],
    requestBody: { required: true, content: json(inputSchema) },
    responses: responses('The answer.', json(outputSchema), ofPosts),
  };
}

function resourceOperation(resource: ResourceDefinition): object {
  const { name, uri, title, description, inputSchema, outputSchema } = resource;
  const parameters = Object.entries(propertiesOf(inputSchema)).map(([parameter, schema]) => {
    const inPath = uri.includes(`{${parameter}}`);
    return { name: parameter, in: inPath ? 'path' : 'query', required: inPath, schema };
  });
  const ifNoneMatch = { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } };
  return {
    operationId: `read_${name}`,
    summary: title,
    description,
    tags: ['resources'],
    parameters: [...parameters, ifNoneMatch],
    responses: responses('The resource.', json(outputSchema), ofReads, true),
  };
}

function anyResourceOperation(resources: readonly ResourceDefinition[]): object {
  const bodies = resources.map(({ name, inputSchema }) => ({
    type: 'object',
    properties: { resource: { const: name }, params: inputSchema },
    required: Array.isArray(inputSchema['required']) ? ['resource', 'params'] : ['resource'],
  }));
  return {
    operationId: 'read_resource',
    summary: 'Any resource',
    description: 'The same as the GET routes, for clients that can send nothing but POST.',
    tags: ['resources'],
    requestBody: { required: true, content: json({ oneOf: bodies }) },
    responses: responses('The resource.', json({ anyOf: resources.map(({ outputSchema }) => outputSchema) }), ofPosts),
  };
}

function propertiesOf(schema: Schema): Readonly<Record<string, unknown>> {
  const properties = schema['properties'];
  return typeof properties === 'object' && properties !== null ? { ...properties } : {};
}

const eventText = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'Unnamed events, each one line of data with a JSON object of type constraint_change; comments between.',
    },
  },
};

function stream(operationId: string, summary: string): object {
  return {
    get: {
      operationId,
      summary,
      description: 'Changes of what the caller may see, from now on, until the right ends.',
      tags: ['events'],
      parameters: [{ name: 'namespace', in: 'query', required: false, schema: { type: 'string', maxLength: 63 } }],
      responses: responses('The stream.', eventText, [400, 401, 403, 429, 500, 503]),
    },
  };
}

const streams = {
  '/events': stream('events', 'Events'),
  '/sse': stream('sse', 'Events; MCP over HTTP+SSE for who names text/event-stream in Accept'),
};

/** What needs no token. */
function open(operationId: string, summary: string, answers: object): object {
  return { get: { operationId, summary, tags: ['about'], security: [{}], responses: answers } };
}

/** The same as long as the gateway runs, and kept by its tag. */
function published(operationId: string, summary: string, schema: Schema): object {
  return open(operationId, summary, responses(summary, json(schema), ofPublic, true));
}

/** The state of this process as of now. */
function probe(operationId: string, summary: string, schema: Schema, statuses: readonly number[] = ofPublic): object {
  return open(operationId, summary, responses(summary, json(schema), statuses));
}

const objectWith = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const text: Schema = { type: 'string' };
const schemaObject: Schema = { type: 'object' };

const publicPaths = {
  '/mcp/tools': published(
    'list_tools',
    'The tools',
    objectWith({
      tools: {
        type: 'array',
        items: objectWith({
          name: text,
          title: text,
          description: text,
          inputSchema: schemaObject,
          outputSchema: schemaObject,
        }),
      },
    }),
  ),
  '/mcp/resources': published(
    'list_resources',
    'The resources',
    objectWith({
      resources: {
        type: 'array',
        items: objectWith({ uri: text, name: text, title: text, description: text, mimeType: text }),
      },
    }),
  ),
  '/openapi.json': published('openapi', 'This document', schemaObject),
  '/healthz': probe(
    'healthz',
    'Whether the process lives',
    objectWith({ status: { const: 'healthy' }, version: text }),
  ),
  '/readyz': probe('readyz', 'Whether it can answer', objectWith({ status: { const: 'ready' } }), [403, 503]),
};
