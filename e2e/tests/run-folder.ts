import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One folder a test run, in which control planes leave their audit logs for the tests that read all of them. Workers
 * inherit the variable.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['POTOO_E2E_RUN_FOLDER'] !== undefined) return undefined; // the caller's, to be kept
  const folder = await mkdtemp(join(tmpdir(), 'potoo-run-'));
  process.env['POTOO_E2E_RUN_FOLDER'] = folder;
  return async () => {
    delete process.env['POTOO_E2E_RUN_FOLDER'];
    await rm(folder, { recursive: true, force: true });
  };
}
