import { Buffer } from 'node:buffer';
import type { Command } from 'commander';
import * as z from 'zod';
import { untilAborted } from '../../../kube/until-aborted.ts';
import { Failure } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';
import { visibleLines } from '../visible.ts';
import { ExplainRead, readAnswer } from './answers.ts';
import { argumentOf, paintSeverity } from './constraint-table.ts';
import type { Printer } from './printer.ts';
import { readOwn } from './settings.ts';
import { stepLines } from './steps.ts';
import { valueOf, withSource } from './with-source.ts';

const Own = z.object({ workload: z.string().optional() });

/** Bytes of a text: what a gateway takes. */
const textBytesMax = 4_194_304;

/** What `potoo explain` does. */
export async function runExplain(
  words: readonly string[],
  command: Command,
  surroundings: Surroundings,
): Promise<void> {
  const { workload } = readOwn(command, Own);
  const isGiven = words.length > 0 && words.join(' ') !== '-';
  const text = isGiven ? words.join(' ') : await untilAborted(readInput(surroundings), surroundings.stop);
  if (text.trim() === '')
    throw new Failure('There is no error to explain: give it as an argument or on standard input.');
  await withSource(command, surroundings, async ({ source, printer, namespace }) => {
    const about = workload === undefined ? {} : { workload_name: workload };
    const value = valueOf(await source.ask('potoo_explain', { error_message: text, namespace, ...about }));
    if (printer.form === 'json' || printer.form === 'yaml') return printer.data(value);
    const read = readAnswer(ExplainRead, value);
    const { matching_constraints: matching } = read;
    if (printer.form === 'name') return printer.lines(matching.map((each) => argumentOf(each, matching)));
    print(read, printer);
  });
}

async function readInput({ input, errors }: Surroundings): Promise<string> {
  if ('isTTY' in input && input.isTTY === true)
    errors.write('Paste the error, then press Ctrl-D on a line of its own.\n');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > textBytesMax) {
      throw new Failure(
        'The text is larger than 4 MiB: give the part around the error, by "| tail -n 2000" for example.',
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function print(read: ExplainRead, printer: Printer): void {
  const { paint, wrapped } = printer;
  const { confidence, cause, explanation, matching_constraints: matching, remediation_steps: steps } = read;
  printer.lines([
    ...wrapped(`Cause: ${causeWords(cause)}, confidence ${confidence}`, '').map((line) => paint('bold', line)),
    ...wrapped(explanation, ''),
    ...cause.evidence.flatMap((quote) => ['', ...visibleLines(quote).map((line) => `  ${paint('dim', line)}`)]),
    ...(matching.length === 0 ? [] : ['', paint('bold', matching.length === 1 ? 'The rule' : 'The rules')]),
    ...matching.flatMap((constraint) => ['', ...ruleLines(constraint, printer)]),
  ]);
  if (steps.length > 0) printer.lines(['', paint('bold', 'What to do'), '', ...stepLines(steps, printer)]);
}

/** The kind of cause and what the text names; a rule that is called like its policy is not said twice. */
function causeWords({ category, policy, rule, evidence }: ExplainRead['cause']): string {
  if (category === 'negative') return evidence.length === 0 ? 'not recognised' : 'no rule of the cluster';
  return [...new Set([category, policy, rule])].filter((each) => each !== undefined).join(' ');
}

/** Two of one name differ in the sentence; `-o wide` has the id, which `potoo details` takes. */
function ruleLines(
  constraint: ExplainRead['matching_constraints'][number],
  { form, paint, wrapped }: Printer,
): string[] {
  const { id, name, source_kind: kind, severity, effect, message, reason } = constraint;
  const marks = `(${severity}, ${effect}${form === 'wide' ? `, ${id}` : ''})`;
  const title = wrapped(`${kind} ${name} ${marks}`.trim(), '  ').map((line) =>
    line.replace(`(${severity},`, () => `(${paintSeverity(paint, severity, severity)},`),
  );
  return [...title, ...wrapped(message, '    '), ...wrapped(reason, '    ')];
}
