/**
 * Messages that somebody else wrote behind fixed words: where they end, and what of them a sentence may repeat.
 */
import type { ErrorText, Span } from './error-text.ts';

/** Characters of a message that are read. */
const messageLengthMax = 4_000;
const linesMax = 40;
/** Characters of a line that show whether it begins something else. */
const beginningMax = 400;

/** What no message goes on with: another one begins. Behind a mark of a list, and in lower case. */
const beginnings = [
  'error: ',
  'error ',
  'error:',
  'warning: ',
  'warning ',
  'normal ',
  'for: "',
  'resource: "',
  'name: "',
  'events:',
  'internal error occurred: ',
  'failed to ',
  'failed calling ',
  'helm install failed',
  'time=',
  'level=',
  'ts=',
  'the pods "',
  'reason: ',
  'status: ',
  'type: ',
  'message: ',
  'phase: ',
  'observedgeneration: ',
  'lasttransitiontime: ',
  'lastupdatetime: ',
  'last transition time: ',
  'firsttimestamp: ',
  'lasttimestamp: ',
  'involvedobject:',
  'metadata:',
  'kind: ',
  'apiversion: ',
  'stacktrace',
];
/** Words of the envelopes: a line that holds them tells of another refusal. */
const envelopes = [
  ' is forbidden: ',
  'denied the request',
  'denied request: ',
  'does not support dry run',
  'error from server',
  'failed calling webhook',
  'failed calling admission webhook',
  'failed to call webhook',
  'validation failed for validatingadmissionpolicy',
  'exceeded quota: ',
  'failed quota: ',
  'violates podsecurity',
  'error creating: ',
  ' failedcreate ',
];
/** The same within one line, where several errors are joined. */
const joined = [
  'admission webhook "',
  'failed calling webhook "',
  "validatingadmissionpolicy '",
  'validation failed for validatingadmissionpolicy',
  'error from server (',
  ' && cannot patch "',
  '. retrying attempt #',
];
/** Fields that follow a message in a Status, an Event or a line of a log. */
const fields = [
  'reason',
  'details',
  'code',
  'status',
  'kind',
  'metadata',
  'level',
  'ts',
  'time',
  'caller',
  'error',
  'errorverbose',
  'stacktrace',
  'controller',
  'namespace',
  'object',
  'reconcileid',
];
const fieldStarts = [
  ...fields.flatMap((field) => [`","${field}":`, `", "${field}":`]),
  '" logger=',
  '" controller=',
  '" "key"=',
  '" "logger"=',
  '" "controller"=',
  '", reason:',
  '", details:',
  '" err=',
  '" error=',
];

/**
 * The message that begins here: to the end of its line and over the lines that go on with it, as far as no other error begins.
 */
export function messageFrom(text: ErrorText, at: number): Span {
  const start = text.flat.startsWith(' ', at) ? at + 1 : at;
  const lines = text.linesFrom(start, messageLengthMax);
  let end = start;
  for (const [index, line] of lines.entries()) {
    if (index >= linesMax || (index > 0 && beginsAnother(text, line))) break;
    end = line.end;
  }
  const words = text.lower.slice(start, end);
  const cut = firstOf(words, [...joined, ...fieldStarts]);
  // What the message begins with is a part of it: nothing was joined there.
  if (cut > 0) end = start + cut;
  return { start, end: withoutRest(text.flat, start, end) };
}

/** Marks that end what the message stands in. */
const closingMax = 8;
const opening: Readonly<Record<string, string>> = { '"': '"', "'": "'", ']': '[', '}': '{', ')': '(' };

/** Where the message ends without what closes the text, list or object that holds it. */
function withoutRest(flat: string, start: number, messageEnd: number): number {
  let end = messageEnd;
  for (let round = 0; round < closingMax; round += 1) {
    while (end > start && ' ,;'.includes(flat.charAt(end - 1))) end -= 1;
    const last = flat.charAt(end - 1);
    const partner = opening[last];
    if (end <= start || partner === undefined) break;
    const message = flat.slice(start, end);
    const closed = countOf(message, last);
    const isOdd = partner === last ? closed % 2 === 1 : closed > countOf(message, partner);
    if (!isOdd) break;
    end -= 1;
  }
  return end;
}

function countOf(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

function beginsAnother({ lower }: ErrorText, { start, end }: Span): boolean {
  let from = start;
  while (from < end && ' *-•>|'.includes(lower.charAt(from))) from += 1;
  // A list of errors: each item is one.
  if (lower.startsWith('* ', start)) return true;
  const beginning = lower.slice(from, Math.min(end, from + beginningMax));
  return (
    beginnings.some((words) => beginning.startsWith(words)) ||
    isLogHead(beginning) ||
    firstOf(beginning, envelopes) >= 0
  );
}

/** `E0127 14:35:56`, `2025-06-16T11:09:17`, `3m48s       Warning`, `{"level":`. */
function isLogHead(line: string): boolean {
  const letter = line.charAt(0);
  if (/^[iwef]$/.test(letter) && /^[0-9]{4}$/.test(line.slice(1, 5)) && line.charAt(5) === ' ') return true;
  if (/^[0-9]{4}$/.test(line.slice(0, 4)) && line.charAt(4) === '-' && line.charAt(7) === '-') return true;
  if (line.startsWith('{"')) return true;
  const [first = '', second = ''] = line.split(' ', 2);
  return /^[0-9]$/.test(letter) && /^[0-9hmsd]+$/.test(first) && (second === 'warning' || second === 'normal');
}

function firstOf(words: string, wanted: readonly string[]): number {
  let first = -1;
  for (const each of wanted) {
    const found = words.indexOf(each);
    if (found >= 0 && (first < 0 || found < first)) first = found;
  }
  return first;
}

/**
 * Whether these words stand here: 'cut' when the text ends within them, be it with an ellipsis.
 *
 * @param words In lower case.
 */
export function standsAt({ lower }: ErrorText, at: number, words: string): 'whole' | 'cut' | 'absent' {
  if (lower.startsWith(words, at)) return 'whole';
  let length = 0;
  while (length < words.length && at + length < lower.length && lower.charAt(at + length) === words.charAt(length)) {
    length += 1;
  }
  return endsAt(lower, at + length) ? 'cut' : 'absent';
}

/** Whether nothing follows here but what marks a cut. */
export function endsAt(lower: string, at: number): boolean {
  const rest = lower.slice(at, at + 16);
  return /^[ ….'"`]*$/.test(rest)
    ? at + 16 >= lower.length || rest.includes('…')
    : rest.startsWith('…') || rest.startsWith('...');
}
