/**
 * Pages of the reports that a caller may see. Who may list all gets them as they are. For everybody else each namespace is
 * asked about, within the budget of a listing, and a cursor is sealed.
 */
import { constraintReports } from '../../crds/api.ts';
import * as z from 'zod';
import type { Caller } from '../auth/identity.ts';
import type { Call } from '../call.ts';
import type { Report } from '../catalog/report.ts';
import { type Answer, GatewayError, refusal } from '../errors.ts';
import { refuse } from './levels.ts';
import { decodeCursor, encodeCursor } from './page.ts';
import { createSealedCursors } from './sealed-cursor.ts';

/** Namespaces that one call looks at, for a caller who may not list all. */
const checkedMax = 1_000;
/** And where somebody waits for it at every letter. */
const glancedMax = 200;
/** Questions that are asked side by side: twice what auth/turns.ts sends for one caller at a time. */
const checkedAtOnce = 8;
/** Time that must be left for another round of questions. */
const roundMs = 2_000;

/** The namespace after which the next page begins, and how many were returned up to it. */
const Progress = z.tuple([z.string().max(63), z.int().min(0).max(10_000_000)]);
type Progress = z.infer<typeof Progress>;

interface Cursors {
  encode(progress: Progress): Answer<string>;
  decode(cursor: string): Answer<Progress>;
}

/** What is paged. */
export interface WantedReports {
  /** What a cursor is for: one of another list is refused. */
  readonly list: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Of all items; one is there in any case. */
  readonly bytesMax: number;
  readonly bytesOf: (report: Report) => number;
}

export interface ReportsPage {
  readonly items: readonly Report[];
  /** Cursor of the next page, if there may be one. */
  readonly next: string | undefined;
  /** How many the caller may see, as far as that has been checked. */
  readonly total: number;
}

/** One page, by namespace. */
export async function pageOfReports(wanted: WantedReports, call: Call): Promise<Answer<ReportsPage>> {
  const { list, limit, cursor } = wanted;
  const mayList = await mayListReports(call.caller);
  const cursors = mayList ? plainCursors(list) : sealedCursors(list, call);
  const start: Answer<Progress> = cursor === undefined ? { ok: true, value: ['', 0] } : cursors.decode(cursor);
  if (!start.ok) return start;
  const [after, before] = start.value;
  const reports = call.catalog.reports();
  const rest = reports.slice(firstIndex(reports, ({ namespace }) => namespace > after));
  const page = withinBytes(mayList ? pageOf(rest, limit) : await visiblePage(rest, limit, call, true), wanted);
  const seen = before + page.items.length;
  // Who sees nothing without credentials is told to bring some.
  if (call.caller.anonymous && !mayList && seen === 0) {
    return refuse(call.caller, `list ${constraintReports.plural}.potoo.io`);
  }
  const next = page.last === undefined ? undefined : cursors.encode([page.last, seen]);
  if (next?.ok === false) return next;
  return { ok: true, value: { items: page.items, next: next?.value, total: mayList ? reports.length : seen } };
}

/** Reports of namespaces whose names begin like this. */
export interface FoundReports {
  readonly items: readonly Report[];
  /** How many there are; undefined where only some were looked at. */
  readonly total: number | undefined;
}

/** The first of them that the caller may see. It looks at few and waits for nothing: it is asked for while somebody types. */
export async function reportsBeginningWith(prefix: string, limit: number, call: Call): Promise<FoundReports> {
  const all = call.catalog.reports();
  const start = firstIndex(all, ({ namespace }) => namespace >= prefix);
  const count = firstIndex(all.slice(start), ({ namespace }) => !namespace.startsWith(prefix));
  const reports = all.slice(start, start + count);
  if (await mayListReports(call.caller)) return { items: reports.slice(0, limit), total: reports.length };
  if (reports.length === 0) return { items: [], total: undefined };
  const { items, last } = await visiblePage(reports, limit, call, false);
  return { items, total: last === undefined ? items.length : undefined };
}

async function mayListReports(caller: Caller): Promise<boolean> {
  return caller.may({ verb: 'list', resource: constraintReports.plural });
}

/** Where it begins to hold, in a list in which it does not hold first and then does. */
function firstIndex<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The page up to where the bytes end. */
function withinBytes(page: Page, { bytesMax, bytesOf }: WantedReports): Page {
  let bytes = 0;
  const end = page.items.findIndex((report, index) => {
    bytes += bytesOf(report);
    return bytes > bytesMax && index > 0;
  });
  if (end === -1) return page;
  const items = page.items.slice(0, end);
  return { items, last: items.at(-1)?.namespace };
}

/** For who may know all namespaces. */
function plainCursors(list: string): Cursors {
  return {
    encode: (progress) => ({ ok: true, value: encodeCursor(list, progress) }),
    decode: (cursor) => decodeCursor(list, cursor, Progress),
  };
}

/** For who may not: a page may end at a namespace that the caller must not hear of. */
function sealedCursors(list: string, { caller, catalog }: Call): Cursors {
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
async function visiblePage(reports: readonly Report[], limit: number, call: Call, patient: boolean): Promise<Page> {
  const { caller, clock, deadline } = call;
  const visible: Report[] = [];
  let looked = 0;
  while (looked < reports.length && visible.length <= limit) {
    const late = clock.monotonic() > deadline - roundMs;
    if (looked > 0 && (late || looked >= (patient ? checkedMax : glancedMax))) break;
    const round = await lookAt(reports.slice(looked, looked + checkedAtOnce), caller);
    visible.push(...round.visible);
    looked += round.looked;
    if (round.stoppedBy === undefined) continue;
    const { code, retryAfterSeconds = Number.POSITIVE_INFINITY } = round.stoppedBy;
    const goesOnAt = clock.monotonic() + retryAfterSeconds * 1_000;
    if (patient && code === 'RATE_LIMITED' && goesOnAt < deadline - roundMs)
      await clock.sleep(retryAfterSeconds * 1_000);
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
