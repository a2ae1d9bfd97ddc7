import * as z from 'zod';
import { answersThatFit, aroundItemsBytes, pageOfBindings } from '../answer/binding-page.ts';
import { ConstraintAnswer, visible } from '../answer/constraint.ts';
import { createLevels, DetailLevel, levelIn, refusedReport } from '../answer/levels.ts';
import { noReport } from '../answer/no-report.ts';
import { Limit } from '../answer/page.ts';
import { remediationFor } from '../answer/remediation.ts';
import { tagsOf } from '../answer/tags.ts';
import type { Binding } from '../catalog/binding.ts';
import { CursorField, Namespace } from '../tools/fields.ts';
import { remembered } from '../answer/memo.ts';
import { defineResource } from './define.ts';

const count = z.int().min(0);

const fields = ConstraintAnswer.shape;
const Entry = z.object({
  id: fields.id,
  name: fields.name,
  rule: fields.rule,
  type: fields.constraint_type,
  severity: fields.severity,
  effect: fields.effect,
  source: fields.source_kind,
  message: fields.message,
  tags: fields.tags,
  detailLevel: fields.detail_level,
  remediation: fields.remediation,
});

const Output = z.object({
  namespace: z.string().describe('The namespace.'),
  constraintCount: count.describe('How many constraints bind it.'),
  criticalCount: count.describe('How many of them deny or drop now.'),
  warningCount: count.describe('How many of them restrict in part or soon.'),
  infoCount: count.describe('How many of them only say or change something.'),
  schemaVersion: z.literal('1').describe('Version of this form.'),
  detailLevel: DetailLevel.describe('The level that the caller has in the namespace.'),
  generatedAt: z.string().describe('When the report last changed.'),
  constraints: z.array(Entry).describe('Gravest first.'),
  truncated: z
    .boolean()
    .describe('Whether there are more: where limit or cursor ask for pages, or all would be too much for one answer.'),
  nextCursor: z.string().optional().describe('Give it back as cursor for the next page.'),
});

const Params = z.object({
  namespace: Namespace,
  limit: Limit.optional().describe('Most constraints to return; all when absent.'),
  cursor: CursorField,
});
type Params = z.output<typeof Params>;

export const reports = defineResource({
  name: 'reports',
  uri: 'potoo://reports/{namespace}',
  title: 'Report of a namespace',
  description:
    'All constraints that bind a namespace, with counts by severity. Complete unless limit and cursor ask for pages, or it were ' +
    'over 4 MiB, over MCP 48 kB: while truncated is true, read the same with ?cursor= and the nextCursor of the answer.',
  params: Params,
  output: Output,
  read: remembered(async ({ namespace, limit, cursor }: Params, { caller, catalog, gateway, pace, bytesMax }) => {
    const refused = await refusedReport(caller, namespace);
    if (refused !== undefined) return refused;
    const view = catalog.view(namespace);
    if (view === undefined) return noReport(namespace);
    const list = `reports/${namespace}`;
    const page = pageOfBindings(view.bindings, list, { limit, cursor });
    if (!page.ok) return page;

    const detailLevel = await levelIn(namespace, caller);
    const from = { namespace, contact: gateway.remediationContact };
    const make = (binding: Binding, level: DetailLevel) => ({
      ...entryOf(binding, level, namespace),
      remediation: remediationFor(binding, level, from),
    });
    const { answers, level, next, hurried } = await answersThatFit(page.value, list, {
      levelsOf: createLevels(namespace, caller),
      make,
      pace,
      bytesMax: bytesMax - aroundItemsBytes,
    });
    const { report } = view;
    return {
      ok: true,
      level,
      hurried,
      value: {
        namespace,
        constraintCount: report.total,
        criticalCount: report.critical,
        warningCount: report.warning,
        infoCount: report.info,
        schemaVersion: '1' as const,
        detailLevel,
        generatedAt: report.lastChanged,
        constraints: answers,
        truncated: next !== undefined,
        ...(next === undefined ? {} : { nextCursor: next }),
      },
    };
  }),
});

function entryOf(binding: Binding, level: DetailLevel, namespace: string): z.infer<typeof Entry> {
  const { name, rule, message } = visible(binding, level, namespace);
  return {
    id: binding.id,
    name,
    ...(rule === undefined ? {} : { rule }),
    type: binding.type,
    severity: binding.severity,
    effect: binding.effect,
    source: binding.kind,
    message,
    tags: tagsOf(binding.type, binding.effect),
    detailLevel: level,
  };
}
