/**
 * Whether answers are what `/openapi.json` says of them: status, headers and body, and no key in it that is not published.
 */
import * as z from 'zod';

const JsonObject = z.record(z.string(), z.unknown());
const Response200 = z.object({
  headers: JsonObject.default({}),
  content: z.record(z.string(), z.object({ schema: JsonObject })).optional(),
});
const Operation = z.object({ responses: z.record(z.string(), z.unknown()) });
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

/** Throws for an answer that is not as the document has it. */
export type Conformance = (answered: Answered) => void;

/** @param published The document as it is served. */
export function createConformance(published: unknown): Conformance {
  const document = Document.parse(published);
  const routes = Object.entries(document.paths).map(([path, operations]) => ({ is: patternOf(path), operations }));
  const validators = new WeakMap<object, z.ZodType>();

  function resolved(node: unknown): Record<string, unknown> {
    const object = JsonObject.parse(node);
    const { $ref: reference } = object;
    if (typeof reference !== 'string') return object;
    const [, ...keys] = reference.split('/');
    return resolved(keys.reduce<unknown>((at, key) => JsonObject.parse(at)[key], published));
  }

  function validatorOf(schema: Record<string, unknown>): z.ZodType {
    const known = validators.get(schema);
    if (known !== undefined) return known;
    const made = z.fromJSONSchema(JsonSchema.parse(strict(schema)));
    validators.set(schema, made);
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
    const response = resolved(described ?? { $ref: '#/components/responses/Error403' });
    const { headers: named, content } = Response200.parse(response);
    for (const name of Object.keys(named)) {
      if (headers.get(name) === null) throw new Error(`${what}: without the header ${name}`);
    }
    const type = headers.get('content-type');
    const media = content?.[type ?? ''];
    if (content !== undefined && media === undefined) throw new Error(`${what}: content type ${type}`);
    if (media === undefined || type !== 'application/json' || method === 'HEAD') return;
    const read = validatorOf(resolved(media.schema)).safeParse(JSON.parse(text));
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
