import type { Command } from 'commander';
import * as z from 'zod';
import type { Answer, Refusal } from '../../errors.ts';
import { failureOf } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';
import { NamespacesRead, QueryRead, readAnswer } from './answers.ts';
import { argumentOf, constraintColumns, type Row } from './constraint-table.ts';
import { wholeList } from './pages.ts';
import { readOwn } from './settings.ts';
import { type Running, valueOf, withSource } from './with-source.ts';

const Own = z.object({
  allNamespaces: z.boolean().default(false),
  workload: z.string().optional(),
  labels: z.record(z.string(), z.string().nullable()).optional(),
  type: z.string().optional(),
  severity: z.string().optional(),
  limit: z.number().optional(),
  cursor: z.string().optional(),
  remediation: z.boolean(),
  failOn: z.enum(['critical', 'warning', 'info', 'any']).optional(),
});
type Own = z.infer<typeof Own>;

/** Namespaces that are asked about side by side. */
const atOnce = 4;

/** What `potoo query` does. */
export async function runQuery(command: Command, surroundings: Surroundings): Promise<void> {
  const own = readOwn(command, Own);
  await withSource(command, surroundings, async (running) => {
    const answers = own.allNamespaces ? await everywhere(running, own) : await inOne(running, own);
    const found = answers.read.flatMap(({ constraints }) => constraints);
    await print(running, own, answers, surroundings.clock.now());
    if (isFound(found, own.failOn)) surroundings.exitWith(1);
    // What binds is known in part: no more and no less.
    else if (answers.unread.length > 0) surroundings.exitWith(3);
  });
}

interface Answers {
  /** As JSON has it. */
  readonly value: object;
  readonly read: readonly QueryRead[];
  readonly unread: readonly Refused[];
}

interface Refused {
  readonly namespace: string;
  readonly refused: Refusal;
}

async function inOne({ source, namespace, printer }: Running, own: Own): Promise<Answers> {
  const value = valueOf(await ask(source, namespace, own, printer.form));
  return { value, read: [readAnswer(QueryRead, value)], unread: [] };
}

/** What the caller may see, namespace by namespace; those without any constraint need not be asked about. */
async function everywhere({ source, printer }: Running, own: Own): Promise<Answers> {
  const list = valueOf(await wholeList(source, 'potoo_list_namespaces', {}, 'namespaces'));
  const waiting = readAnswer(NamespacesRead, list)
    .namespaces.filter(({ total }) => total > 0)
    .map(({ namespace }) => namespace);
  const answers = new Map<string, Answer<object>>();
  const names = waiting.values();
  async function askInTurn(): Promise<void> {
    // Shared by all that ask, so that each namespace is asked about once.
    for (const namespace of names) answers.set(namespace, await ask(source, namespace, own, printer.form));
  }
  await Promise.all(Array.from({ length: atOnce }, askInTurn));
  const values: object[] = [];
  const unread: Refused[] = [];
  for (const namespace of waiting) {
    const answer = answers.get(namespace);
    if (answer?.ok === true) values.push(answer.value);
    // One that has gone since the list was made has nothing to be read.
    else if (answer !== undefined && answer.code !== 'REPORT_NOT_FOUND') unread.push({ namespace, refused: answer });
  }
  const [first] = unread;
  if (first !== undefined && values.length === 0) throw failureOf(first.refused);
  const told = unread.map(({ namespace, refused: { code, error } }) => ({ namespace, code, error }));
  return { value: { items: values, unread: told }, read: values.map((value) => readAnswer(QueryRead, value)), unread };
}

async function ask(
  source: Running['source'],
  namespace: string,
  own: Own,
  form: Running['printer']['form'],
): Promise<Answer<object>> {
  const isData = form === 'json' || form === 'yaml';
  const input = {
    namespace,
    ...(own.workload === undefined ? {} : { workload_name: own.workload }),
    ...(own.labels === undefined ? {} : { workload_labels: own.labels }),
    ...(own.type === undefined ? {} : { constraint_type: own.type }),
    ...(own.severity === undefined ? {} : { severity: own.severity }),
    include_remediation: isData && own.remediation,
  };
  const { limit, cursor } = own;
  if (limit === undefined && cursor === undefined) return wholeList(source, 'potoo_query', input, 'constraints');
  const page = { ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) };
  return source.ask('potoo_query', { ...input, ...page });
}

async function print({ printer }: Running, own: Own, { value, read, unread }: Answers, now: number): Promise<void> {
  const rows: Row[] = read.flatMap(({ namespace, constraints }) =>
    constraints.map((constraint) => ({ of: namespace, constraint })),
  );
  if (printer.form === 'json' || printer.form === 'yaml') {
    await printer.data(value);
  } else if (printer.form === 'name') {
    printer.lines(
      read.flatMap(({ namespace, constraints }) =>
        constraints.map((each) => `${argumentOf(each, constraints)}${own.allNamespaces ? ` -n ${namespace}` : ''}`),
      ),
    );
  } else if (rows.length > 0) {
    printer.table(constraintColumns(printer.paint, now, own.allNamespaces), rows);
  }
  if (rows.length === 0) printer.note(nothing(own, read));
  for (const { note } of read) if (note !== undefined) printer.note(note);
  for (const { namespace, refused } of unread) printer.note(`${namespace}: ${failureOf(refused).message}`);
  const [page] = read;
  if (page?.next_cursor !== undefined) {
    printer.note(`${page.returned} of ${page.total}; the next page: --cursor ${page.next_cursor}`);
  }
}

function nothing(own: Own, [first]: readonly QueryRead[]): string {
  const isAsked = [own.workload, own.labels, own.type, own.severity].some((each) => each !== undefined);
  const where =
    own.allNamespaces || first === undefined ? 'any namespace that you may see' : `namespace ${first.namespace}`;
  return isAsked ? `No rule of those asked about binds ${where}.` : `No rule binds ${where}.`;
}

/** Whether one is as grave as what the command shall fail on. A severity that is not known counts: it could be. */
function isFound(constraints: readonly { readonly severity: string }[], failOn: Own['failOn']): boolean {
  if (failOn === undefined) return false;
  if (failOn === 'any' || failOn === 'info') return constraints.length > 0;
  const milder = failOn === 'critical' ? ['Warning', 'Info'] : ['Info'];
  return constraints.some(({ severity }) => !milder.includes(severity));
}
