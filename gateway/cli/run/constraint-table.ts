/**
 * Constraints as rows, and what stands for one where a name is asked for.
 */
import { capitalized } from '../../words.ts';
import type { Column } from '../table.ts';
import type { ConstraintRead } from './answers.ts';
import type { Printer, Style } from './printer.ts';

export interface Row {
  /** The namespace that was asked about. */
  readonly of: string;
  readonly constraint: ConstraintRead;
}

/** The columns of `potoo query`. @param now For the age, in ms since the epoch. */
export function constraintColumns(paint: Printer['paint'], now: number, allNamespaces: boolean): Column<Row>[] {
  const namespace: Column<Row> = { header: 'NAMESPACE', cell: ({ of }) => of };
  return [
    ...(allNamespaces ? [namespace] : []),
    { header: 'NAME', cell: ({ constraint: { name } }) => name },
    { header: 'RULE', wide: true, cell: ({ constraint: { rule } }) => rule ?? '' },
    {
      header: 'SEVERITY',
      cell: ({ constraint: { severity } }) => severity,
      paint: ({ constraint: { severity } }, text) => paintSeverity(paint, severity, text),
    },
    { header: 'TYPE', spare: true, cell: ({ constraint }) => constraint.constraint_type },
    { header: 'EFFECT', spare: true, cell: ({ constraint }) => constraint.effect },
    { header: 'SOURCE', wide: true, cell: ({ constraint }) => constraint.source_kind },
    { header: 'WORKLOADS', wide: true, cell: ({ constraint }) => String(constraint.affected_workloads_total) },
    { header: 'CHANGED', wide: true, cell: ({ constraint }) => ageOf(constraint.last_observed, now) },
    { header: 'ID', wide: true, cell: ({ constraint }) => constraint.id },
    { header: 'MESSAGE', sentence: true, cell: ({ constraint }) => constraint.message },
  ];
}

/** Red for what denies now, yellow for what may soon. */
export function paintSeverity(paint: Printer['paint'], severity: string, text: string): string {
  const styles: Readonly<Record<string, Style>> = { Critical: 'red', Warning: 'yellow' };
  const style = styles[capitalized(severity)];
  return style === undefined ? text : paint(style, text);
}

/** A name that stands for this constraint alone among those listed, and is one plain word of a shell. */
export function argumentOf(constraint: ConstraintRead, all: readonly ConstraintRead[]): string {
  const { id, name, rule } = constraint;
  const word = rule === undefined ? name : `${name}/${rule}`;
  const same = all.filter((each) => each.name === name && (rule === undefined || each.rule === rule));
  return same.length === 1 && /^[A-Za-z0-9][\w.:/-]*$/.test(word) ? word : id;
}

/** Time since, in the largest unit that says enough: 45s, 12m, 5h, 3d. */
export function ageOf(timestamp: string, now: number): string {
  const since = now - Date.parse(timestamp);
  if (Number.isNaN(since)) return '<unknown>';
  const seconds = Math.max(0, Math.floor(since / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
