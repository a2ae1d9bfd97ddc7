/**
 * Takes credentials out of what the cluster tells: out of objects before they are shown, out of logs and any other text.
 *
 * In their place stands a mark that says of what kind they were. What only looks like one goes, too: a token that stays is
 * a loss that nobody can make good, a hash that goes is read elsewhere.
 */
import { blockSpans } from './credential-blocks.ts';
import { formSpans, type Span } from './credential-forms.ts';
import { credentialOfName, isCredentialVariable, isHarmless } from './credential-names.ts';
import { valueSpans } from './credential-values.ts';

/** Kubernetes itself refuses what is nested deeper than this when it is written as YAML or as a custom resource. */
const depthMax = 100;

/** Written by clients: whole manifests, with all that was in them. */
const leftOut: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'managedFields',
  'objectset.rio.cattle.io/applied',
]);
const dataFields: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData', 'encryptedData', 'auths']);

const mark = (kind: string) => `[redacted: ${kind}]`;

/** The same text without credentials. A log goes in as a whole: a key stands on many lines. */
export function scrubText(text: string): string {
  if (text.length < 4) return text;
  const spans = [...blockSpans(text), ...formSpans(text), ...valueSpans(text)];
  if (spans.length === 0) return text;
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, kind } of merged(spans)) {
    parts.push(text.slice(at, start), mark(kind));
    at = end;
  }
  return [...parts, text.slice(at)].join('');
}

/** Overlapping ones as one, of the kind of the longest. */
function merged(spans: readonly Span[]): Span[] {
  const whole: Span[] = [];
  for (const span of spans) {
    const last = whole.at(-1);
    if (last === undefined || span.start >= last.end) {
      whole.push(span);
      continue;
    }
    const { kind } = span.end - span.start > last.end - last.start ? span : last;
    whole[whole.length - 1] = { start: last.start, end: Math.max(last.end, span.end), kind };
  }
  return whole;
}

/**
 * An object of the API, or any part or list of them, without credentials, managedFields and the manifests that clients keep
 * in annotations. Takes any JSON.
 */
export function scrub(value: unknown): unknown {
  return scrubbed(value, 0);
}

function scrubbed(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > depthMax) return mark('nested too deeply');
  if (Array.isArray(value)) return scrubbedList(value, depth);
  return scrubbedObject(new Map(Object.entries(value)), depth);
}

function scrubbedObject(fields: ReadonlyMap<string, unknown>, depth: number): Record<string, unknown> {
  const kind = fields.get('kind');
  const carries = typeof kind === 'string' && /secret|configmap|credential/i.test(kind);
  const variable = fields.get('name');
  const made: [string, unknown][] = [];
  for (const [field, value] of fields) {
    if (leftOut.has(field)) continue;
    made.push([scrubText(field), scrubbedField(field, value)]);
  }
  // Not an assignment: a field may be called __proto__.
  return Object.fromEntries(made);

  function scrubbedField(field: string, value: unknown): unknown {
    if (dataFields.has(field) && (carries || field !== 'data') && value !== null) {
      return mark(typeof kind === 'string' ? `${field} of a ${kind.slice(0, 63)}` : field);
    }
    if (typeof value !== 'string') return isSecretNumber(field, value) ? mark('password') : scrubbed(value, depth + 1);
    if (value.startsWith('[redacted: ')) return scrubText(value);
    if (field === 'value' && typeof variable === 'string' && isCredentialVariable(variable, value)) {
      return isHarmless(value, 'password') ? value : mark(`value of ${scrubText(variable.slice(0, 80))}`);
    }
    const credential = credentialOfName(field);
    return credential === undefined || isHarmless(value, credential) ? scrubText(value) : mark(credential);
  }
}

/** A password may be written as a number. */
function isSecretNumber(field: string, value: unknown): boolean {
  return typeof value === 'number' && credentialOfName(field) === 'password';
}

/** Arguments of a command: the value of a flag may be the next one. */
function scrubbedList(items: readonly unknown[], depth: number): unknown[] {
  let flagged: 'password' | 'credential' | undefined;
  return items.map((item) => {
    const credential = flagged;
    flagged = undefined;
    if (typeof item !== 'string') return scrubbed(item, depth + 1);
    if (credential !== undefined && !item.startsWith('-') && !item.startsWith('[redacted: ')) {
      if (!isHarmless(item, credential)) return mark(credential);
    }
    if (/^--?[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(item)) flagged = credentialOfName(item);
    return scrubText(item);
  });
}
