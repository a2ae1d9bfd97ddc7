import type { Command } from 'commander';
import * as z from 'zod';
import type { Column } from '../table.ts';
import type { Surroundings } from '../surroundings.ts';
import { type NamespaceRead, NamespacesRead, readAnswer } from './answers.ts';
import { wholeList } from './pages.ts';
import type { Printer } from './printer.ts';
import { readOwn } from './settings.ts';
import { valueOf, withSource } from './with-source.ts';

const Own = z.object({ limit: z.number().optional(), cursor: z.string().optional() });
const tool = 'potoo_list_namespaces';

/** What `potoo namespaces` does. */
export async function runNamespaces(command: Command, surroundings: Surroundings): Promise<void> {
  const own = readOwn(command, Own);
  await withSource(command, surroundings, async ({ source, printer }) => {
    const isOnePage = own.limit !== undefined || own.cursor !== undefined;
    const value = valueOf(isOnePage ? await source.ask(tool, own) : await wholeList(source, tool, {}, 'namespaces'));
    const { namespaces, next_cursor: next } = readAnswer(NamespacesRead, value);
    if (printer.form === 'json' || printer.form === 'yaml') await printer.data(value);
    else if (printer.form === 'name') printer.lines(namespaces.map(({ namespace }) => namespace));
    else if (namespaces.length > 0) printer.table(columns(printer), namespaces);
    if (namespaces.length === 0) printer.note('There is no namespace with a report that you may see.');
    if (next !== undefined) printer.note(`The next page: --cursor ${next}`);
  });
}

function columns({ paint }: Printer): Column<NamespaceRead>[] {
  const counted = (header: string, of: (row: NamespaceRead) => number, style?: 'red' | 'yellow') => ({
    header,
    cell: (row: NamespaceRead) => String(of(row)),
    paint: (row: NamespaceRead, text: string) => (style === undefined || of(row) === 0 ? text : paint(style, text)),
  });
  return [
    { header: 'NAMESPACE', cell: ({ namespace }) => namespace },
    counted('TOTAL', ({ total }) => total),
    counted('CRITICAL', (row) => row.critical_count, 'red'),
    counted('WARNING', (row) => row.warning_count, 'yellow'),
    { ...counted('INFO', (row) => row.info_count), spare: true },
    { header: 'GRAVEST', sentence: true, cell: (row) => row.top_constraint ?? '' },
  ];
}
