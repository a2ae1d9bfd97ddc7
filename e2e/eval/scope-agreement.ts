/**
 * How far scopes agree with what should be bound: figures, and each miss with its reason.
 */
import type { Meant } from './scope-match.ts';
import { meansRequest } from './scope-match.ts';
import type { ScopeRow } from './scope-rows.ts';

export interface ScopeCounts {
  readonly bound: number;
  readonly bound_right: number;
  readonly unbound: number;
  readonly unbound_right: number;
}

export interface ScopeAgreement {
  readonly counts: ScopeCounts;
  readonly misses: readonly string[];
  /** Rows that tell nothing of scopes. */
  readonly silent: number;
  /** That may be skipped by a condition, which no scope holds. */
  readonly apart: number;
  /** Of those that are bound: what scopes leave open, and every report therefore has. */
  readonly open: number;
}

export function scopeAgreement(rows: readonly ScopeRow[]): ScopeAgreement {
  const judged = rows.map((row) => ({ row, meant: meantBy(row) }));
  const apart = judged.filter(({ row, meant }) => row.bound === false && meant !== false && row.conditional);
  const counted = judged.filter((each) => each.row.bound !== undefined && !apart.includes(each));
  const bound = counted.filter(({ row }) => row.bound === true);
  const unbound = counted.filter(({ row }) => row.bound === false);
  // What a scope leaves open is bound in every report.
  const isRight = ({ row, meant }: (typeof counted)[number]) => (row.bound === true) === (meant !== false);
  return {
    counts: {
      bound: bound.length,
      bound_right: bound.filter(isRight).length,
      unbound: unbound.length,
      unbound_right: unbound.filter(isRight).length,
    },
    misses: counted.filter((each) => !isRight(each)).map(({ row, meant }) => `${row.id}: ${missText(row, meant)}`),
    silent: judged.filter(({ row }) => row.bound === undefined).length,
    apart: apart.length,
    open: bound.filter(({ meant }) => meant === undefined).length,
  };
}

/** One of the constraints means it, or may. */
function meantBy({ constraints, request }: ScopeRow): Meant {
  const answers = constraints.map((constraint) => meansRequest(constraint, request));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function missText({ constraints, request, bound: must }: ScopeRow, meant: Meant): string {
  const { operation, kind, subresource, namespace = '', name, labels, namespaceLabels = {} } = request;
  const what = `${operation} ${kind}${subresource === undefined ? '' : `/${subresource}`} ${namespace}/${name}`;
  const said = meant === undefined ? 'left open' : meant ? 'bound' : 'not bound';
  const why = constraints.length === 0 ? ', without any constraint' : '';
  const circumstances = `labels ${JSON.stringify(labels)} in a namespace with ${JSON.stringify(namespaceLabels)}`;
  return `${what}, ${circumstances}, must ${must === true ? '' : 'not '}be bound, and is ${said}${why}`;
}
