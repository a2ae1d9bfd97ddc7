/**
 * What the agent of Cilium writes of packets: `cilium monitor`, and the log of verdicts. Flows of Hubble are in `cilium-flows.ts`.
 *
 * @see https://github.com/cilium/cilium/blob/v1.18.0/pkg/monitor/datapath_drop.go
 */
import { shown } from '../../words.ts';
import type { Span } from '../error-text.ts';
import { valueAfter } from '../fields.ts';
import type { Finding, Signature } from '../finding.ts';
import { lineEnd } from '../places.ts';
import { type Connection, readEndpoint } from '../suspects/connection.ts';
import { droppedFinding } from './dropped.ts';

/** `xx drop (Policy denied) flow 0x1 to endpoint 7, …, identity 5->9: 10.0.0.1:4 -> 10.0.0.2:80 tcp SYN`. */
const monitorLine: Signature = {
  anchors: ['xx drop ('],
  read(text, at) {
    const span = { start: at, end: lineEnd(text, at) };
    const line = text.flat.slice(at, Math.min(span.end, at + 1_000));
    const reason = line
      .slice('xx drop ('.length, line.indexOf(') ', 'xx drop ('.length))
      .replace('(L3)', '')
      .replace('(L4)', '')
      .trim();
    if (!reason.toLowerCase().startsWith('policy denied')) return otherDrop(span, [span], reason);
    const endpoint = valueAfter(line, ' to endpoint ', ', ');
    const direction = endpoint === undefined ? undefined : endpoint === '0' ? 'Egress' : 'Ingress';
    const matched = reason.includes('denylist') ? 'denial' : 'none';
    const connection: Connection = { direction, ...packetIn(line) };
    return droppedFinding({ by: 'Cilium', engine: 'cilium', connection, span, matched });
  },
};

/** A request that a rule of layer 7 refused: `-> Request http from 1 ([…]) to 2 ([…]), identity 1->2, verdict Denied GET …`. */
const requestLine: Signature = {
  anchors: [', verdict denied ', ', verdict dropped '],
  read(text, at) {
    const before = text.flat.slice(Math.max(0, at - 1_000), at);
    const request = before.lastIndexOf('Request ');
    if (request < 0 || !before.slice(request).includes(' identity ')) return undefined;
    const span = { start: at - before.length + request, end: lineEnd(text, at) };
    const also = 'A rule about requests (layer 7) refused it.';
    const connection = { from: {}, to: {}, portIsFinal: true };
    return droppedFinding({ by: 'Cilium', engine: 'cilium', connection, span, also });
  },
};

/** `… 10.0.0.1:4 -> 10.0.0.2:80 tcp SYN` at the end of a line. */
function packetIn(line: string): Omit<Connection, 'direction'> {
  const arrow = line.lastIndexOf(' -> ');
  if (arrow < 0) return { from: {}, to: {}, portIsFinal: true };
  const source = readEndpoint(line.slice(line.lastIndexOf(' ', arrow - 1) + 1, arrow));
  const [destination = '', protocol = ''] = line.slice(arrow + ' -> '.length).split(' ', 2);
  const target = readEndpoint(destination);
  const upper = protocol.toUpperCase();
  return {
    from: { address: source?.address },
    to: { address: target?.address },
    protocol: ['TCP', 'UDP', 'SCTP'].includes(upper) ? upper : undefined,
    port: target?.port,
    portIsFinal: true,
  };
}

/** `Policy verdict log: flow 0x1 local EP ID 7, …, ingress, action deny, match none, 10.0.0.1:4 -> 10.0.0.2:80 tcp SYN`. */
const agentLine: Signature = {
  anchors: ['policy verdict log: '],
  read(text, at) {
    const span = { start: at, end: lineEnd(text, at) };
    const line = text.flat.slice(at, Math.min(span.end, at + 1_000));
    if (!line.includes('action deny')) return undefined;
    const isIngress = line.includes(' ingress true,') || line.includes(' ingress,');
    const direction = isIngress
      ? 'Ingress'
      : line.includes(' egress,') || line.includes(' ingress false,')
        ? 'Egress'
        : undefined;
    const matched = line.includes('match none') ? 'none' : undefined;
    const connection: Connection = { direction, ...packetIn(line) };
    return droppedFinding({ by: 'Cilium', engine: 'cilium', connection, span, matched });
  },
};

/** Cilium drops for many reasons, most of which are no policy. */
export function otherDrop(span: Span, evidence: readonly Span[], reason: string): Finding | undefined {
  if (reason === '') return undefined;
  return {
    category: 'negative',
    engine: 'cilium',
    certainty: 'likely',
    span,
    evidence,
    sentence: `Cilium dropped the packet for another reason than a policy: ${shown(reason)}.`,
    steps: () => [],
  };
}

export const ciliumMonitorSignatures: readonly Signature[] = [monitorLine, agentLine, requestLine];
