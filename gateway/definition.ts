/**
 * What tools and resources have in common: schemas that are published, and a way from a body to an answer.
 */
import type * as z from 'zod';
import type { Call } from './call.ts';
import type { Answer } from './errors.ts';
import { createInputReader, publishedSchema } from './tools/input.ts';

/** What came of one call. `namespace` is what was asked about, where the input could be read and has one. */
export interface Outcome {
  readonly answer: Answer<object>;
  readonly namespace: string | undefined;
  /** Of the tool or resource that answered, where the route does not tell. */
  readonly name?: string;
}

export interface Answering {
  readonly inputSchema: Record<string, unknown>;
  readonly outputSchema: Record<string, unknown>;
  /** Reads the input and answers. Throws GatewayError alone. */
  answer(body: unknown, call: Call): Promise<Outcome>;
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
      if (!read.ok) return { answer: read, namespace: undefined };
      const { namespace } = read.value;
      return {
        answer: await run(read.value, call),
        namespace: typeof namespace === 'string' ? namespace : undefined,
      };
    },
  };
}
