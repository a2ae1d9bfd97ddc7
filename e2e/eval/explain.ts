/**
 * `npm run -s eval:explain [-- <file.jsonl>]`: asks `potoo_explain` about each row of a corpus of error messages, with nothing but
 * the message and the namespace, once with the policy that the row names among others and once without it. Prints misses, a
 * table by label, and one JSON object of figures on the last line.
 */
import { existsSync } from 'node:fs';
import { type Asked, askAbout } from './explain-asking.ts';
import { explainFigures, type ExplainFigures } from './explain-figures.ts';
import { readExplainRows, sharedErrors } from './explain-rows.ts';

const usage = `Usage: npm run -s eval:explain [-- <file.jsonl>]

The file has one JSON object a line: message, label, source_kind, policy_name, rule_name, namespace, workload, details. Without one,
the corpus beside the project is asked about.`;

const [file = sharedErrors, ...more] = process.argv.slice(2);
if (more.length > 0 || file.startsWith('-') || !existsSync(file)) {
  const why = more.length > 0 || file.startsWith('-') ? '' : `${file} is not there\n\n`;
  process.stderr.write(`${why}${usage}\n`);
  process.exit(2);
}

const missesMax = 400;

const asked: Asked[] = [];
try {
  for (const row of readExplainRows(file)) asked.push(await askAbout(row));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
const { figures, byLabel, misses } = explainFigures(asked);
for (const miss of misses.slice(0, missesMax)) print(miss);
if (misses.length > missesMax) print(`… and ${misses.length - missesMax} more`);
print('');
const columns = ['label', 'rows', 'category', 'policy', 'rule', 'high', 'medium', 'low', 'blamed'];
const levelOf = ({ n, wrong }: ExplainFigures['high']) => (wrong === 0 ? String(n) : `${n} (${wrong} wrong)`);
const cellsOf = (label: string, { rows, category, policy, rule, high, medium, low, blamed }: ExplainFigures) => [
  label,
  rows,
  category,
  policy,
  rule,
  levelOf(high),
  levelOf(medium),
  levelOf(low),
  blamed,
];
for (const row of [columns, ...byLabel.map(([label, own]) => cellsOf(label, own)), cellsOf('all', figures)]) {
  print(
    row
      .map((cell, index) => (index === 0 ? String(cell).padEnd(22) : String(cell).padStart(index === 1 ? 6 : 13)))
      .join(''),
  );
}
print(JSON.stringify(figures));

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
