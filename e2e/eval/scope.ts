/**
 * `npm run -s eval:scope -- <kyverno|gatekeeper|vap> [--index <file.jsonl> --root <folder>]`: whether scopes say of an object that a
 * policy means it where the engine's own verdict says so. The last line is one JSON object of counts; without an index the line
 * before it has those of requests that were made for the policies of the corpus.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { corpusMissing } from './corpus.ts';
import { generatedRows } from './generated-scope.ts';
import { type ScopeAgreement, scopeAgreement } from './scope-agreement.ts';
import { type ScopeOracle, scopeOracles, type ScopeRow, scopeRows, sharedIndex } from './scope-rows.ts';
import { serverScope } from './server-scope.ts';

const usage = `Usage: npm run -s eval:scope -- <${scopeOracles.join('|')}> [--index <file.jsonl> --root <folder>]

Without an index: the oracle of the corpus beside the project, and before it requests just inside and just outside of what
each policy matches. Of those a plain matcher tells which are meant; for vap a real API server does, with the webhooks of the
cases too: a control plane is started on this machine, which takes one to two minutes, and longer where it has to be built first.
Paths in an index are relative to the root.`;

const { oracle, index, root, isOwn } = argumentsOf(process.argv.slice(2));
const missesMax = 60;

if (isOwn && corpusMissing === undefined) {
  const generated = scopeAgreement(oracle === 'vap' ? await rowsOfServer() : generatedRows(oracle));
  tell(generated);
  print(JSON.stringify({ ...generated.counts, generated: true }));
}
const agreement = scopeAgreement(scopeRows(oracle, index, root));
tell(agreement);
print(JSON.stringify(agreement.counts));

async function rowsOfServer(): Promise<readonly ScopeRow[]> {
  await using controlPlane = await startControlPlane();
  const { rows, refused } = await serverScope(controlPlane);
  for (const why of refused) print(`not taken by the API server: ${why}`);
  return rows;
}

function tell({ counts, misses, silent, apart, open }: ScopeAgreement): void {
  for (const miss of misses.slice(0, missesMax)) print(miss);
  if (misses.length > missesMax) print(`… and ${misses.length - missesMax} more`);
  print(
    `${counts.bound + counts.unbound + silent + apart} rows; ${silent} tell nothing of scopes, ` +
      `${apart} may be skipped by a condition; of those bound ${open} are left open`,
  );
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
    return { oracle: wanted satisfies ScopeOracle, isOwn: values.index === undefined, ...files };
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
