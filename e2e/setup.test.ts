import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const setup = fileURLToPath(new URL('setup.mjs', import.meta.url));

test('dependencies behind a link, which other working trees may use, are never emptied', () => {
  const folder = mkdtempSync(join(tmpdir(), 'potoo-setup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [tree, shared, bin] = [join(folder, 'tree'), join(folder, 'shared'), join(folder, 'bin')];
  for (const each of [join(tree, 'e2e'), shared, bin]) mkdirSync(each, { recursive: true });
  copyFileSync(setup, join(tree, 'e2e/setup.mjs'));
  writeFileSync(join(tree, 'package-lock.json'), '{}');
  writeFileSync(join(shared, 'package'), '');
  symlinkSync(shared, join(tree, 'node_modules'));
  // Does what npm ci does first.
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\nrm -f node_modules/*\n', { mode: 0o755 });

  const { status, stderr } = spawnSync(process.execPath, [join(tree, 'e2e/setup.mjs')], {
    env: { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) },
    encoding: 'utf8',
  });
  expect(readdirSync(shared)).toEqual(['package']);
  expect(status).toBe(1);
  expect(stderr).toContain('node_modules is a link');
});
