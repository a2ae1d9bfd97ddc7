/**
 * Tables as kubectl prints them: headers in capitals, columns three blanks apart, none at the end of a line. Which columns
 * there are never depends on what stands in them, so that a script may count them.
 *
 * @see https://github.com/kubernetes/cli-runtime/blob/v0.36.3/pkg/printers/tableprinter.go
 */
import { visible } from './visible.ts';
import { cutTo, padTo, widthOf } from './width.ts';

export interface Column<Row> {
  readonly header: string;
  /** Whether it is shown with -o wide alone. */
  readonly wide?: true;
  /** Whether it is shortened before any other where the terminal is narrow. */
  readonly sentence?: true;
  /** Whether a terminal that is too narrow for it goes without it, so that others can be read in full. */
  readonly spare?: true;
  cell(row: Row): string;
  /** The colour of a cell. */
  readonly paint?: (row: Row, text: string) => string;
}

export interface TableOptions {
  readonly wide: boolean;
  readonly headers: boolean;
  readonly colours: boolean;
  /** Columns of the terminal that lines must fit into; they are not cut when absent. */
  readonly width: number | undefined;
}

/** What has no value, as kubectl says it. */
const empty = '<none>';
/** As kubectl has it. */
const gapMax = 3;
/** A sentence has this part of the line, as long as another column is wider than `longCell`: one long name shortens no sentence. */
const sentencePart = 0.4;
const longCell = 28;
/** Below these a column says nothing any more, so others are shortened first. */
const sentenceMin = 12;
const cellMin = 6;

/** The lines of a table, headers first. */
export function tableLines<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  { wide, headers, colours, width }: TableOptions,
): string[] {
  const filled = all
    .filter((column) => wide || column.wide !== true)
    .map((column): Filled<Row> => {
      const cells = rows.map((row) => visible(column.cell(row)) || empty);
      const texts = headers ? [column.header, ...cells] : cells;
      return { column, cells, natural: texts.reduce((widest, each) => Math.max(widest, widthOf(each)), 0) };
    });
  const taken = width === undefined ? filled : withoutSpare(filled, width);
  const columns = taken.map(({ column }) => column);
  const { widths, gap } = fitted(
    columns,
    taken.map(({ natural }) => natural),
    width,
  );
  const line = (texts: readonly string[], row?: Row) => {
    const parts = columns.map((column, index) => {
      const cut = cutTo(texts[index] ?? '', widths[index] ?? 0);
      const blanks = index === columns.length - 1 ? '' : ' '.repeat(padding(cut, widths[index] ?? 0) + gap);
      const painted = colours && row !== undefined && column.paint !== undefined ? column.paint(row, cut) : cut;
      return `${painted}${blanks}`;
    });
    return parts.join('').trimEnd();
  };
  return [
    ...(headers ? [line(columns.map(({ header }) => header))] : []),
    ...rows.map((row, index) =>
      line(
        taken.map(({ cells }) => cells[index] ?? ''),
        row,
      ),
    ),
  ];
}

interface Filled<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  /** Columns of the terminal that it would take. */
  readonly natural: number;
}

/** Leaves spare columns out, the last first, as long as the others do not fit. */
function withoutSpare<Row>(filled: readonly Filled<Row>[], width: number): readonly Filled<Row>[] {
  const least = filled.map(({ column, natural }) =>
    column.sentence === true ? Math.min(natural, sentenceMin) : natural,
  );
  if (sum(least) + gapMax * (filled.length - 1) <= width) return filled;
  const spare = filled.findLastIndex(({ column }) => column.spare === true);
  return spare === -1 ? filled : withoutSpare(filled.toSpliced(spare, 1), width);
}

function padding(text: string, width: number): number {
  return padTo(text, width).length - text.length;
}

/** Widths that fit into the line: sentences give way first, then what is very long, then the widest of all others, then the blanks between. */
function fitted<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number | undefined,
): { readonly widths: readonly number[]; readonly gap: number } {
  if (width === undefined) return { widths: natural, gap: gapMax };
  const widths = [...natural];
  const isSentence = columns.map(({ sentence }) => sentence === true);
  const others = isSentence.map((sentence) => !sentence);
  const steps = [
    { gap: gapMax, may: isSentence, min: Math.max(sentenceMin, Math.floor(width * sentencePart)) },
    { gap: gapMax, may: others, min: longCell },
    { gap: gapMax, may: isSentence, min: sentenceMin },
    { gap: 2, may: others, min: cellMin },
    { gap: 1, may: others.map(() => true), min: 1 },
    { gap: 0, may: others.map(() => true), min: 0 },
  ];
  for (const { gap, may, min } of steps) {
    const room = width - gap * (columns.length - 1);
    while (sum(widths) > room) {
      const widest = widestOf(widths, may, min);
      if (widest === undefined) break;
      // One at a time keeps those that are equally wide equal; terminals have hundreds of columns, not thousands.
      const excess = sum(widths) - room;
      const alone = may.filter(Boolean).length === 1;
      widths[widest] = (widths[widest] ?? 0) - (alone ? Math.min(excess, (widths[widest] ?? 0) - min) : 1);
    }
    if (sum(widths) <= room) return { widths, gap };
  }
  return { widths, gap: 0 };
}

function widestOf(widths: readonly number[], may: readonly boolean[], min: number): number | undefined {
  let widest: number | undefined;
  for (const [index, width] of widths.entries()) {
    if (may[index] !== true || width <= min) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
  }
  return widest;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
