/**
 * A resource is one definition with many faces, like a tool: GET route, `POST /resources` and MCP resource follow from it.
 */
import type * as z from 'zod';
import type { Call } from '../call.ts';
import type { Answer } from '../errors.ts';
import { createInputReader, publishedSchema } from '../tools/input.ts';

export interface ResourceDefinition {
  /** What `POST /resources` calls it. */
  readonly name: string;
  /** With `{placeholders}` for parameters; the path of the GET route follows from it. */
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: 'application/json';
  readonly paramsSchema: Record<string, unknown>;
  readonly outputSchema: Record<string, unknown>;
  /** Reads the parameters and answers. Throws GatewayError alone. */
  answer(params: unknown, call: Call): Promise<Answer<object>>;
}

/** @param definition.read As `run` of a tool. */
export function defineResource<Params extends z.ZodObject, Output extends z.ZodObject>(definition: {
  readonly name: string;
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  readonly params: Params;
  readonly output: Output;
  read(params: z.output<Params>, call: Call): Promise<Answer<z.input<Output>>>;
}): ResourceDefinition {
  const readParams = createInputReader(definition.params);
  return {
    name: definition.name,
    uri: definition.uri,
    title: definition.title,
    description: definition.description,
    mimeType: 'application/json',
    paramsSchema: publishedSchema(definition.params),
    outputSchema: publishedSchema(definition.output),
    async answer(body, call) {
      const params = readParams(body);
      return params.ok ? definition.read(params.value, call) : params;
    },
  };
}
