/**
 * Installs the dependencies when they are missing or older than the lock file. Runs on whatever node the machine has:
 * the project's own Node 24 is one of the dependencies, and npm scripts find it first on their PATH from then on.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.potoo-lock`;
const lock = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
const installed = () =>
  spawnSync('node_modules/.bin/node', ['--version'], { cwd: root, encoding: 'utf8' }).stdout?.trim();
const upToDate = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && installed();

if (!upToDate) {
  // npm ci empties the folder first, and through a link that is the folder of another working tree.
  if (lstatSync(`${root}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'potoo: the dependencies in node_modules are not those of package-lock.json, and node_modules is a link: npm ci ' +
        'would empty the folder behind it. Run npm ci there, or remove the link and try again.',
    );
    process.exit(1);
  }
  console.error('potoo: installing dependencies (npm ci), about half a minute …');
  const result = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    console.error(`potoo: npm ci failed${result.error ? `: ${result.error.message}` : ''}`);
    process.exit(1);
  }
  const version = installed();
  if (!version?.startsWith('v24.')) {
    console.error(
      'potoo: Node 24 was not installed. The package "node" brings it with an install script: allow install scripts ' +
        '(npm config set ignore-scripts false), remove node_modules and try again.',
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
