import type { Command } from 'commander';
import type { Surroundings } from '../surroundings.ts';
import { type Column, tableLines } from '../table.ts';
import { padTo } from '../width.ts';
import { ConstraintRead, readAnswer } from './answers.ts';
import { ageOf, argumentOf, paintSeverity } from './constraint-table.ts';
import type { Printer } from './printer.ts';
import { stepLines } from './steps.ts';
import { valueOfRule, withSource } from './with-source.ts';

/** What `potoo details` does. */
export async function runDetails(constraint: string, command: Command, surroundings: Surroundings): Promise<void> {
  await withSource(command, surroundings, async ({ source, printer, namespace }) => {
    const value = valueOfRule(await source.read('constraints', { namespace, name: constraint }), constraint, namespace);
    if (printer.form === 'json' || printer.form === 'yaml') return printer.data(value);
    const read = readAnswer(ConstraintRead, value);
    if (printer.form === 'name') return printer.lines([read.also.length === 0 ? argumentOf(read, [read]) : read.id]);
    printer.lines(detailLines(read, printer, surroundings.clock.now()));
    const { also } = read;
    if (also.length > 0)
      printer.note(`This is the gravest of ${also.length + 1} with this name; the others: ${also.join(' ')}`);
  });
}

const labelWidth = 14;

/** One constraint as kubectl describes objects. */
export function detailLines(constraint: ConstraintRead, printer: Printer, now: number): string[] {
  const { paint, wrapped } = printer;
  const { severity, source_api_version: version, last_observed: changed } = constraint;
  const field = (label: string, text: string | undefined, painted = (line: string) => line) => {
    const [first, ...rest] = wrapped(text ?? '', ' '.repeat(labelWidth));
    if (first === undefined) return [];
    return [`${padTo(`${label}:`, labelWidth)}${painted(first.slice(labelWidth))}`, ...rest];
  };
  const remediation = constraint.remediation;
  return [
    ...field('Name', constraint.name),
    ...field('Rule', constraint.rule),
    ...field('Severity', severity, (line) => paintSeverity(paint, severity, line)),
    ...field('Type', constraint.constraint_type),
    ...field('Effect', constraint.effect),
    ...field('Source', `${constraint.source_kind}${version === '' ? '' : ` (${version})`}`),
    ...field('Namespace', constraint.namespace),
    ...field('Workloads', workloadsOf(constraint)),
    ...field('Tags', constraint.tags.join(', ')),
    ...field('Shown', levels[constraint.detail_level] ?? constraint.detail_level),
    ...field('Changed', changed === '' ? '' : `${changed} (${ageOf(changed, now)} ago)`),
    ...field('ID', constraint.id),
    '',
    ...wrapped(constraint.message, ''),
    ...quotaLines(constraint, printer),
    ...(remediation === undefined
      ? []
      : [
          '',
          paint('bold', 'What to do'),
          ...wrapped(remediation.summary, ''),
          '',
          ...stepLines(remediation.steps, printer),
        ]),
  ];
}

const levels: Readonly<Record<string, string>> = {
  summary: 'in summary; who may get constraintdetails.potoo.io sees more',
  detailed: 'in detail',
  full: 'in full',
};

function workloadsOf({ affected_workloads: names, affected_workloads_total: total }: ConstraintRead): string {
  if (names.length === 0) return String(total);
  const more = total - names.length;
  return `${total}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

interface QuotaRow {
  readonly resource: string;
  readonly used: string;
  readonly hard: string;
  readonly percent: number | undefined;
}

function quotaLines({ metrics }: ConstraintRead, { paint, width }: Printer): string[] {
  const rows = Object.entries(metrics ?? {}).map(
    ([resource, { used, hard, percent_used: percent }]): QuotaRow => ({
      resource,
      used,
      hard,
      percent: percent ?? undefined,
    }),
  );
  if (rows.length === 0) return [];
  const columns: Column<QuotaRow>[] = [
    { header: 'RESOURCE', cell: ({ resource }) => resource },
    { header: 'USED', cell: ({ used }) => used },
    { header: 'HARD', cell: ({ hard }) => hard },
    {
      header: 'PERCENT',
      cell: ({ percent }) => (percent === undefined ? '' : `${percent} %`),
      paint: ({ percent = 0 }, text) =>
        percent >= 90 ? paint('red', text) : percent >= 75 ? paint('yellow', text) : text,
    },
  ];
  return ['', ...tableLines(columns, rows, { wide: true, headers: true, colours: true, width })];
}
