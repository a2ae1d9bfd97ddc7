/**
 * What must hold of a single write of a report, whatever else is going on: what the end of a history does not show any more.
 */
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import type { KubeObject } from '../../kube/resource.ts';

/** Figures of usage alone are written at most so often. */
const figuresMs = 10_000;

/** `sinceMs`: since the same replica wrote this report. Sentences; none when all is right. */
export function wrongInWrite(before: KubeObject, after: KubeObject, sinceMs: number): string[] {
  const [was, is] = [entriesOf(before), entriesOf(after)];
  const wrongs: string[] = [];
  for (const [id, entry] of is) {
    const known = was.get(id);
    if (known === undefined) continue;
    const { lastChanged, ...content } = entry;
    const { lastChanged: earlier, ...contentBefore } = known;
    if (isDeepStrictEqual(content, contentBefore) && lastChanged !== earlier) wrongs.push(`${id} has not changed`);
    const severity = severityAtEdge(entry.metrics, known.severity);
    if (severity !== undefined && severity !== entry.severity) {
      wrongs.push(`${id} was ${String(known.severity)} and must be ${severity}`);
    }
  }
  const figuresAlone =
    was.size > 0 && isDeepStrictEqual(withoutFigures(before['status']), withoutFigures(after['status']));
  if (figuresAlone && sinceMs < figuresMs) wrongs.push(`nothing but figures after ${sinceMs} ms`);
  return wrongs;
}

function entriesOf({ status }: KubeObject): Map<string, JsonObject> {
  const entries = isJsonObject(status) && Array.isArray(status.constraints) ? status.constraints : [];
  return new Map(entries.filter(isJsonObject).map((entry) => [String(entry.id), entry]));
}

/** What a quota of whole numbers is, given what it was. Undefined where there is no such quota, or a limit of 0. */
function severityAtEdge(metrics: unknown, before: unknown): string | undefined {
  if (!isJsonObject(metrics)) return undefined;
  const shares = Object.values(metrics).map((metric) =>
    isJsonObject(metric) ? (Number(metric.used ?? 0) / Number(metric.hard)) * 100 : Number.NaN,
  );
  if (shares.length === 0 || !shares.every(Number.isFinite)) return undefined;
  const share = Math.max(...shares);
  if (share >= (before === 'Critical' ? 85 : 90)) return 'Critical';
  return share >= (before === 'Info' ? 75 : 70) ? 'Warning' : 'Info';
}

function withoutFigures(status: unknown): unknown {
  const text = JSON.stringify(status, (key, child: unknown) =>
    key === 'used' || key === 'lastChanged' || key === 'lastTransitionTime' ? undefined : child,
  );
  return text === undefined ? undefined : JSON.parse(text);
}
