/**
 * `npm run -s eval:scope -- <kyverno|gatekeeper|vap> [--index <file.jsonl> --root <folder>]`: whether scopes say of an object that a
 * policy means it where the engine's own verdict says so. The last line is one JSON object of counts.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { meansRequest } from './scope-match.ts';
import { type ScopeOracle, scopeOracles, type ScopeRow, scopeRows, sharedIndex } from './scope-rows.ts';

const usage = `Usage: npm run -s eval:scope -- <${scopeOracles.join('|')}> [--index <file.jsonl> --root <folder>]

Without an index: the oracle of the corpus beside the project. Paths in an index are relative to the root.`;

const { oracle, index, root } = argumentsOf(process.argv.slice(2));
const missesMax = 60;

const rows = scopeRows(oracle, index, root);
const judged = rows.map((row) => ({ row, meant: meantBy(row) }));
const apart = judged.filter(({ row, meant }) => row.bound === false && meant !== false && row.conditional);
const counted = judged.filter((each) => each.row.bound !== undefined && !apart.includes(each));
const bound = counted.filter(({ row }) => row.bound === true);
const unbound = counted.filter(({ row }) => row.bound === false);
// What a scope leaves open is bound in every report.
const boundRight = bound.filter(({ meant }) => meant !== false);
const unboundRight = unbound.filter(({ meant }) => meant === false);

const misses = counted.filter((each) => !boundRight.includes(each) && !unboundRight.includes(each));
for (const { row, meant } of misses.slice(0, missesMax)) print(`${row.id}: ${missText(row, meant)}`);
if (misses.length > missesMax) print(`… and ${misses.length - missesMax} more`);
print(
  `${rows.length} rows; ${rows.length - judged.filter(({ row }) => row.bound !== undefined).length} tell nothing of scopes, ` +
    `${apart.length} may be skipped by a condition; of those bound ${bound.filter(({ meant }) => meant === undefined).length} are left open`,
);
print(
  JSON.stringify({
    bound: bound.length,
    bound_right: boundRight.length,
    unbound: unbound.length,
    unbound_right: unboundRight.length,
  }),
);

/** One of the constraints means it, or may. */
function meantBy({ constraints, request }: ScopeRow): boolean | undefined {
  const answers = constraints.map((constraint) => meansRequest(constraint, request));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function missText({ constraints, request, bound: must }: ScopeRow, meant: boolean | undefined): string {
  const what = `${request.operation} ${request.kind} ${request.namespace ?? ''}/${request.name}`;
  const said = meant === undefined ? 'left open' : meant ? 'bound' : 'not bound';
  const why = constraints.length === 0 ? ', without any constraint' : '';
  return `${what} must ${must === true ? '' : 'not '}be bound, and is ${said}${why}`;
}

function argumentsOf(args: readonly string[]) {
  const options = { index: { type: 'string' }, root: { type: 'string' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const wanted = scopeOracles.find((one) => one === positionals[0]);
    if (
      wanted === undefined ||
      positionals.length > 1 ||
      (values.index === undefined) !== (values.root === undefined)
    ) {
      fail();
    }
    const files = { ...sharedIndex(wanted), ...values };
    if (!existsSync(files.index)) fail(`${files.index} is not there`);
    return { oracle: wanted satisfies ScopeOracle, ...files };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(why = 'An oracle must be named, and --index and --root come together.'): never {
  process.stderr.write(`${why}\n\n${usage}\n`);
  process.exit(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
