import * as z from 'zod';
import { ConstraintType, severities, Severity } from '../../crds/constraint.ts';
import { hasWorkload, mayBind, selects } from '../answer/affected.ts';
import { answersThatFit, aroundItemsBytes, pageOfBindings } from '../answer/binding-page.ts';
import { ConstraintAnswer, constraintAnswer } from '../answer/constraint.ts';
import { createLevels, type DetailLevel, levelsOf, mayReadDetails, refusedReport } from '../answer/levels.ts';
import type { Binding } from '../catalog/binding.ts';
import type { NamespaceView } from '../catalog/store.ts';
import type { Workloads } from '../catalog/workloads.ts';
import { remediationFor } from '../answer/remediation.ts';
import { dataText } from '../answer/fence.ts';
import { noReport } from '../answer/no-report.ts';
import { remembered } from '../answer/memo.ts';
import { untoldOf } from '../answer/untold.ts';
import { defineTool } from './define.ts';
import { CursorField, LimitField, Namespace, pageFields } from './fields.ts';

/** Null is absent: a pod without that label, which is not the same as one about which it is not known. */
const Labels = z
  .record(z.string().max(317), z.string().max(63).nullable())
  .refine((labels) => Object.keys(labels).length <= 64, 'at most 64 labels')
  .transform((labels) => Object.fromEntries(Object.entries(labels).filter(isStated)));

function isStated(entry: [string, string | null]): entry is [string, string] {
  return entry[1] !== null;
}

const Input = z.object({
  namespace: Namespace,
  workload_name: z
    .string()
    .min(1)
    .max(317)
    .optional()
    .describe('Only what binds, or may bind, the workload of this name; also as Kind/name.'),
  workload_labels: Labels.optional().describe(
    'Only what binds, or may bind, pods with exactly these labels; one that is null they do not have.',
  ),
  constraint_type: ConstraintType.optional().describe('Only constraints of this type.'),
  severity: Severity.optional().describe('Only constraints of this severity.'),
  include_remediation: z.boolean().default(true).describe('Whether each constraint says what one can do about it.'),
  limit: LimitField,
  cursor: CursorField,
});
type Input = z.output<typeof Input>;

const Output = z.object({
  namespace: z.string().describe('The namespace that was asked about.'),
  constraints: z.array(ConstraintAnswer).max(1_000).describe('What binds there, gravest first.'),
  ...pageFields,
  note: z
    .string()
    .optional()
    .describe('What may be wrong with the question or is missing in the answer, where that can be told.'),
});

export const query = defineTool({
  name: 'potoo_query',
  title: 'What binds me here',
  description:
    'Lists the rules that bind a namespace, gravest first: network policies, quotas, admission and other rules that ' +
    'limit, deny or change what is deployed there and how it communicates. Use it before you deploy or change something.',
  input: Input,
  output: Output,
  text: queryText,
  run: remembered(async (input: Input, { caller, catalog, gateway, pace, bytesMax }) => {
    const { namespace } = input;
    const refused = await refusedReport(caller, namespace);
    if (refused !== undefined) return refused;
    const view = catalog.view(namespace);
    if (view === undefined) return noReport(namespace);

    const typed = view.bindings.filter(
      ({ type, severity }) => (input.constraint_type ?? type) === type && (input.severity ?? severity) === severity,
    );
    // Which workloads a constraint binds may depend on what the caller may see of it.
    const asksForWorkload = input.workload_name !== undefined || input.workload_labels !== undefined;
    const [typedLevel, details] = await Promise.all([
      asksForWorkload ? levelsOf(typed, namespace, caller) : undefined,
      mayReadDetails(namespace, caller),
    ]);
    const from = { namespace, workloads: details ? view.workloads : undefined };
    const ofWorkload: Binding[] = [];
    if (typedLevel !== undefined) {
      await pace.each(typed, (binding) => {
        if (isOf(binding, from.workloads, input, typedLevel(binding))) ofWorkload.push(binding);
      });
    }
    const chosen = typedLevel === undefined ? typed : ofWorkload;
    const list = `query/${namespace}`;
    const page = pageOfBindings(chosen, list, input);
    if (!page.ok) return page;

    const remediation = { namespace, contact: gateway.remediationContact };
    const make = (binding: Binding, level: DetailLevel) => ({
      ...constraintAnswer(binding, level, from),
      ...(input.include_remediation ? { remediation: remediationFor(binding, level, remediation) } : {}),
    });
    const fits = { levelsOf: createLevels(namespace, caller), make, pace, bytesMax: bytesMax - aroundItemsBytes };
    const { answers: constraints, level, next, hurried } = await answersThatFit(page.value, list, fits);
    return {
      ok: true,
      level,
      hurried,
      value: {
        namespace,
        constraints,
        total: chosen.length,
        returned: constraints.length,
        truncated: next !== undefined,
        ...(next === undefined ? {} : { next_cursor: next }),
        ...noteOn(input.workload_name, from.workloads, view),
      },
    };
  }),
});

/** Who may see the workloads is told when none has the name: most often it is a slip, and the answer looks the same. */
function noteOn(name: string | undefined, workloads: Workloads | undefined, view: NamespaceView): { note?: string } {
  const isMissing = name !== undefined && workloads !== undefined && !hasWorkload(workloads, name);
  const untold = untoldOf(view);
  const notes = [
    ...(isMissing ? ['No workload of this name runs in the namespace; what is listed would bind one that came.'] : []),
    ...(untold === 0
      ? []
      : [
          `${untold} more bind the namespace: they found no room in its report, and their full form could not be read.`,
        ]),
  ];
  return notes.length === 0 ? {} : { note: notes.join(' ') };
}

/** Whether it binds, or may bind, the workload that is asked about. */
function isOf(
  binding: Binding,
  workloads: Workloads | undefined,
  { workload_name: name, workload_labels: labels }: Input,
  level: DetailLevel,
): boolean {
  const formIsVisible = level !== 'summary';
  if (name !== undefined && !mayBind(binding, name, workloads, formIsVisible)) return false;
  // Trying labels until a constraint goes away would read its selector, so at the summary level each one stays.
  return labels === undefined || !formIsVisible || selects(binding, labels) !== false;
}

function queryText({
  namespace,
  constraints,
  total,
  returned,
  note,
  next_cursor: cursor,
}: z.output<typeof Output>): string {
  const count = (wanted: Severity) => constraints.filter(({ severity }) => severity === wanted).length;
  const counts = severities.map((severity) => `${count(severity)} ${severity}`).join(', ');
  return dataText({
    before: [
      `Rules that bind the namespace ${namespace}, as asked: ${total}. In this answer: ${returned} (${counts}), gravest first.`,
      ...(note === undefined ? [] : [note]),
    ],
    data: constraints.map(constraintLine),
    cursor,
    after: [
      ...(returned === 0 ? [] : ['What to do about one: potoo_remediation with its id, and the namespace.']),
      ...(cursor === undefined
        ? []
        : [
            'There are more: potoo_query with the same arguments, and as cursor the next_cursor at the end of the data.',
          ]),
    ],
  });
}

function constraintLine(constraint: ConstraintAnswer): string {
  const { severity, effect, constraint_type: type, source_kind: kind, name, rule, id, message } = constraint;
  return `${severity} ${effect} ${type} ${kind}/${name}${rule === undefined ? '' : ` ${rule}`} (${id}): ${message}`;
}
