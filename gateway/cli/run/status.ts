import type { Command } from 'commander';
import type { Surroundings } from '../surroundings.ts';
import type { Column } from '../table.ts';
import { CapabilitiesRead, HealthRead, readAnswer } from './answers.ts';
import { ageOf } from './constraint-table.ts';
import type { Printer, Style } from './printer.ts';
import { valueOf, withSource } from './with-source.ts';

/** What `potoo status` does. */
export async function runStatus(command: Command, surroundings: Surroundings): Promise<void> {
  await withSource(command, surroundings, async ({ source, printer }) => {
    const value = valueOf(await source.read('health', {}));
    const read = readAnswer(HealthRead, value);
    const isUnknown = read.status === 'degraded' && (await source.unread()).length > 0;
    const health = isUnknown ? { ...read, status: 'not known' } : read;
    const exit = exits[health.status] ?? 3;
    if (exit !== 0) surroundings.exitWith(exit);
    if (printer.form === 'json' || printer.form === 'yaml') return printer.data(value);
    if (printer.form === 'name') return printer.lines(printer.wrapped(health.status, ''));
    const capabilities = health.adapters === undefined ? undefined : await source.read('capabilities', {});
    const totals = capabilities?.ok === true ? readAnswer(CapabilitiesRead, capabilities.value) : undefined;
    printer.lines(summaryLines(health, totals, printer, surroundings.clock.now()));
    const rows = Object.entries(health.adapters ?? {}).map(([name, adapter]) => ({ name, ...adapter }));
    if (rows.length === 0) {
      printer.note('Who may get clusterconstraintreports.potoo.io sees the totals and what reads which kinds.');
      return;
    }
    printer.lines(['']);
    printer.table(columns(printer), rows);
  });
}

/** Something is wrong with what is read, or with all of it. A word that is not here says nothing. */
const exits: Readonly<Record<string, 0 | 1>> = { healthy: 0, degraded: 1, unhealthy: 1 };
const styles: Readonly<Record<string, Style>> = { healthy: 'green', degraded: 'yellow', unhealthy: 'red' };

function summaryLines(
  { status, reasons, indexer, last_scan: scanned }: HealthRead,
  totals:
    | { readonly constraintTypes: Readonly<Record<string, number>>; readonly namespaceCount?: number | undefined }
    | undefined,
  { paint, wrapped }: Printer,
  now: number,
): string[] {
  const style = styles[status];
  const [shown = ''] = wrapped(status, '');
  const types = Object.entries(totals?.constraintTypes ?? {}).map(([type, count]) => `${count} ${type}`);
  const namespaces = totals?.namespaceCount;
  return [
    `Status:        ${style === undefined ? shown : paint(style, shown)}`,
    ...reasons.flatMap((reason) => wrapped(reason, '  ')),
    ...(indexer === undefined
      ? []
      : [
          ...field(
            'Rules',
            `${indexer.total_constraints}${types.length === 0 ? '' : ` (${types.join(', ')})`}`,
            wrapped,
          ),
          ...field(
            'Namespaces',
            `${indexer.namespaces_with_constraints} bound by a rule${namespaces === undefined ? '' : `, of ${namespaces}`}`,
            wrapped,
          ),
        ]),
    ...(scanned === undefined || scanned === null
      ? []
      : field('Last scan', `${scanned} (${ageOf(scanned, now)} ago)`, wrapped)),
  ];
}

function field(label: string, text: string, wrapped: Printer['wrapped']): string[] {
  const [first = '', ...rest] = wrapped(text, ' '.repeat(15));
  return [`${`${label}:`.padEnd(15)}${first.slice(15)}`, ...rest];
}

type Row = { readonly name: string } & NonNullable<HealthRead['adapters']>[string];

function columns({ paint }: Printer): Column<Row>[] {
  return [
    { header: 'ADAPTER', cell: ({ name }) => name },
    {
      header: 'STATE',
      cell: ({ enabled }) => (enabled ? 'on' : 'off'),
      paint: ({ enabled }, text) => (enabled ? text : paint('dim', text)),
    },
    { header: 'KINDS', spare: true, cell: (row) => String(row.watched_resources) },
    {
      header: 'ERRORS',
      cell: (row) => String(row.error_count),
      paint: (row, text) => (row.error_count === 0 ? text : paint('yellow', text)),
    },
    { header: 'REASON', sentence: true, cell: ({ reason }) => reason ?? '' },
  ];
}
