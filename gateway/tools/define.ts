/**
 * A tool is one definition with many faces: name, description, schemas and `run`. The REST route and the MCP tool are made
 * from it, so none has logic of its own.
 */
import type * as z from 'zod';
import type { Call } from '../call.ts';
import type { Answer } from '../errors.ts';
import { createInputReader, publishedSchema } from './input.ts';

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
  readonly outputSchema: Record<string, unknown>;
  /** Reads the input and runs. Throws GatewayError alone. */
  answer(body: unknown, call: Call): Promise<Answer<object>>;
}

/**
 * @param definition.run May use what `call` holds and nothing else. Asks for the caller's right before it looks anything
 * up, and makes its answer from one view of the catalog.
 */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  run(input: z.output<Input>, call: Call): Promise<Answer<z.input<Output>>>;
}): Tool {
  const readInput = createInputReader(definition.input);
  return {
    name: definition.name,
    title: definition.title,
    description: definition.description,
    inputSchema: publishedSchema(definition.input),
    outputSchema: publishedSchema(definition.output),
    async answer(body, call) {
      const input = readInput(body);
      return input.ok ? definition.run(input.value, call) : input;
    },
  };
}
