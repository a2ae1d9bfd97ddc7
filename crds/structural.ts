/**
 * A zod schema as a structural schema: the part of OpenAPI v3 that CustomResourceDefinitions may use.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import * as z from 'zod';

/** A node of the schema, as JSON. */
export interface StructuralSchema {
  readonly [keyword: string]: unknown;
}

/** Throws for what has no structural form: unions, references, tuples, look-around in patterns. Names the path. */
export function toStructural(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'throw',
    cycles: 'throw',
    reused: 'inline',
  });
  return convert(json, '$');
}

const kept = new Set([
  'type',
  'format',
  'description',
  'enum',
  'default',
  'required',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
]);

function convert(node: unknown, path: string): StructuralSchema {
  if (!isRecord(node)) throw new Error(`${path}: not a schema`);
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (kept.has(keyword) || keyword.startsWith('x-kubernetes-')) {
      result[keyword] = value;
    } else if (keyword === 'properties' && isRecord(value)) {
      result[keyword] = Object.fromEntries(
        Object.entries(value).map(([name, child]) => [name, convert(child, `${path}.${name}`)]),
      );
    } else if (keyword === 'items') {
      result[keyword] = convert(value, `${path}[]`);
    } else if (keyword === 'additionalProperties') {
      // The API server prunes unknown fields by itself, and refuses this keyword beside properties.
      if (value !== false) result[keyword] = convert(value, `${path}.*`);
    } else if (keyword !== 'propertyNames') {
      throw new Error(`${path}: ${keyword} has no structural form`);
    }
  }
  // A format that the API server knows says what its pattern says; ours would have to be RE2.
  if (result['format'] === 'date-time') delete result['pattern'];
  if (result['type'] === 'integer') withoutUnboundedRange(result);
  if (result['type'] === undefined) throw new Error(`${path}: a structural schema needs a type`);
  return result;
}

/** zod bounds every integer by what JavaScript can hold exactly; a CRD says that with a format. */
function withoutUnboundedRange(result: Record<string, unknown>): void {
  if (result['maximum'] === Number.MAX_SAFE_INTEGER) delete result['maximum'];
  if (result['minimum'] === Number.MIN_SAFE_INTEGER) delete result['minimum'];
  result['format'] = 'int64';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
