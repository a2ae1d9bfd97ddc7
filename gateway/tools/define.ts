/**
 * A tool is one definition with many faces: name, description, schemas and `run`. The REST route and the MCP tool are made
 * from it, so none has logic of its own.
 */
import type * as z from 'zod';
import type { Call } from '../call.ts';
import { type Answering, answering } from '../definition.ts';
import type { Answer } from '../errors.ts';

export interface Tool extends Answering {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** @param definition.run As of `answering`. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  run(input: z.output<Input>, call: Call): Promise<Answer<z.input<Output>>>;
}): Tool {
  const { name, title, description, input, output } = definition;
  return { name, title, description, ...answering(input, output, async (given, call) => definition.run(given, call)) };
}
