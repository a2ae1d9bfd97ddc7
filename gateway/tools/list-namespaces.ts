import * as z from 'zod';
import { constraintReports } from '../../crds/api.ts';
import { severities } from '../../crds/constraint.ts';
import { refuse } from '../answer/levels.ts';
import { decodeCursor, encodeCursor } from '../answer/page.ts';
import { createSealedCursors } from '../answer/sealed-cursor.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../auth/identity.ts';
import type { Report } from '../catalog/report.ts';
import { type Answer, GatewayError, refusal } from '../errors.ts';
import { defineTool } from './define.ts';
import { CursorField, LimitField, pageFields } from './fields.ts';

/** Namespaces that one call looks at, for a caller who may not list all. */
const checkedMax = 1_000;
/** Questions that are asked side by side: twice what auth/turns.ts sends for one caller at a time. */
const checkedAtOnce = 8;
/** Time that must be left for another round of questions. */
const roundMs = 2_000;

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

/** The namespace after which the next page begins, and how many were returned up to it. */
const Progress = z.tuple([z.string().max(63), z.int().min(0).max(10_000_000)]);
type Progress = z.infer<typeof Progress>;
const list = 'namespaces';

interface Cursors {
  encode(progress: Progress): Answer<string>;
  decode(cursor: string): Answer<Progress>;
}

export const listNamespaces = defineTool({
  name: 'potoo_list_namespaces',
  title: 'Namespaces and how many rules bind them',
  description:
    'Lists the namespaces that you may see, with the number of rules that bind each by severity and the gravest of them.',
  input: z.object({ limit: LimitField, cursor: CursorField }),
  output: Output,
  text: namespacesText,
  async run({ limit, cursor }, call) {
    const mayList = await call.caller.may({ verb: 'list', resource: constraintReports.plural });
    const cursors = mayList ? plainCursors : sealedCursors(call);
    const start: Answer<Progress> = cursor === undefined ? { ok: true, value: ['', 0] } : cursors.decode(cursor);
    if (!start.ok) return start;
    const [after, before] = start.value;
    const reports = call.catalog.reports();
    const rest = reports.filter(({ namespace }) => namespace > after);
    const page = mayList ? pageOf(rest, limit) : await visiblePage(rest, limit, call);
    const seen = before + page.items.length;
    // Who sees nothing without credentials is told to bring some.
    if (call.caller.anonymous && !mayList && seen === 0) {
      return refuse(call.caller, `list ${constraintReports.plural}.potoo.io`);
    }
    const next = page.last === undefined ? undefined : cursors.encode([page.last, seen]);
    if (next?.ok === false) return next;
    return {
      ok: true,
      value: {
        namespaces: page.items.map(namespaceAnswer),
        total: mayList ? reports.length : seen,
        returned: page.items.length,
        truncated: next !== undefined,
        ...(next === undefined ? {} : { next_cursor: next.value }),
      },
    };
  },
});

/** For who may know all namespaces. */
const plainCursors: Cursors = {
  encode: (progress) => ({ ok: true, value: encodeCursor(list, progress) }),
  decode: (cursor) => decodeCursor(list, cursor, Progress),
};

/** For who may not: a page may end at a namespace that the caller must not hear of. */
function sealedCursors({ caller, catalog }: Call): Cursors {
  const secret = catalog.sharedSecret;
  if (secret === undefined) {
    const refused = refusal(
      'NOT_SYNCED',
      'The operator has not been seen yet, and without it there are no further pages.',
    );
    return { encode: () => refused, decode: () => refused };
  }
  const sealed = createSealedCursors(secret, { list, identity: caller.identity, schema: Progress });
  return {
    encode: (progress) => ({ ok: true, value: sealed.seal(progress) }),
    decode: (cursor) => sealed.open(cursor),
  };
}

interface Page {
  readonly items: readonly Report[];
  /** The last namespace that was looked at, if others follow. */
  readonly last: string | undefined;
}

function pageOf(reports: readonly Report[], limit: number): Page {
  const items = reports.slice(0, limit);
  return { items, last: items.length < reports.length ? items.at(-1)?.namespace : undefined };
}

/**
 * Asks about namespace after namespace until there is one more than the page holds, or the call has looked at enough: that
 * others follow must not be said because of namespaces that are not the caller's. Where no more can be asked for now, it waits
 * if there is time, since pages with little on them cost everybody more; else the page ends with what is known.
 */
async function visiblePage(reports: readonly Report[], limit: number, call: Call): Promise<Page> {
  const { caller, clock, deadline } = call;
  const visible: Report[] = [];
  let looked = 0;
  while (looked < reports.length && visible.length <= limit) {
    const late = clock.monotonic() > deadline - roundMs;
    if (looked > 0 && (late || looked >= checkedMax)) break;
    const round = await lookAt(reports.slice(looked, looked + checkedAtOnce), caller);
    visible.push(...round.visible);
    looked += round.looked;
    if (round.stoppedBy === undefined) continue;
    const { code, retryAfterSeconds = Number.POSITIVE_INFINITY } = round.stoppedBy;
    const goesOnAt = clock.monotonic() + retryAfterSeconds * 1_000;
    if (code === 'RATE_LIMITED' && goesOnAt < deadline - roundMs) await clock.sleep(retryAfterSeconds * 1_000);
    else if (looked > 0) break;
    else throw round.stoppedBy;
  }
  const items = visible.slice(0, limit);
  if (items.length < visible.length) return { items, last: items.at(-1)?.namespace };
  return { items, last: looked < reports.length ? reports[looked - 1]?.namespace : undefined };
}

interface Round {
  readonly visible: readonly Report[];
  /** How many were looked at, from the first on. */
  readonly looked: number;
  /** Why not all. */
  readonly stoppedBy: GatewayError | undefined;
}

async function lookAt(reports: readonly Report[], caller: Caller): Promise<Round> {
  const answers = await Promise.allSettled(
    reports.map(async ({ namespace }) =>
      caller.may({ verb: 'get', resource: constraintReports.plural, namespace }, 'listing'),
    ),
  );
  const visible: Report[] = [];
  for (const [index, report] of reports.entries()) {
    const answer = answers[index];
    if (answer?.status === 'rejected') {
      const error: unknown = answer.reason;
      if (error instanceof GatewayError) return { visible, looked: index, stoppedBy: error };
      throw error;
    }
    if (answer?.value === true) visible.push(report);
  }
  return { visible, looked: reports.length, stoppedBy: undefined };
}

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

function namespacesText({ total, returned }: z.output<typeof Output>): string {
  return `${returned} of ${total} namespaces.`;
}
