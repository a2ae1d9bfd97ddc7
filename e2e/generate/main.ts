/**
 * Writes every generated file of the tree; with --check only says which are out of date, and fails when any is.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import * as z from 'zod';
import { customResourceDefinitions } from '../../crds/definitions.ts';
import { optionalRbacFiles, rbacFiles } from './rbac.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const header = '# Generated from the sources by `npm run generate`. Do not edit.\n';

function yamlOf(documents: readonly unknown[]): string {
  return `${header}---\n${documents
    .map((document) => stringify(document, { lineWidth: 120, aliasDuplicateObjects: false }))
    .join('---\n')}`;
}

const Named = z.object({ metadata: z.object({ name: z.string() }) });

/** Folders that hold nothing but generated files, and what belongs into each. */
function generated(): Map<string, Map<string, string>> {
  const crds = new Map<string, string>();
  for (const definition of customResourceDefinitions()) {
    const [plural, ...group] = Named.parse(definition).metadata.name.split('.');
    crds.set(`${group.join('.')}_${plural}.yaml`, yamlOf([definition]));
  }
  const written = (files: ReadonlyMap<string, readonly object[]>) =>
    new Map([...files].map(([name, objects]) => [name, yamlOf(objects)]));
  return new Map([
    ['crds/yaml', crds],
    ['helm/potoo/rbac', written(rbacFiles())],
    ['helm/potoo/rbac/optional', written(optionalRbacFiles())],
  ]);
}

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [folder, files] of generated()) {
  mkdirSync(`${root}${folder}`, { recursive: true });
  for (const entry of readdirSync(`${root}${folder}`, { withFileTypes: true })) {
    const { name } = entry;
    if (files.has(name) || entry.isDirectory()) continue;
    stale.push(`${folder}/${name} (nothing generates it)`);
    if (!check) rmSync(`${root}${folder}/${name}`);
  }
  for (const [name, content] of files) {
    const path = `${folder}/${name}`;
    const present = readdirSync(`${root}${folder}`).includes(name) ? readFileSync(`${root}${path}`, 'utf8') : undefined;
    if (present === content) continue;
    stale.push(path);
    if (!check) writeFileSync(`${root}${path}`, content);
  }
}
if (check && stale.length > 0) {
  console.error(`Out of date, run \`npm run generate\`:\n${stale.map((path) => `  ${path}`).join('\n')}`);
  process.exitCode = 1;
} else if (!check) {
  console.log(stale.length === 0 ? 'Everything was up to date.' : `Written:\n${stale.join('\n')}`);
}
