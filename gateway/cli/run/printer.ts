/**
 * Answers on the output, in the form that was asked for; everything else on the errors.
 */
import { styleText } from 'node:util';
import { type Column, tableLines } from '../table.ts';
import type { Surroundings } from '../surroundings.ts';
import { visible, visibleEscaped } from '../visible.ts';
import { wrap } from '../width.ts';
import type { Settings } from './settings.ts';

export interface Printer {
  readonly form: Settings['output'];
  /** Columns that lines should fit into; undefined where nobody looks, and with -o wide. */
  readonly width: number | undefined;
  /** The contract's JSON, or the same as YAML. */
  readonly data: (value: object) => Promise<void>;
  readonly table: <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) => void;
  /** Text of ours, with nothing from outside that is not visible. */
  readonly lines: (lines: readonly string[]) => void;
  /** A sentence beside the answer. */
  readonly note: (sentence: string) => void;
  /** A text from outside as lines that fit, each after the indent. */
  readonly wrapped: (text: string, indent: string) => string[];
  readonly paint: (style: Style, text: string) => string;
}

export type Style = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

/** Of a terminal that does not say. */
const usualWidth = 80;

/** @param settings.output Decides what `width` is: -o wide is never cut. */
export function createPrinter(settings: Settings, { output, errors, environment }: Surroundings): Printer {
  const colours = hasColours(settings, output.isTTY === true, environment);
  const width = output.isTTY === true && settings.output !== 'wide' ? output.columns || usualWidth : undefined;
  const write = (text: string) => void output.write(text);
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  return {
    form: settings.output,
    width,
    paint,
    async data(value) {
      if (settings.output === 'yaml') return write(await yamlOf(value));
      const json = JSON.stringify(value);
      // In a pipe the very bytes of the contract; on a terminal the same data without a character that would steer it.
      write(`${output.isTTY === true ? visibleEscaped(json) : json}\n`);
    },
    table(columns, rows) {
      const options = { wide: settings.output === 'wide', headers: settings.headers, colours, width };
      write(linesOf(tableLines(columns, rows, options)));
    },
    lines: (lines) => write(linesOf(lines)),
    note: (sentence) => void errors.write(`${visible(sentence)}\n`),
    wrapped(text, indent) {
      return visible(text) === ''
        ? []
        : wrap(visible(text), (width ?? Infinity) - indent.length).map((line) => `${indent}${line}`);
    },
  };
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** @see https://no-color.org */
function hasColours({ color }: Settings, isTerminal: boolean, environment: Surroundings['environment']): boolean {
  if (color !== 'auto') return color === 'always';
  return isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

/** Texts with characters that are not seen stand in double quotes, where those can be escaped. */
async function yamlOf(value: object): Promise<string> {
  const { Document, visit } = await import('yaml');
  const document = new Document(value);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && visibleEscaped(node.value) !== node.value) node.type = 'QUOTE_DOUBLE';
    },
  });
  return visibleEscaped(document.toString({ lineWidth: 0 }));
}
