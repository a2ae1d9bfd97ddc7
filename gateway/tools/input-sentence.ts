/**
 * What is wrong with an input, in words for who sent it: each field with what would be right, taken from the schema that is
 * published.
 */
import * as z from 'zod';
import { shown } from '../words.ts';

const Node = z.object({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  anyOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
});
type Node = z.infer<typeof Node>;

type Path = readonly PropertyKey[];
type Issue = z.ZodError['issues'][number];

const fieldsMax = 5;

/** @param published The schema that the input was read with, as clients know it. @param isMissing Whether the field was not given. */
export function inputSentence(
  error: z.ZodError,
  published: Readonly<Record<string, unknown>>,
  isMissing: (field: PropertyKey) => boolean,
): string {
  const byField = Map.groupBy(error.issues, ({ path }) => path.map(String).join('.'));
  return [...byField]
    .slice(0, fieldsMax)
    .map(([field, issues]) => `${field === '' ? '' : `${shown(field, 80)}: `}${problem(issues, published, isMissing)}`)
    .join('; ');
}

/** Our own sentence where a check of ours failed, for it knows more than the schema. */
function problem(
  issues: readonly Issue[],
  published: Readonly<Record<string, unknown>>,
  isMissing: (field: PropertyKey) => boolean,
): string {
  const own = issues.find(({ code }) => code === 'custom');
  if (own !== undefined) return shown(own.message, 200);
  const [{ path, code } = { path: [], code: 'custom' }] = issues;
  const [field] = path;
  if (path.length === 1 && field !== undefined && isMissing(field)) return 'is missing';
  const [unknown] = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (unknown !== undefined) return `takes no ${shown(unknown, 80)}`;
  if (code === 'invalid_key') return 'a key is too long';
  return wanted(nodeAt(published, path));
}

function nodeAt(schema: unknown, path: Path): Node {
  const node = nodeOf(schema);
  const [key, ...rest] = path;
  if (key === undefined) return node;
  const property = typeof key === 'string' ? node.properties?.[key] : undefined;
  return nodeAt(property ?? (typeof key === 'number' ? node.items : node.additionalProperties), rest);
}

/** Of a schema that also takes null, the rest: null is absent, which is never what somebody meant to say. */
function nodeOf(schema: unknown): Node {
  const node = Node.safeParse(schema).data ?? {};
  const other = (node.anyOf ?? []).map((each) => Node.safeParse(each).data).find((each) => each?.type !== 'null');
  return other ?? node;
}

function wanted(node: Node): string {
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
      return `a whole number${range(node.minimum, node.maximum)}`;
    case 'number':
      return `a number${range(node.minimum, node.maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return `a text${lengths(node)}`;
    case 'array':
      return 'a list';
    case 'object':
      return nodeOf(node.additionalProperties).type === 'string'
        ? 'an object of texts, like {"key": "text"}'
        : 'an object';
    default:
      return 'is not what is expected here';
  }
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  const from = minimum === undefined ? '' : ` from ${minimum}`;
  if (maximum === undefined) return from;
  return minimum === undefined ? ` up to ${maximum}` : `${from} to ${maximum}`;
}

function lengths({ minLength, maxLength }: Node): string {
  if (maxLength === undefined) return minLength === undefined ? '' : ` of at least ${minLength} characters`;
  return minLength === undefined
    ? ` of at most ${maxLength} characters`
    : ` of ${minLength} to ${maxLength} characters`;
}
