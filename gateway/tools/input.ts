/**
 * Input as clients send it: strings where numbers or booleans are meant, null for absent, keys that nobody knows.
 */
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { isJsonObject } from '../../kube/object.ts';
import { type Answer, refusal } from '../errors.ts';
import { inputSentence } from './input-sentence.ts';

/** A schema as MCP and OpenAPI publish it. Unknown keys are ignored on input and may be added to output. */
export function publishedSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...published } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // zod bounds every integer by what JavaScript holds exactly; that says nothing to a client.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return published;
}

/** Bodies that are remembered with what they mean, and how long each may be. */
const knownMax = 500;
const knownLengthMax = 512;

const Body = z.record(z.string(), z.unknown());
const Properties = z.object({ properties: z.record(z.string(), z.object({ type: z.string().optional() })) });

/** What makes the input of one schema out of a body: INVALID_REQUEST names each field and what would be right. */
export type InputReader<T> = (body: unknown) => Answer<T>;

/**
 * Lenient where clients are: "true", "50" and "50.0" are taken for true and 50, null for absent (and "" where a number is
 * meant), unknown keys are ignored, unless the schema is strict: then they are refused.
 */
export function createInputReader<S extends z.ZodObject>(schema: S): InputReader<z.output<S>> {
  const published = publishedSchema(schema);
  const strict = published.additionalProperties === false;
  const types = new Map(Object.entries(Properties.parse(published).properties).map(([name, { type }]) => [name, type]));
  // Reading costs more than giving an answer that is there already, and clients ask the same again and again.
  const known = new LRUCache<string, Answer<z.output<S>>>({ max: knownMax });
  return (body) => {
    if (isLong(body)) return read(body);
    const text = JSON.stringify([body]);
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    const input = read(body);
    if (text.length <= knownLengthMax) known.set(text, input);
    return input;
  };

  function read(body: unknown): Answer<z.output<S>> {
    const object = Body.safeParse(body);
    if (!object.success) return refusal('INVALID_REQUEST', 'The body must be a JSON object.');
    const given = Object.entries(object.data).filter(([name]) => strict || types.has(name));
    // zod leaves this key out without a word, and a filter that lacks a condition finds more than was asked for.
    const unsafe = given.find(([, value]) => isObject(value) && Object.hasOwn(value, '__proto__'));
    if (unsafe !== undefined) return refusal('INVALID_REQUEST', `${unsafe[0]}: __proto__ cannot be a key`);
    const values = given.map(([name, value]) => [name, meant(value, types.get(name))] as const);
    const present = new Map(values.filter(([, value]) => value !== undefined));
    const input = schema.safeParse(Object.fromEntries(present));
    if (input.success) return { ok: true, value: input.data };
    const isMissing = (field: PropertyKey) => !present.has(String(field));
    return refusal('INVALID_REQUEST', inputSentence(input.error, published, isMissing));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** What a client means: by null nothing, by a string where another type is expected a value of that type. */
function meant(value: unknown, type: string | undefined): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : value;
  if (type !== 'integer' && type !== 'number') return value;
  if (text === '') return undefined;
  return /^-?\d{1,15}(?:\.0{1,15})?$/.test(text) ? Number(text) : value;
}

/** Whether one of its texts alone is longer than what is remembered: then it need not be written down to be looked for. */
function isLong(body: unknown): boolean {
  return (
    isJsonObject(body) && Object.values(body).some((each) => typeof each === 'string' && each.length > knownLengthMax)
  );
}
