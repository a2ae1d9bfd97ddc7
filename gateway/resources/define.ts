/**
 * A resource is one definition with many faces, like a tool: GET route, `POST /resources` and MCP resource follow from it.
 */
import type * as z from 'zod';
import type { Call } from '../call.ts';
import { type Answering, answering } from '../definition.ts';
import type { Answer } from '../errors.ts';

export interface ResourceDefinition extends Answering {
  /** What `POST /resources` calls it. */
  readonly name: string;
  /** With `{placeholders}` for parameters; the path of the GET route follows from it. */
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: 'application/json';
}

/** @param definition.read As `run` of `answering`. */
export function defineResource<Params extends z.ZodObject, Output extends z.ZodObject>(definition: {
  readonly name: string;
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  readonly params: Params;
  readonly output: Output;
  read(params: z.output<Params>, call: Call): Promise<Answer<z.input<Output>>>;
}): ResourceDefinition {
  const { name, uri, title, description, params, output } = definition;
  return {
    name,
    uri,
    title,
    description,
    mimeType: 'application/json',
    ...answering(params, output, async (given, call) => definition.read(given, call)),
  };
}
