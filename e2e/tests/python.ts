/** A Python with the packages that the clients need, in a folder of its own. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = fileURLToPath(new URL('../clients/python/requirements.txt', import.meta.url));

/** Whether this machine has a Python at all; it is nothing that npm could install. */
export const hasPython = spawnSync('python3', ['-c', 'import venv']).status === 0;

/** The path of a python with the requirements of the clients, made once for each set of them. */
export async function pythonWithRequirements(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const cache = process.env['XDG_CACHE_HOME'] ?? `${homedir()}/.cache`;
  const folder = `${cache}/potoo/python-${hash}`;
  if (!existsSync(folder)) {
    // Complete or not there: a run that is stopped half way leaves a folder of another name.
    const partial = `${folder}.${process.pid}`;
    await mkdir(partial, { recursive: true });
    await run('python3', ['-m', 'venv', partial]);
    await run(`${partial}/bin/python3`, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    if (existsSync(folder)) await rm(partial, { recursive: true });
    else await rename(partial, folder);
  }
  return `${folder}/bin/python3`;
}
