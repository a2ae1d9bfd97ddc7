/**
 * Lists as the API server prints them for kubectl: columns and cells of its own, with the objects beside them, in one answer.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import { shown } from '../words.ts';
import { scrubText } from './scrub.ts';

/** Asks for a table, and takes a plain list from aggregated servers that make none. */
export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export interface Row {
  readonly cells: readonly string[];
  readonly object: JsonObject;
}

export interface Listed {
  /** In capitals, as kubectl heads them. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Whether the server has more of them than it was asked for. */
  readonly more: boolean;
  /** How many more, where the server says. */
  readonly remaining: number | undefined;
}

/** Undefined when it is neither a table nor a list. */
export function readListed(answer: unknown): Listed | undefined {
  if (!isJsonObject(answer)) return undefined;
  const metadata = isJsonObject(answer.metadata) ? answer.metadata : {};
  const more = typeof metadata.continue === 'string' && metadata.continue !== '';
  const left = metadata.remainingItemCount;
  const remaining = typeof left === 'number' && Number.isSafeInteger(left) && left > 0 ? left : undefined;
  if (answer.kind === 'Table') return { ...tableRows(answer), more, remaining };
  const items = answer.items ?? [];
  if (!Array.isArray(items) || typeof answer.kind !== 'string' || !answer.kind.endsWith('List')) return undefined;
  const rows = items.filter(isJsonObject).map((object) => ({ cells: [nameOf(object)], object }));
  return { columns: ['NAME'], rows, more, remaining };
}

function tableRows(table: JsonObject): Pick<Listed, 'columns' | 'rows'> {
  const definitions = listOf(table.columnDefinitions).filter(isJsonObject);
  // What kubectl prints without `-o wide`.
  const chosen = [...definitions.entries()].filter(([, { priority }]) => priority === undefined || priority === 0);
  return {
    columns: chosen.map(([, { name }]) => cellText(name).toUpperCase()),
    rows: listOf(table.rows)
      .filter(isJsonObject)
      .map(({ cells, object }) => ({
        cells: chosen.map(([index]) => cellText(listOf(cells)[index])),
        object: isJsonObject(object) ? object : {},
      })),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const cellLengthMax = 160;

/** On one line: a cell may hold what somebody wrote into an Event. What is cut first is not known for a credential any more. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '<none>';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return shown(scrubText(text), cellLengthMax);
}

function nameOf(object: JsonObject): string {
  return metadataText(object, 'name');
}

function metadataText(object: JsonObject, field: 'name' | 'namespace'): string {
  const { metadata } = object;
  return isJsonObject(metadata) ? cellText(metadata[field]) : '<none>';
}

/** The same with a first column for the namespace of each. */
export function withNamespaces(listed: Listed): Listed {
  return {
    ...listed,
    columns: ['NAMESPACE', ...listed.columns],
    rows: listed.rows.map(({ cells, object }) => ({ cells: [metadataText(object, 'namespace'), ...cells], object })),
  };
}

export interface TableText {
  readonly text: string;
  /** How many rows are in it, from the first on. */
  readonly rows: number;
}

/** As many whole rows as fit into `bytesMax`, in columns; one at least. */
export function tableText({ columns, rows }: Pick<Listed, 'columns' | 'rows'>, bytesMax: number): TableText {
  const lines = [columns, ...rows.map(({ cells }) => cells)];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index]?.length ?? 0)));
  const printed: string[] = [];
  let bytes = 0;
  for (const cells of lines) {
    const line = cells
      .map((cell, index) => (index === cells.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('   ')
      .trimEnd();
    bytes += Buffer.byteLength(JSON.stringify(line));
    // One row there is: without any it would look like an empty list.
    if (printed.length > 1 && bytes > bytesMax) break;
    printed.push(line);
  }
  return { text: printed.join('\n'), rows: printed.length - 1 };
}
