/**
 * Where a connection was to go, from the words around a symptom: libraries of every language write it in their own way.
 */
import { ipVersionOf } from '../../../kube/ip-address.ts';
import type { ErrorText, Span } from '../error-text.ts';
import { type End, isLoopback, portOf, readEndpoint } from '../suspects/connection.ts';

export interface Target {
  readonly to: End;
  readonly port: number | undefined;
}

const windowMax = 700;
const wordLengthMax = 400;
const wordsBeforeMax = 30;
const wordsAfterMax = 10;
const around = '"\'()[]{}<>,;\\=!?|';
const aroundEnd = `${around}.:`;
/** What has a colon and a number behind it in traces, and is no host. */
const files = [
  '.go',
  '.py',
  '.js',
  '.ts',
  '.mjs',
  '.java',
  '.kt',
  '.rb',
  '.rs',
  '.c',
  '.cc',
  '.cpp',
  '.h',
  '.php',
  '.cs',
  '.ex',
  '.scala',
  '.log',
];

/** The nearest address or host, what stands before the symptom first; undefined where there is none. */
export function targetNear(text: ErrorText, at: number): Target | undefined {
  const { flat } = text;
  // The word at either end of the window may be a part of one.
  const before = spaced(flat.slice(Math.max(0, at - windowMax), at))
    .split(' ')
    .slice(at > windowMax ? 1 : 0)
    .toReversed();
  before.length = Math.min(before.length, wordsBeforeMax);
  const after = spaced(flat.slice(at, at + windowMax)).split(' ', wordsAfterMax);
  const words = [...before, ...after];
  const withPort = first(words, (word) => targetOf(word, true));
  if (withPort !== undefined) return withName(withPort, before);
  const inOrder = [...before.toReversed(), ...after];
  const port = portAmong(inOrder);
  const bare = first(words, (word) => targetOf(word, false)) ?? hostAmong(inOrder);
  if (bare === undefined) return port === undefined ? undefined : { to: {}, port };
  return { to: bare.to, port: bare.port ?? port };
}

/** Fields of JSON are words of their own, though no blank stands between them. */
function spaced(window: string): string {
  return window.replaceAll('":', '": ').replaceAll(',"', ' "');
}

/** Go tells the address behind the URL that was asked for: `Get "http://db.shop.svc:80/": dial tcp 10.0.0.1:80: …`. */
function withName(target: Target, before: readonly string[]): Target {
  const { to, port } = target;
  if (to.address === undefined || to.host !== undefined) return target;
  const asked = first(before, (word) => urlIn(word));
  return asked !== undefined && asked.port === port && asked.to.host !== undefined
    ? { to: { ...to, host: asked.to.host }, port }
    : target;
}

