/** Runs the conformance suite of MCP against a server, as a process of its own. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import * as z from 'zod';

const run = promisify(execFile);
const folderOfSuite = fileURLToPath(new URL('../../node_modules/@modelcontextprotocol/conformance', import.meta.url));
const program = `${folderOfSuite}/dist/index.js`;
const Requirements = z.object({ server: z.array(z.string()) });

export type Revision = '2025-11-25' | '2026-07-28';

export interface Verdict {
  /** False when a scenario failed that was not expected to, or passed although it was. */
  readonly asExpected: boolean;
  /** Names of the scenarios that count for the revision. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What the suite printed at its end. */
  readonly summary: string;
}

/**
 * All scenarios that a server of this revision has to pass, but for those that the file expects to fail.
 * @param folder For what the suite writes down of each scenario.
 */
export async function runSuite(options: {
  readonly url: string;
  readonly revision: Revision;
  readonly folder: string;
  readonly expectedFailures?: string | undefined;
}): Promise<Verdict> {
  const { url, revision, folder, expectedFailures } = options;
  const expected = expectedFailures === undefined ? [] : ['--expected-failures', expectedFailures];
  const args = [program, 'server', '--url', url, '--requirements', revision, '-o', folder, ...expected];
  const { stdout, failed } = await run(process.execPath, args, { maxBuffer: 67_108_864, timeout: 110_000 }).then(
    ({ stdout: printed }) => ({ stdout: printed, failed: false }),
    (error: unknown) => {
      // An ending with a number is a verdict, and whatever else went wrong is not.
      if (!(error instanceof Error && 'code' in error && error.code === 1 && 'stdout' in error)) throw error;
      return { stdout: String(error.stdout), failed: true };
    },
  );
  const printed = stripVTControlCharacters(stdout);
  const summary = printed.slice(Math.max(printed.lastIndexOf('=== SUMMARY ==='), 0));
  const named = (pattern: RegExp) => new Set([...summary.matchAll(pattern)].map(([, name = '']) => name));
  // A scenario that ends in warnings alone is shown as passed, and a file has to expect it all the same.
  const passing = named(/^✓ (\S+): /gm).difference(named(/^ +~ (\S+)$/gm));
  // More are run than count: extensions, and what was added after the revision was released.
  const { server: scored } = Requirements.parse(
    parse(readFileSync(`${folderOfSuite}/requirements/${revision}.yaml`, 'utf8')),
  );
  return {
    asExpected: !failed,
    passed: scored.filter((name) => passing.has(name)),
    failed: scored.filter((name) => !passing.has(name)),
    summary,
  };
}
