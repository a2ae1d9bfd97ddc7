/**
 * What Gatekeeper writes beside denials: events of its webhook and its audit, its log, and the status of a constraint.
 *
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/webhook/policy.go (events)
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/audit/manager.go
 */
import { quotedField } from '../fields.ts';
import type { Signature } from '../finding.ts';
import { format, text, word } from '../format.ts';
import { firstWithin, lastWithin } from '../places.ts';
import { type GatekeeperTold, gatekeeperFinding } from './gatekeeper-told.ts';

const eventForm = format`constraint: ${word('constraint')}, message: ${text('message')}`;

/** `…, Constraint: name, Message: words`; what stands before says what came of it. */
const event: Signature = {
  anchors: ['constraint: '],
  read(from, at) {
    const found = eventForm.read(from, at);
    const { constraint, message = '' } = found?.parts ?? {};
    if (found === undefined || constraint === undefined || !isName(constraint)) return undefined;
    const start = Math.max(0, at - 400);
    const whole = from.lower.slice(start, at);
    // Not what stands before another event.
    const other = whole.lastIndexOf('message: ');
    const before = other < 0 ? whole : whole.slice(other).padStart(whole.length);
    const leading = leads.map(({ words, outcome }) => ({ outcome, at: before.lastIndexOf(words) }));
    const last = leading.find((lead) => lead.at >= 0);
    if (last === undefined) return undefined;
    return gatekeeperFinding({
      constraint,
      messages: [message],
      outcome: last.outcome,
      span: { start: start + last.at, end: found.end },
      evidence: [{ start: at, end: found.end }],
    });
  },
};

const leads: readonly { readonly words: string; readonly outcome: GatekeeperTold['outcome'] }[] = [
  { words: 'admission webhook "validation.gatekeeper.sh" denied request', outcome: 'refused' },
  { words: 'admission webhook "validation.gatekeeper.sh" raised a warning', outcome: 'warned' },
  { words: 'dryrun violation, ', outcome: 'noted' },
  { words: 'auditviolation', outcome: 'noted' },
  { words: 'resource namespace: ', outcome: 'noted' },
];

const earlyForm = format`] by constraint ${word('constraint')} ${text('message')}`;

/** `denied request: [Namespace: shop Kind: Pod Name: web] by constraint name words`, of early builds. */
const earlyEvent: Signature = {
  anchors: ['] by constraint '],
  read(from, at) {
    const found = earlyForm.read(from, at);
    const { constraint, message = '' } = found?.parts ?? {};
    if (found === undefined || constraint === undefined || !isName(constraint)) return undefined;
    const lead = 'admission webhook "validation.gatekeeper.sh" denied request: [';
    const start = lastWithin(from.lower, lead, at - 600, at);
    if (start < 0) return undefined;
    const span = { start, end: found.end };
    return gatekeeperFinding({ constraint, messages: [message], outcome: 'refused', span });
  },
};

function isName(name: string): boolean {
  return /^[a-z0-9.-]+$/.test(name);
}

const logWindow = 1_500;

/** A line of its log about a violation, as JSON: the only place that tells the kind beside the name. */
const logLine: Signature = {
  anchors: ['"constraint_name":'],
  read(from, at) {
    const { flat, lower } = from;
    const open = lastWithin(flat, '{', at - logWindow, at);
    const start = open < 0 ? Math.max(0, at - logWindow) : open;
    const close = firstWithin(flat, '}', at, at + logWindow);
    const end = close < 0 ? Math.min(flat.length, at + logWindow) : close + 1;
    const field = (name: string) => {
      const found = quotedField(from, name, { start, end });
      return found === undefined ? undefined : flat.slice(found.start, found.end);
    };
    const constraint = field('constraint_name');
    const type = field('event_type') ?? '';
    if (constraint === undefined || !isName(constraint) || !type.startsWith('violation')) return undefined;
    const action = field('constraint_action');
    const isAudit = field('process') === 'audit' || lower.slice(start, end).includes('violation_audited');
    const refuses = !isAudit && (action === 'deny' || action === undefined);
    const message = field('constraint_msg') ?? field('event_msg') ?? '';
    return gatekeeperFinding({
      constraint,
      kind: field('constraint_kind'),
      messages: message === '' ? [] : [message],
      outcome: refuses ? 'refused' : !isAudit && action === 'warn' ? 'warned' : 'noted',
      span: { start, end },
      evidence: [{ start: at, end: Math.min(end, at + 200) }],
    });
  },
};

const statusWindow = 6_000;

/** `kubectl describe` or `get -o yaml` of a constraint, with what its audit found. */
const status: Signature = {
  anchors: ['constraints.gatekeeper.sh/'],
  read(from, at) {
    const { lower } = from;
    const violations = firstWithin(lower, 'violations:', at, at + statusWindow);
    if (violations < 0) return undefined;
    const lines = from.linesFrom(at, 2_000).map((line) => ({ ...line, text: from.flat.slice(line.start, line.end) }));
    const kind = lines.map(({ text: words }) => valueOf(words, 'kind:')).find((value) => value !== undefined);
    const metadata = lines.findIndex(({ text: words }) => words.toLowerCase().trim() === 'metadata:');
    const inside = metadata < 0 ? [] : namesBelow(lines, metadata);
    const constraint = inside[0] ?? nameAbove(from.linesFrom(Math.max(0, at - 400), Math.min(at, 400)), from.flat);
    if (kind === undefined || constraint === undefined || !isName(constraint)) return undefined;
    const listed = from.linesFrom(violations, 2_000).map(({ start, end }) => from.flat.slice(start, end));
    const messages = listed.map((line) => valueOf(line, 'message:')).filter((value) => value !== undefined);
    if (messages.length === 0) return undefined;
    const last = from.linesFrom(violations, 2_000).at(-1)?.end ?? violations;
    return gatekeeperFinding({
      constraint,
      kind,
      messages,
      outcome: 'noted',
      span: { start: at, end: last },
      evidence: [{ start: violations, end: Math.min(last, violations + 300) }],
    });
  },
};

interface TextLine {
  readonly indent: number;
  readonly text: string;
}

/** The name in a block of metadata: as deep as its first line, so that none of what is deeper is taken. */
function namesBelow(lines: readonly TextLine[], metadata: number): readonly string[] {
  const depth = lines[metadata + 1]?.indent ?? 0;
  const outer = lines[metadata]?.indent ?? 0;
  const rest = lines.slice(metadata + 1);
  const end = rest.findIndex(({ indent }) => indent <= outer);
  return rest
    .slice(0, end < 0 ? rest.length : end)
    .filter(({ indent }) => indent === depth)
    .map(({ text: words }) => valueOf(words, 'name:'))
    .filter((value) => value !== undefined);
}

/** `kubectl describe` begins with the name. */
function nameAbove(
  lines: readonly { readonly start: number; readonly end: number }[],
  flat: string,
): string | undefined {
  const values = lines.map(({ start, end }) => valueOf(flat.slice(start, end), 'name:'));
  return values.findLast((value) => value !== undefined);
}

function valueOf(line: string, field: string): string | undefined {
  const words = line.trim();
  const plain = words.startsWith('- ') ? words.slice(2) : words;
  return plain.toLowerCase().startsWith(field) ? plain.slice(field.length).trim() : undefined;
}

export const gatekeeperEventSignatures: readonly Signature[] = [event, earlyEvent, logLine, status];
