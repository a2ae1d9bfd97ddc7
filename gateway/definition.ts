/**
 * What tools and resources have in common: schemas that are published, and a way from a body to an answer.
 */
import type * as z from 'zod';
import type { Call } from './call.ts';
import type { Answer } from './errors.ts';
import { createInputReader, publishedSchema } from './tools/input.ts';

export interface Answering {
  readonly inputSchema: Record<string, unknown>;
  readonly outputSchema: Record<string, unknown>;
  /** Reads the input and answers. Throws GatewayError alone. */
  answer(body: unknown, call: Call): Promise<Answer<object>>;
}

/**
 * @param run May use what `call` holds and nothing else. Asks for the caller's right before it looks anything up, and makes
 * its answer from one view of the catalog.
 */
export function answering<Input extends z.ZodObject, Output extends z.ZodObject>(
  input: Input,
  output: Output,
  run: (input: z.output<Input>, call: Call) => Promise<Answer<z.input<Output>>>,
): Answering {
  const readInput = createInputReader(input);
  return {
    inputSchema: publishedSchema(input),
    outputSchema: publishedSchema(output),
    async answer(body, call) {
      const read = readInput(body);
      return read.ok ? run(read.value, call) : read;
    },
  };
}
