/**
 * Whether answers are what `/openapi.json` says of them: status, headers and body, and no key in it that is not published.
 */
import * as z from 'zod';

const JsonObject = z.record(z.string(), z.unknown());
const Response200 = z.object({
  headers: JsonObject.default({}),
  content: z.record(z.string(), z.object({ schema: JsonObject })).optional(),
});
const Described = z.custom<object>((value) => typeof value === 'object' && value !== null);
const Operation = z.object({ responses: z.record(z.string(), Described) });
const Document = z.object({
  paths: z.record(z.string(), z.record(z.enum(['get', 'post']), Operation.optional())),
  components: JsonObject,
});

export interface Answered {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** Empty where there is none; not looked at where it is no JSON. */
  readonly text: string;
}

interface Expectation {
  /** Names of headers that are there. */
  readonly headers: readonly string[];
  /** Of bodies, by content type; undefined where the document says nothing of a body. */
  readonly validators: ReadonlyMap<string, z.ZodType> | undefined;
}

/** What nothing serves is answered as any error is. */
const notServed = { $ref: '#/components/responses/Error403' };

/** Throws for an answer that is not as the document has it. */
export type Conformance = (answered: Answered) => void;

/** @param published The document as it is served. */
export function createConformance(published: unknown): Conformance {
  const document = Document.parse(published);
  const routes = Object.entries(document.paths).map(([path, operations]) => ({ is: patternOf(path), operations }));
  const expectations = new WeakMap<object, Expectation>();

  function resolved(node: unknown): Record<string, unknown> {
    const object = JsonObject.parse(node);
    const { $ref: reference } = object;
    if (typeof reference !== 'string') return object;
    const [, ...keys] = reference.split('/');
    return resolved(keys.reduce<unknown>((at, key) => JsonObject.parse(at)[key], published));
  }

  /** What a response has to be; made once for each that the document describes. */
  function expectationOf(described: object): Expectation {
    const known = expectations.get(described);
    if (known !== undefined) return known;
    const { headers, content } = Response200.parse(resolved(described));
    const validators = new Map<string, z.ZodType>();
    for (const [type, media] of Object.entries(content ?? {})) {
      validators.set(type, z.fromJSONSchema(JsonSchema.parse(strict(resolved(media.schema)))));
    }
    const made = { headers: Object.keys(headers), validators: content === undefined ? undefined : validators };
    expectations.set(described, made);
    return made;
  }

  return ({ method, path, status, headers, text }) => {
    const what = `${method} ${path} ${status}`;
    const route = routes.find(({ is }) => is.test(path));
    const operation = route?.operations[method === 'POST' ? 'post' : 'get'];
    // Paths and methods that nothing serves are in no document; what is said of them is an error as everywhere.
    const isServed = operation !== undefined && status !== 405;
    const described = operation?.responses[status];
    if (isServed && described === undefined) throw new Error(`${what}: not in the document`);
    if (!isServed && ![400, 403, 404, 405].includes(status)) throw new Error(`${what}: nothing is served here`);
    const expected = expectationOf(described ?? notServed);
    for (const name of expected.headers) {
      if (headers.get(name) === null) throw new Error(`${what}: without the header ${name}`);
    }
    const type = headers.get('content-type') ?? '';
    const validator = expected.validators?.get(type);
    if (expected.validators !== undefined && validator === undefined) throw new Error(`${what}: content type ${type}`);
    if (validator === undefined || type !== 'application/json' || method === 'HEAD') return;
    const read = validator.safeParse(JSON.parse(text));
    if (!read.success) throw new Error(`${what}: ${z.prettifyError(read.error)}\n${text.slice(0, 2_000)}`);
  };
}

/** What zod makes validators of; it looks at the rest itself. */
const JsonSchema = z.custom<Parameters<typeof z.fromJSONSchema>[0]>((value) => typeof value === 'object');

/** `/resources/constraints/{namespace}/{name}` for any namespace and name; the last may hold slashes. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{\w+\}$/, '.+').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** The same schema without leave for keys that it does not name. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, strict(value)] as const);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false]] : entries);
}
