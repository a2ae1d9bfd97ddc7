/**
 * A tool is one definition with many faces: name, description, schemas and `run`. The REST route and the MCP tool are made
 * from it, so none has logic of its own.
 */
import * as z from 'zod';
import type { Call } from '../call.ts';
import { type Answering, answering } from '../definition.ts';
import type { Answer, Refusal } from '../errors.ts';

export interface Tool extends Answering {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What a person or a model reads of an answer that this tool gave, beside its JSON. */
  text(answer: object): string;
  /** Largest body of a request for it; that of every request when absent. */
  readonly bodyBytesMax?: number | undefined;
  /** The same of a refusal; its sentence when absent. */
  readonly refusalText?: ((refused: Refusal) => string) | undefined;
}

/** @param definition.run As of `answering`. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly bodyBytesMax?: number;
  run(input: z.output<Input>, call: Call): Promise<Answer<z.input<Output>>>;
  /** Short: what matters most, in lines. Of what stands in policies it says that it does. */
  text(answer: z.input<Output>): string;
  readonly refusalText?: (refused: Refusal) => string;
}): Tool {
  const { name, title, description, input, output, bodyBytesMax, refusalText } = definition;
  /** An answer is never changed, and is often given again. */
  const texts = new WeakMap<object, string>();
  /** What `run` gave, as it gave it: to read it anew takes longer than to make its text. */
  const given = new WeakMap<object, z.input<Output>>();
  return {
    name,
    title,
    description,
    bodyBytesMax,
    ...answering(input, output, async (asked, call) => {
      const answer = await definition.run(asked, call);
      if (answer.ok) given.set(answer.value, answer.value);
      return answer;
    }),
    text(answer) {
      const known = texts.get(answer) ?? definition.text(given.get(answer) ?? z.encode(output, output.parse(answer)));
      texts.set(answer, known);
      return known;
    },
    refusalText,
  };
}
