/**
 * The pods that messages about evictions are about.
 */
import type { ErrorText } from '../error-text.ts';
import { format, word } from '../format.ts';
import { type ObjectName, objectNameAt } from '../object-name.ts';
import { firstWithin, lastWithin } from '../places.ts';

/** `namespace/name` or a name that ends right here. */
export function objectEndingAt(text: ErrorText, end: number): (ObjectName & { readonly length: number }) | undefined {
  let start = end;
  while (start > 0 && end - start < 320 && /^[A-Za-z0-9./-]$/.test(text.flat.charAt(start - 1))) start -= 1;
  const found = objectNameAt(text, start);
  return found?.end === end ? { ...found, length: end - start } : undefined;
}

const quotedPod = format`evicting pods/"${word('name')}" -n "${word('namespace')}"`;
/** What stands right before the name of a pod, the clearest first. */
const leads = [
  'evicting pods/"',
  'evicting pod "',
  'pods/"',
  'evicting pod ',
  'evict pod ',
  'pod ',
  'pods ',
  'pod="',
  'pod/',
];

/** The pod that was to be evicted, where the text names it before this place and no other refusal stands between. */
export function podBefore(text: ErrorText, at: number): ObjectName | undefined {
  const bound = lastWithin(text.lower, 'disruption budget.', at - 300, at);
  const length = bound < 0 ? 300 : at - bound;
  const whole = lastWithin(text.lower, 'evicting pods/"', at - length, at);
  const parts = whole < 0 ? undefined : quotedPod.read(text, whole)?.parts;
  if (parts?.name !== undefined) return { name: parts.name, namespace: parts.namespace };
  let last: { readonly at: number; readonly found: ObjectName } | undefined;
  for (const lead of leads) {
    const start = lastWithin(text.lower, lead, at - length, at);
    if (start < 0 || (last !== undefined && start + lead.length <= last.at)) continue;
    const quote = text.flat.charAt(start + lead.length) === '"' ? 1 : 0;
    const found = objectNameAt(text, start + lead.length + quote);
    if (found !== undefined && !notPods.has(found.name)) last = { at: start + lead.length, found };
  }
  return last?.found;
}

/** Words that follow `pod` in sentences. */
const notPods: ReadonlySet<string> = new Set([
  'as',
  'on',
  'from',
  'has',
  'is',
  'in',
  'eviction',
  'evictions',
  'disruption',
  'failed',
]);

/** The pod that the text names right behind. */
export function podBehind(text: ErrorText, at: number): ObjectName | undefined {
  const lead = ' for pod ';
  const start = firstWithin(text.lower, lead, at, at + 200);
  return start < 0 ? undefined : objectNameAt(text, start + lead.length);
}
