/**
 * The table that `kubectl get` prints, for those who have no kubectl. The API server computes the cells, as for kubectl.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 * @see https://github.com/kubernetes/cli-runtime/blob/v0.36.3/pkg/printers/tableprinter.go
 */
import * as z from 'zod';
import { apiVersion, constraintReports } from '../../crds/api.ts';
import type { Transport } from '../../kube/transport.ts';

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const Table = z.object({
  columnDefinitions: z.array(z.object({ name: z.string(), priority: z.int().default(0) })),
  rows: z.array(
    z.object({
      cells: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
      object: z.object({ metadata: z.object({ namespace: z.string().default('') }) }),
    }),
  ),
});
export type Table = z.infer<typeof Table>;

/** All ConstraintReports of the cluster. */
export async function reportTable(transport: Transport): Promise<Table> {
  const path = `/apis/${apiVersion}/${constraintReports.plural}`;
  return Table.parse(await transport.request({ method: 'GET', path, accept }));
}

/** `kubectl get -A` of it: priority 0 alone, headers in capitals, columns three blanks apart, no blank at the end. */
export function renderTable({ columnDefinitions, rows }: Table): string {
  if (rows.length === 0) return 'No resources found';
  const shown = columnDefinitions.flatMap(({ name, priority }, index) => (priority === 0 ? [{ name, index }] : []));
  const lines = [
    ['NAMESPACE', ...shown.map(({ name }) => name.toUpperCase())],
    ...rows.map(({ cells, object }) => [
      object.metadata.namespace,
      ...shown.map(({ index }) => cellText(cells[index] ?? null)),
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3))).join(''),
    )
    .join('\n');
}

/** kubectl prints one line a row and nothing for null. */
function cellText(cell: Table['rows'][number]['cells'][number]): string {
  if (cell === null) return '';
  const text = String(cell);
  const end = text.search(/[\f\n\r]/);
  return end === -1 ? text : `${text.slice(0, end)}...`;
}
