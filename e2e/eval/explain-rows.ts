/**
 * Error messages with what caused them, one JSON object a line.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { Category } from '../../gateway/explain/category.ts';

const text = z.string().nullish();
/** What a field that is not understood says is nothing. */
const list = z.array(z.string()).optional().catch(undefined);
const amounts = z.record(z.string(), z.coerce.string()).optional().catch(undefined);
const word = z.coerce.string().optional().catch(undefined);

const Details = z
  .object({
    missing: list,
    requested: amounts,
    limited: amounts,
    scopes: word,
    violations: z
      .array(z.object({ bound: z.string(), resource: z.string(), per: z.string(), limit: z.coerce.string() }))
      .optional()
      .catch(undefined),
    level: word,
    version: word,
    mode: word,
    expression: word,
    webhook: word,
    constraints: list,
    direction: word,
    kind_from_source: word,
    cause: word,
    max_unavailable: word,
  })
  .catch({});

/** What stands in other fields is for those who read the corpus. */
export const ExplainRow = z.object({
  id: z.string(),
  message: z.string().min(1),
  label: Category,
  engine: text,
  source_kind: text,
  policy_name: text,
  rule_name: text,
  namespace: text,
  workload: z.object({ kind: z.string(), name: z.string() }).nullish().catch(null),
  details: Details.nullish(),
});
export type ExplainRow = z.infer<typeof ExplainRow>;

/** The corpus beside the project. */
export const sharedErrors: string = fileURLToPath(new URL('../../../shared/errors/dev.jsonl', import.meta.url));

/** The rows of a file. Throws for a line that is no row, with its number. */
export function readExplainRows(file: string): readonly ExplainRow[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [readRow(line, `${file}:${index + 1}`)]));
}

function readRow(line: string, place: string): ExplainRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: a line is one JSON object`, { cause: error });
  }
  const read = ExplainRow.safeParse(value);
  if (!read.success) throw new Error(`${place}: ${z.prettifyError(read.error)}`);
  return read.data;
}
