/**
 * Texts that `potoo_explain` is measured on: logs as people paste them with one error in the middle, and what somebody would
 * paste who wants it to take long. Each has a size of its own; all are ASCII.
 */
import { signatures } from '../../gateway/explain/signatures/all.ts';

export interface BenchText {
  readonly name: string;
  readonly text: string;
}

const denied =
  'Error from server: admission webhook "validate.kyverno.svc-fail" denied the request:\n\n' +
  'resource Deployment/shop/web was blocked due to the following policies\n\n' +
  "owners-7:\n  owner-is-known: 'validation error: Say who owns it. rule owner-is-known failed at path /metadata/labels/owner/'\n";
const exceeded =
  'pods "web-5d4f8c7b9-x2x4z" is forbidden: exceeded quota: amounts-3, requested: requests.cpu=2, used: requests.cpu=9, ' +
  'limited: requests.cpu=10';

const plainLine = (at: number) =>
  `2026-03-0${(at % 9) + 1}T10:${String(at % 60).padStart(2, '0')}:07.${String(at % 1_000).padStart(3, '0')}Z INFO worker/${at % 13} handled GET /orders/${at} in ${at % 97} ms\n`;
const jsonLine = (at: number) =>
  `${JSON.stringify({ level: 'info', ts: 1_760_000_000 + at, logger: 'orders', msg: `request "${at}" done\tfast`, path: `/orders/${at}` })}\n`;

/** So many characters of lines, with an error after the half of them. */
function withinLines(line: (at: number) => string, length: number, error: string): string {
  const lines: string[] = [];
  let size = error.length + 1;
  for (let at = 0; size < length; at += 1) size += lines[lines.push(line(at)) - 1]?.length ?? 0;
  lines.splice(lines.length >>> 1, 0, `${error}\n`);
  return lines.join('').slice(0, length);
}

function repeated(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

/** What somebody would paste who asks in earnest. */
export function realisticTexts(length: number): readonly BenchText[] {
  const logged = JSON.stringify({ level: 'error', msg: 'Reconciler error', error: exceeded, namespace: 'shop' });
  return [
    { name: 'plain log', text: withinLines(plainLine, length, `E0301 10:00:00 1 controller.go:9] ${exceeded}`) },
    { name: 'JSON log', text: withinLines(jsonLine, length, logged) },
    {
      name: 'log within JSON',
      text: JSON.stringify({ log: withinLines(jsonLine, length * 0.8, logged) }).slice(0, length),
    },
    { name: 'Kyverno block', text: withinLines(plainLine, length, denied) },
    { name: 'nothing known', text: withinLines(plainLine, length, 'all is well') },
    {
      name: 'events',
      text: withinLines(
        (at) => `${at}m  Warning  FailedCreate  replicaset/web-${at}  Error creating: ${exceeded}\n`,
        length,
        exceeded,
      ),
    },
  ];
}

const anchors = [...new Set(signatures.flatMap((signature) => signature.anchors))];

/** Each anchor again and again; runs of what is written otherwise; one character. One at a time: all of them are gigabytes. */
export function* hostileTexts(length: number): Iterable<BenchText> {
  const characters = [
    '\\',
    ' ',
    '"',
    "'",
    '[',
    '(',
    '{',
    ':',
    '\n',
    '\t',
    '`',
    '*',
    '\u0000',
    '\u001b',
    '&',
    '|',
    '>',
    '\u2028',
    'x',
    '0',
    ',',
  ];
  const pieces = [
    '\\n',
    '\\"',
    '\\\\',
    '\\u001b[31m',
    '\u001b[31',
    '&quot;',
    '&amp;amp;',
    '\n  ',
    '\n> ',
    '"x" ',
    "'x' ",
    '[x] ',
    'x=1,',
    'pods "a" ',
    'a/b/c ',
    'é\u00a0',
    '\\u003',
  ];
  yield { name: 'all anchors', text: repeated(anchors.join(' "a" '), length) };
  for (const anchor of anchors) {
    yield { name: `anchor ${anchor}`, text: repeated(anchor, length) };
    yield { name: `anchor and quotes ${anchor}`, text: repeated(`${anchor}"a": [b] 'c', (d) x=1, `, length) };
  }
  for (const piece of [...characters, ...pieces]) {
    yield { name: `run of ${JSON.stringify(piece)}`, text: repeated(piece, length) };
  }
  yield { name: 'anchor, then one word', text: `${anchors[0] ?? ''}${'x'.repeat(length)}`.slice(0, length) };
}

/** So many lines. */
export function linesText(count: number): BenchText {
  const lines = Array.from({ length: count }, (_, at) => plainLine(at));
  lines.splice(count >>> 1, 0, `${exceeded}\n`);
  return { name: `${count} lines`, text: lines.join('') };
}
