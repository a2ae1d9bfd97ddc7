/**
 * `npm run -s eval:adapters [-- <corpus folder>]`: runs every policy of a corpus through its adapter and prints a table, what could
 * not be read and why, and one JSON object on the last line.
 */
import { existsSync } from 'node:fs';
import { adapters } from '../../operator/adapters/all.ts';
import { type AdapterFigures, adapterFigures, type Remark } from './adapter-figures.ts';
import { corpusAt, sharedCorpus } from './corpus.ts';
import { policyManifests } from './policy-manifests.ts';

const usage = `Usage: npm run -s eval:adapters [-- <corpus folder>]

Reads all YAML files below the folder; without one, those of the corpus beside the project. Kinds that neither the folder nor that
corpus defines are left out.`;

const [folder, ...more] = process.argv.slice(2);
const corpus = folder === undefined ? sharedCorpus : corpusAt(folder);
if (more.length > 0 || folder?.startsWith('-') === true || !existsSync(corpus.root)) {
  const why = more.length > 0 || folder?.startsWith('-') === true ? '' : `${corpus.root} is not there\n\n`;
  process.stderr.write(`${why}${usage}\n`);
  process.exit(2);
}

const remarksMax = 40;

const all = adapterFigures(policyManifests(corpus, adapters));

const share = (part: number, whole: number) => (whole === 0 ? 1 : Math.round((part / whole) * 10_000) / 10_000);
const sum = (figure: (figures: AdapterFigures) => number) => all.reduce((total, figures) => total + figure(figures), 0);

const columns = ['adapter', 'objects', 'constraints', 'errors', 'nobody', 'real form', 'full scope'];
const rows = all.map((figures) => [
  figures.adapter,
  figures.objects,
  figures.constraints,
  figures.errors.length,
  figures.boundToNobody.length,
  share(figures.realForm, figures.constraints),
  share(figures.fullScope, figures.constraints),
]);
for (const row of [columns, ...rows]) {
  print(row.map((cell, index) => (index === 0 ? String(cell).padEnd(28) : String(cell).padStart(12))).join(''));
}
for (const { adapter, errors, boundToNobody } of all) {
  tell(`${adapter}: could not be read`, errors);
  tell(`${adapter}: bound to nobody`, boundToNobody);
}
const constraints = sum((figures) => figures.constraints);
print(
  JSON.stringify({
    objects: sum(({ objects }) => objects),
    constraints,
    errors: sum(({ errors }) => errors.length),
    bound_to_nobody: sum(({ boundToNobody }) => boundToNobody.length),
    real_form: share(
      sum(({ realForm }) => realForm),
      constraints,
    ),
    full_scope: share(
      sum(({ fullScope }) => fullScope),
      constraints,
    ),
  }),
);

function tell(title: string, remarks: readonly Remark[]): void {
  if (remarks.length === 0) return;
  print(`\n${title}:`);
  for (const { file, object, text } of remarks.slice(0, remarksMax)) print(`  ${file}: ${object}: ${text}`);
  if (remarks.length > remarksMax) print(`  … and ${remarks.length - remarksMax} more`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
