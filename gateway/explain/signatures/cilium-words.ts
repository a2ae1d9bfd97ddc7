/**
 * What people keep of a drop by Cilium when they shorten it: the reason without its packet, ends that are cut, a few fields of a
 * flow. The forms in full are in `cilium-flows.ts`, and come first.
 *
 * @see https://github.com/cilium/cilium/blob/v1.18.0/pkg/monitor/api/drop.go (reasons)
 */
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { lineEnd, lineStart } from '../places.ts';
import type { Direction } from '../suspects/connection.ts';
import { droppedFinding } from './dropped.ts';

/** How far from the reason the verdict stands. */
const verdictReach = 120;

/** Whether Cilium writes these words here of a packet that it did not let through. Case counts: these are its own words. */
function isDrop({ flat, lower }: ErrorText, at: number): boolean {
  const here = flat.slice(at, at + verdictReach);
  if (here.startsWith('Policy denied by denylist')) return true;
  if (here.startsWith('policy-verdict:none'))
    return here.includes(' DENIED') && ![' ALLOWED', ' AUDITED', ' FORWARDED'].some((word) => here.includes(word));
  if (!['Policy denied', 'POLICY_DENIED', 'POLICY_DENY'].some((word) => here.startsWith(word))) return false;
  const line = flat.slice(Math.max(0, at - verdictReach), at) + here;
  const before = lower.slice(Math.max(0, at - 40), at);
  return (
    line.includes('DROPPED') ||
    before.includes('drop_reason') ||
    before.includes('drop reason') ||
    before.endsWith('drop (')
  );
}

function directionIn({ flat }: ErrorText, start: number, end: number): Direction | undefined {
  const line = flat.slice(start, end).toUpperCase();
  const [isIngress, isEgress] = [line.includes('INGRESS'), line.includes('EGRESS')];
  if (isIngress === isEgress) return undefined;
  return isIngress ? 'Ingress' : 'Egress';
}

const shortened: Signature = {
  anchors: ['policy denied', 'policy_den', 'policy-verdict:none'],
  read(text, at) {
    if (!isDrop(text, at)) return undefined;
    const span = { start: lineStart(text, at, 600), end: lineEnd(text, at) };
    const words = text.flat.slice(at, span.end);
    const isDenial = words.startsWith('Policy denied by denylist') || words.startsWith('POLICY_DENY');
    const matched = isDenial && !words.startsWith('POLICY_DENIED') ? 'denial' : 'none';
    return droppedFinding({
      by: 'Cilium',
      engine: 'cilium',
      connection: { direction: directionIn(text, span.start, span.end), from: {}, to: {}, portIsFinal: true },
      span,
      matched,
      also: 'The text does not say of which connection; the whole line of `hubble observe` or of the monitor does.',
    });
  },
};

export const ciliumWordSignatures: readonly Signature[] = [shortened];
