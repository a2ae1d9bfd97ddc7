import type { Command } from 'commander';
import { Failure } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';
import { readAnswer, RemediationRead } from './answers.ts';
import { readSettings } from './settings.ts';
import { stepLines } from './steps.ts';
import { valueOfRule, withSource } from './with-source.ts';

/** What `potoo remediate` does. */
export async function runRemediate(constraint: string, command: Command, surroundings: Surroundings): Promise<void> {
  if (readSettings(command, surroundings).output === 'name') {
    throw new Failure('Steps have no names: -o table, wide, json or yaml.');
  }
  await withSource(command, surroundings, async ({ source, printer, namespace }) => {
    const value = valueOfRule(
      await source.ask('potoo_remediation', { constraint_name: constraint, namespace }),
      constraint,
      namespace,
    );
    if (printer.form === 'json' || printer.form === 'yaml') return printer.data(value);
    const { summary, steps, also } = readAnswer(RemediationRead, value);
    printer.lines([...printer.wrapped(summary, ''), '', ...stepLines(steps, printer)]);
    if (also.length > 0)
      printer.note(`This is the gravest of ${also.length + 1} with this name; the others: ${also.join(' ')}`);
  });
}
