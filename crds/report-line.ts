/**
 * One line for one constraint of a policy that lives outside the namespace:
 *
 *     <severity> <effect> <type> <Kind>/<name> <id>: <summary>
 *
 * A line costs the API server a seventh of a structured entry, and cluster-wide policies repeat it in every namespace.
 * The name is percent-escaped where it holds white space or a percent sign, so the first five fields never hold a blank.
 */
import * as z from 'zod';
import { ConstraintType, Effect, Severity } from './constraint.ts';

export const InheritedEntry = z.object({
  severity: Severity,
  effect: Effect,
  type: ConstraintType,
  kind: z.string().min(1),
  name: z.string().min(1),
  id: z.string().min(1),
  summary: z.string(),
});
export type InheritedEntry = z.infer<typeof InheritedEntry>;

const lineLengthMax = 2_048;

/** The line of an entry. White space in the summary becomes single blanks. */
export function formatReportLine(entry: InheritedEntry): string {
  const name = entry.name.replace(/[%\s]/g, encodeURIComponent);
  const summary = entry.summary.replace(/\s/g, ' ');
  return `${entry.severity} ${entry.effect} ${entry.type} ${entry.kind}/${name} ${entry.id}: ${summary}`;
}

/** The entry of a line, or undefined for what is none. */
export function parseReportLine(line: string): InheritedEntry | undefined {
  if (line.length > lineLengthMax) return undefined;
  const fields: string[] = [];
  let start = 0;
  for (let field = 0; field < 5; field += 1) {
    const end = line.indexOf(' ', start);
    if (end < 0) return undefined;
    fields.push(line.slice(start, end));
    start = end + 1;
  }
  const [severity, effect, type, source = '', id = ''] = fields;
  const slash = source.indexOf('/');
  if (slash < 0 || !id.endsWith(':')) return undefined;
  const name = unescapeName(source.slice(slash + 1));
  const entry = InheritedEntry.safeParse({
    severity,
    effect,
    type,
    kind: source.slice(0, slash),
    name,
    id: id.slice(0, -1),
    summary: line.slice(start),
  });
  return entry.data;
}

function unescapeName(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** What a policy of another namespace is called where its name is not shown. Works wherever a name is asked for. */
export function handleOf(id: string): string {
  return `policy-${id}`;
}
