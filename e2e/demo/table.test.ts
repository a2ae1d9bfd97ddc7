import { expect, test } from 'vitest';
import { renderTable, type Table } from './table.ts';

const row = (namespace: string, ...cells: Table['rows'][number]['cells']) => ({
  cells,
  object: { metadata: { namespace } },
});
const columns = (...names: string[]) => names.map((name) => ({ name, priority: 0 }));

test('headers are capitals, columns are three blanks apart, and the last cell ends the line', () => {
  const table = {
    columnDefinitions: columns('Name', 'Total', 'Age'),
    rows: [row('payments', 'constraints', 12, '3s'), row('ci', 'constraints', 3, '10m')],
  };
  expect(renderTable(table).split('\n')).toEqual([
    'NAMESPACE   NAME          TOTAL   AGE',
    'payments    constraints   12      3s',
    'ci          constraints   3       10m',
  ]);
});

test('columns with a priority are left for -o wide', () => {
  const columnDefinitions = [...columns('Name'), { name: 'Changed', priority: 1 }, ...columns('Age')];
  expect(renderTable({ columnDefinitions, rows: [row('a', 'b', 'yesterday', '1d')] })).not.toMatch(
    /changed|yesterday/i,
  );
});

test('a cell without a value is empty, and one of several lines is cut at the first', () => {
  const table = { columnDefinitions: columns('Name', 'Total', 'Text'), rows: [row('a', 'b', null, 'one\ntwo')] };
  expect(renderTable(table).split('\n')[1]).toBe('a           b              one...');
});

test('no rows give the sentence of kubectl', () => {
  expect(renderTable({ columnDefinitions: columns('Name'), rows: [] })).toBe('No resources found');
});
