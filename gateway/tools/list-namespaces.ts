import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { severities } from '../../crds/constraint.ts';
import { aroundItemsBytes } from '../answer/binding-page.ts';
import { dataText } from '../answer/fence.ts';
import { pageOfReports } from '../answer/visible-reports.ts';
import type { Report } from '../catalog/report.ts';
import { defineTool } from './define.ts';
import { CursorField, LimitField, pageFields } from './fields.ts';

const NamespaceAnswer = z.object({
  namespace: z.string().describe('Name of the namespace.'),
  total: z.int().min(0).describe('How many constraints bind it.'),
  critical_count: z.int().min(0).describe('How many of them deny or drop now.'),
  warning_count: z.int().min(0).describe('How many of them restrict in part or soon.'),
  info_count: z.int().min(0).describe('How many of them only say or change something.'),
  top_constraint: z.string().optional().describe('Name of the gravest.'),
});
type NamespaceAnswer = z.infer<typeof NamespaceAnswer>;

const Output = z.object({
  namespaces: z.array(NamespaceAnswer).max(1_000).describe('Those that the caller may see, by name.'),
  ...pageFields,
  total: pageFields.total.describe('How many the caller may see, as far as that has been checked.'),
});

export const listNamespaces = defineTool({
  name: 'potoo_list_namespaces',
  title: 'Namespaces and how many rules bind them',
  description:
    'Lists the namespaces that you may see, with the number of rules that bind each by severity and the gravest of them.',
  input: z.object({ limit: LimitField, cursor: CursorField }),
  output: Output,
  text: namespacesText,
  async run({ limit, cursor }, call) {
    const answers = new Map<Report, NamespaceAnswer>();
    const page = await pageOfReports(
      {
        list: 'namespaces',
        limit,
        cursor,
        bytesMax: call.bytesMax - aroundItemsBytes,
        bytesOf(report) {
          const answer = namespaceAnswer(report);
          answers.set(report, answer);
          return Buffer.byteLength(JSON.stringify(answer)) + 1;
        },
      },
      call,
    );
    if (!page.ok) return page;
    const { items, total, next } = page.value;
    return {
      ok: true,
      value: {
        namespaces: items.map((report) => answers.get(report) ?? namespaceAnswer(report)),
        total,
        returned: items.length,
        truncated: next !== undefined,
        ...(next === undefined ? {} : { next_cursor: next }),
      },
    };
  },
});

function namespaceAnswer(report: Report): NamespaceAnswer {
  const top = gravestName(report);
  return {
    namespace: report.namespace,
    total: report.total,
    critical_count: report.critical,
    warning_count: report.warning,
    info_count: report.info,
    ...(top === undefined ? {} : { top_constraint: top }),
  };
}

/** Both lists of a report begin with their gravest; of two that are equally grave the namespace's own is named. */
function gravestName({ own, inherited }: Report): string | undefined {
  const [first] = own;
  const [fromOutside] = inherited;
  if (first === undefined || fromOutside === undefined) return (first ?? fromOutside)?.name;
  return severities.indexOf(fromOutside.severity) < severities.indexOf(first.severity) ? fromOutside.name : first.name;
}

/** Who has no right gets an empty list, not a refusal: the two look the same. */
const none =
  'This does not mean that nothing is bound: you may read the reports of none (the right is get constraintreports.potoo.io in a namespace), or there is none yet.';

function namespacesText({ namespaces, total, returned, next_cursor: cursor }: z.output<typeof Output>): string {
  return dataText({
    before: [
      `Namespaces that you may see: ${total}${cursor === undefined ? '' : ' or more'}. In this answer: ${returned}, by name.`,
    ],
    data: namespaces.map(namespaceLine),
    cursor,
    after: [
      ...(returned === 0 ? [] : ['What binds one of them: potoo_query with its name.']),
      ...(returned > 0 || cursor !== undefined ? [] : [none]),
      ...(cursor === undefined
        ? []
        : ['There may be more: potoo_list_namespaces with, as cursor, the next_cursor at the end of the data.']),
    ],
  });
}

function namespaceLine(each: NamespaceAnswer): string {
  const {
    namespace,
    total,
    critical_count: critical,
    warning_count: warning,
    info_count: info,
    top_constraint: top,
  } = each;
  const counts = `${critical} Critical, ${warning} Warning, ${info} Info`;
  return `${namespace}: ${total} ${total === 1 ? 'rule' : 'rules'} (${counts})${top === undefined ? '' : `, the gravest ${top}`}`;
}
