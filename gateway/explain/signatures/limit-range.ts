/**
 * LimitRange: bounds on what one container, pod or claim may ask for. The message names neither the LimitRange nor the
 * container, but all bounds of one LimitRange that are not kept.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/plugin/pkg/admission/limitranger/admission.go
 */
import { formatQuantity, parseQuantity } from '../../../kube/quantity.ts';
import { shown } from '../../words.ts';
import { envelopeStart, isForbidden } from '../envelope.ts';
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { endOfRun } from '../places.ts';
import { limitRangeSteps } from '../steps/limit-range.ts';
import { type Bound, limitRangesWith, type Violation } from '../suspects/limit-range.ts';

const violationsMax = 16;
const usage = ' usage per ';
const ratio = ' max limit to request ratio per ';
const resourceLengthMax = 320;
const resourceCharacter = /[A-Za-z0-9._/-]/;
const leads = { min: 'minimum ', max: 'maximum ' } as const;

const bounds: Signature = {
  anchors: [usage, ratio],
  read(from, at) {
    const start = startBefore(from, at);
    const first = start === undefined ? undefined : readViolation(from, start);
    if (start === undefined || first === undefined) return undefined;
    // Without all of its words, others may have written it.
    if (first.violation.limit === undefined && !isForbidden(from, start)) return undefined;
    const violations = [first.violation];
    const evidence = [{ start, end: first.end }];
    let { end } = first;
    while (violations.length < violationsMax) {
      const next = endOfRun(from.flat, end, 4, /[.,; '"]/);
      const more = next === end ? undefined : readViolation(from, next);
      if (more === undefined) break;
      violations.push(more.violation);
      evidence.push({ start: next, end: more.end });
      end = more.end;
    }
    const types = new Set(violations.map(({ on }) => on));
    return {
      category: 'limitrange',
      engine: 'limitrange',
      // The message names the type of item, which is what tells the constraints of a LimitRange apart.
      rule: types.size === 1 ? first.violation.on : undefined,
      certainty: 'stated',
      span: { start: envelopeStart(from, start), end },
      evidence,
      sentence: `A LimitRange bounds what one may ask for: ${violations.slice(0, 4).map(textOf).join('; ')}.`,
      suspects: (candidates) => limitRangesWith(candidates, violations),
      steps: (suspects, about) => limitRangeSteps(violations, suspects, about),
    };
  },
};

/** Where the words begin that lead to an anchor. */
function startBefore({ lower }: ErrorText, at: number): number | undefined {
  let start = at;
  while (start > 0 && at - start < resourceLengthMax && resourceCharacter.test(lower.charAt(start - 1))) start -= 1;
  if (start === at) return undefined;
  if (lower.startsWith(ratio, at)) return start;
  return [leads.min, leads.max].map((lead) => start - lead.length).find((place) => isLead(lower, place));
}

function isLead(lower: string, place: number): boolean {
  return place >= 0 && (lower.startsWith(leads.min, place) || lower.startsWith(leads.max, place));
}

interface ReadViolation {
  readonly violation: Violation;
  readonly end: number;
}

function readViolation(from: ErrorText, start: number): ReadViolation | undefined {
  const { flat, lower } = from;
  const lead = (['min', 'max'] as const).find((each) => lower.startsWith(leads[each], start));
  const resourceAt = lead === undefined ? start : start + leads[lead].length;
  const resourceEnd = endOfRun(flat, resourceAt, resourceLengthMax, resourceCharacter);
  const words = lead === undefined ? ratio : usage;
  if (resourceEnd === resourceAt || !lower.startsWith(words, resourceEnd)) return undefined;
  const base = { bound: lead ?? ('ratio' as Bound), resource: flat.slice(resourceAt, resourceEnd) };
  const typeAt = resourceEnd + words.length;
  const typeEnd = endOfRun(flat, typeAt, 120, /[A-Za-z./]/);
  if (!lower.startsWith(' is ', typeEnd)) {
    return { violation: base, end: typeEnd };
  }
  const on = typeOf(flat.slice(typeAt, typeEnd));
  const limit = readAmount(from, typeEnd + ' is '.length);
  const actual = readActual(from, limit.end);
  // What follows shows that the amount is whole.
  const amount = actual === undefined ? undefined : parseQuantity(limit.text);
  return { violation: { ...base, on, limit: amount, ...actual?.found }, end: actual?.end ?? limit.end };
}

/** As LimitRange items write it. */
function typeOf(word: string): string {
  const known = ['Container', 'Pod', 'PersistentVolumeClaim'];
  return known.find((type) => type.toLowerCase() === word.toLowerCase()) ?? word;
}

function readAmount({ flat }: ErrorText, at: number): { readonly text: string; readonly end: number } {
  let end = endOfRun(flat, at, 64, /[A-Za-z0-9.+-]/);
  while (end > at && flat.charAt(end - 1) === '.') end -= 1;
  return { text: flat.slice(at, end), end };
}

interface Actual {
  readonly found: Pick<Violation, 'of' | 'actual' | 'ratio'>;
  readonly end: number;
}

/** What was asked for, behind the bound. */
function readActual(from: ErrorText, at: number): Actual | undefined {
  for (const compared of ['request', 'limit'] as const) {
    const nothing = [`. no ${compared} is specified`, `, but no ${compared} is specified or ${compared} is 0`];
    const fixed = nothing.find((words) => from.lower.startsWith(words, at));
    if (fixed !== undefined) return { found: { of: compared }, end: at + fixed.length };
    const lead = `, but ${compared} is `;
    if (!from.lower.startsWith(lead, at)) continue;
    const { text, end } = readAmount(from, at + lead.length);
    return { found: { of: compared, actual: parseQuantity(text) ?? 'unread' }, end };
  }
  const lead = ', but provided ratio is ';
  if (!from.lower.startsWith(lead, at)) return undefined;
  const { text, end } = readAmount(from, at + lead.length);
  return { found: { ratio: withoutZeros(text) }, end };
}

/** Of six decimals, those that say something. */
function withoutZeros(text: string): string {
  let end = text.length;
  if (text.includes('.')) while (end > 0 && text.charAt(end - 1) === '0') end -= 1;
  return text.slice(0, text.charAt(end - 1) === '.' ? end - 1 : end);
}

const nouns: Readonly<Record<Bound, string>> = { min: 'at least', max: 'at most', ratio: 'limit to request at most' };

function textOf({ bound, resource, on, limit, of, actual, ratio: provided }: Violation): string {
  const whose = on === undefined ? '' : ` per ${shown(on, 60)}`;
  const what = `${shown(resource)}${whose} ${nouns[bound]} ${limit === undefined ? 'some amount' : formatQuantity(limit)}`;
  if (provided !== undefined) return `${what}, it was ${shown(provided, 40)}`;
  if (of === undefined || actual === 'unread') return what;
  return actual === undefined ? `${what}, no ${of} was stated` : `${what}, the ${of} was ${formatQuantity(actual)}`;
}

const failed: Signature = {
  anchors: ['because there was an error enforcing limit ranges'],
  read(_from, at) {
    const span = { start: at, end: at + 'because there was an error enforcing limit ranges'.length };
    return {
      category: 'limitrange',
      engine: 'limitrange',
      certainty: 'stated',
      span,
      evidence: [span],
      sentence: 'The API server could not read the limit ranges of the namespace, and refused for that.',
      suspects: () => ({ certain: [], possible: [] }),
      steps: (suspects, about) => limitRangeSteps([], suspects, about),
    };
  },
};

export const limitRangeSignatures: readonly Signature[] = [bounds, failed];