function first<Of>(words: readonly string[], read: (word: string) => Of | undefined): Of | undefined {
  for (const word of words) {
    const found = read(word);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One word as an address with its port, a URL, the far end of `a->b`. */
function targetOf(word: string, needsPort: boolean): Target | undefined {
  // Most words are neither.
  if (!word.includes(':') && (needsPort || !word.includes('.'))) return undefined;
  if (word.length > wordLengthMax) return undefined;
  const arrow = word.indexOf('->');
  const url = urlIn(word);
  if (url !== undefined) return url;
  const clean = trimmed(arrow < 0 ? word : word.slice(arrow + 2));
  // librdkafka: `mq.shop:9092/bootstrap`.
  const leading = readEndpoint(clean.slice(0, Math.max(0, clean.indexOf('/'))));
  if (leading?.host !== undefined && leading.port !== undefined && isHost(leading.host))
    return { to: { host: leading.host }, port: leading.port };
  const slash = clean.lastIndexOf('/');
  // Java: `db.shop/10.0.0.1:5432`, `/10.0.0.1:5432`.
  const end = readEndpoint(slash < 0 ? clean : clean.slice(slash + 1));
  if (end === undefined || end.name !== undefined || (needsPort && end.port === undefined)) return undefined;
  if (slash >= 0 && end.address === undefined) return undefined;
  const { address, host, port } = end;
  if (address !== undefined) {
    const named = slash > 0 && isHost(clean.slice(0, slash)) ? clean.slice(0, slash) : undefined;
    return { to: { address, host: named }, port };
  }
  return host !== undefined && port !== undefined && isHost(host) ? { to: { host }, port } : undefined;
}

function trimmed(word: string): string {
  let [start, end] = [0, word.length];
  // An address of IPv6 keeps its own brackets.
  while (start < end && around.includes(word.charAt(start)) && !(word.charAt(start) === '[' && word.includes(']:')))
    start += 1;
  while (end > start && aroundEnd.includes(word.charAt(end - 1)) && !word.endsWith('::', end)) end -= 1;
  const clean = word.slice(start, end);
  const equals = Math.max(
    clean.lastIndexOf('='),
    clean.lastIndexOf('@'),
    clean.lastIndexOf('"'),
    clean.lastIndexOf("'"),
  );
  return equals < 0 ? clean : clean.slice(equals + 1);
}

const schemes: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5_432,
  postgresql: 5_432,
  redis: 6_379,
  mysql: 3_306,
  amqp: 5_672,
  mongodb: 27_017,
};

function urlIn(word: string): Target | undefined {
  const at = word.indexOf('://');
  if (at < 1) return undefined;
  let start = at;
  while (start > 0 && /[a-z+]/i.test(word.charAt(start - 1))) start -= 1;
  const scheme = word.slice(start, at).toLowerCase();
  let end = at + 3;
  while (end < word.length && !'/?#"\'\\,)>|'.includes(word.charAt(end))) end += 1;
  const authority = word.slice(at + 3, end);
  const given = authority.slice(authority.lastIndexOf('@') + 1);
  const own = given.endsWith(':') ? given.slice(0, -1) : given;
  const bare = own.startsWith('[') && own.endsWith(']') ? own.slice(1, -1) : own;
  const read = readEndpoint(bare);
  if (read === undefined || read.name !== undefined) return undefined;
  const usual = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  const { address, host, port = usual } = read;
  return address !== undefined || (host !== undefined && isHost(host)) ? { to: { address, host }, port } : undefined;
}

/** Letters, digits, dots and dashes, with a letter in it; no file of a trace. */
function isHost(text: string): boolean {
  if (text.length > 253 || !/^[A-Za-z0-9._-]+$/.test(text) || !/[A-Za-z]/.test(text)) return false;
  return !files.some((ending) => text.toLowerCase().endsWith(ending)) && !text.startsWith('-');
}

/** `port 5432`, `port=5432`, `"Port":"5432"`; two words of which the first is an address and the second its port. */
function portAmong(words: readonly string[]): number | undefined {
  for (const [index, word] of words.entries()) {
    const clean = trimmed(word);
    const next = portOf(trimmed(words[index + 1] ?? ''));
    if (next !== undefined && (clean.toLowerCase() === 'port' || ipVersionOf(clean) !== undefined)) return next;
    const lower = word.toLowerCase();
    if (lower.includes('port=') || lower.includes('port"')) {
      const port = portOf(clean.slice(clean.lastIndexOf(':') + 1));
      if (port !== undefined) return port;
    }
  }
  // `Connect call failed ('10.0.0.1', 5432)`, and with a name that somebody left out.
  const failed = words.findIndex(
    (word, index) => word.toLowerCase() === 'failed' && (words[index + 1] ?? '').startsWith('('),
  );
  return failed < 0 ? undefined : portOf(trimmed(words[failed + 2] ?? ''));
}

/** After words that a host follows. */
const beforeHost: ReadonlySet<string> = new Set([
  'lookup',
  'host',
  'host:',
  'to',
  'resolve',
  'nslookup',
  'dig',
  'ping',
  'ping:',
  'curl',
  'wget',
  'nc',
  'telnet',
  'address',
  'eai_again',
  'enotfound',
  'server',
]);

/** After words that a host in quotation marks follows, and much else without them. */
const beforeQuoted: ReadonlySet<string> = new Set(['on', 'at', 'to', 'for', 'host', 'resolve', 'address']);

function isQuotation(word: string): boolean {
  const mark = word.charAt(0);
  return (mark === "'" || mark === '"') && word.indexOf(mark, 1) > 1;
}

function hostAmong(words: readonly string[]): Target | undefined {
  for (let index = words.length - 2; index >= 0; index -= 1) {
    const word = words[index + 1] ?? '';
    const clean = trimmed(word);
    const isQuoted = beforeQuoted.has((words[index] ?? '').toLowerCase()) && isQuotation(word);
    if (isQuoted && isHost(clean))
      return { to: ipVersionOf(clean) === undefined ? { host: clean } : { address: clean }, port: undefined };
    if (!beforeHost.has((words[index] ?? '').toLowerCase()) || !isHost(clean)) continue;
    const isFollowed = (words[index + 2] ?? '').toLowerCase() === 'port';
    if (clean.includes('.') || clean.includes('-') || clean === 'localhost' || isFollowed)
      return { to: ipVersionOf(clean) === undefined ? { host: clean } : { address: clean }, port: undefined };
  }
  return undefined;
}

/** Whether Docker Compose wrote the line: `web-1  | …`. No cluster is involved. */
export function isOfCompose({ flat }: ErrorText, line: Span): boolean {
  const beginning = flat.slice(line.start, Math.min(line.end, line.start + 80));
  const bar = beginning.indexOf(' | ');
  return bar > 0 && /^[A-Za-z0-9._-]+$/.test(beginning.slice(0, bar));
}

/** Whether it never leaves the pod. */
export function isToItself({ to: { address, host } }: Target): boolean {
  return isLoopback(address ?? host ?? '');
}
