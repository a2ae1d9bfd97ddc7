/**
 * What Hubble writes of packets: lines of `hubble observe` in its forms, and its JSON. A flow that was forwarded, or only noted in audit mode, is no cause.
 *
 * @see https://github.com/cilium/cilium/blob/v1.18.0/hubble/pkg/printer/printer.go
 * @see https://github.com/cilium/cilium/blob/v1.18.0/pkg/monitor/api/drop.go (reasons)
 */
import type { ErrorText, Span } from '../error-text.ts';
import { fieldOf, objectAround, partOf, valueAfter } from '../fields.ts';
import type { Finding, Signature } from '../finding.ts';
import { lineEnd, textsOf, wordsAfter, wordsBefore } from '../places.ts';
import { type Connection, type Direction, type End, portOf, readEndpoint } from '../suspects/connection.ts';
import type { NamedPolicy, NetworkCase } from '../suspects/network.ts';
import { otherDrop } from './cilium-monitor.ts';
import { droppedFinding } from './dropped.ts';

const kinds = ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy', 'NetworkPolicy'];
const arrows: ReadonlySet<string> = new Set(['<>', '->', '<-']);
const besideVerdict: ReadonlySet<string> = new Set(['TRAFFIC_DIRECTION_UNKNOWN', 'VERDICT:', '...', '…']);
const directions: Readonly<Record<string, Direction>> = { ingress: 'Ingress', egress: 'Egress' };

function directionIn(word: string | undefined): Direction | undefined {
  const lower = word?.toLowerCase() ?? '';
  return Object.hasOwn(directions, lower) ? directions[lower] : undefined;
}

/** `policy-verdict:none EGRESS DENIED`, and in older versions without a direction. */
const verdictLine: Signature = {
  anchors: ['policy-verdict:'],
  read(text, at) {
    const words = textsOf(text, wordsAfter(text, at, 5));
    const rest = words.slice(1).filter((word) => !besideVerdict.has(word));
    const direction = directionIn(rest[0]);
    const verdict = direction === undefined ? rest[0] : rest[1];
    if (verdict !== 'DENIED' && verdict !== 'DROPPED') return undefined;
    return hubbleFinding(text, at, direction, words[0] === 'policy-verdict:none' ? 'none' : 'denial');
  },
};

/** `Policy denied DROPPED`, `Policy denied by denylist DROPPED`, and of requests `http-request DROPPED`. */
const dropLine: Signature = {
  anchors: [
    'policy denied ',
    'policy denied,',
    'policy deny ',
    'http-request dropped',
    'dns-request dropped',
    'dns-request proxy dropped',
    'kafka-request dropped',
  ],
  read(text, at) {
    // `xx drop (Policy denied) …` is a form of its own.
    if (text.flat.charAt(at - 1) === '(') return undefined;
    const words = textsOf(text, wordsAfter(text, at, 8));
    const dropped = words.indexOf('DROPPED');
    if (dropped < 0) return undefined;
    const between = words.slice(words[0]?.endsWith('request') === true ? 1 : 2, dropped).join(' ');
    if (
      !['', 'by denylist', '(L3)', '(L4)', 'proxy', 'VERDICT:', 'by denylist VERDICT:'].includes(between) &&
      directionIn(between) === undefined
    ) {
      return undefined;
    }
    const isRequest = words[0]?.endsWith('request') === true;
    const matched = between.includes('denylist') ? 'denial' : isRequest ? undefined : 'none';
    return hubbleFinding(text, at, directionIn(between), matched);
  },
};

/** The two ends stand before what happened, with an arrow between them, in columns, or each on a line of its own. */
function hubbleFinding(
  text: ErrorText,
  at: number,
  direction: Direction | undefined,
  matched: NetworkCase['matched'],
): Finding | undefined {
  const before = wordsBefore(text, at, 12).toReversed();
  const words = textsOf(text, before);
  const ends = endsIn(words);
  if (ends === undefined) return undefined;
  const start = before[ends.start]?.start ?? at;
  const span = { start, end: lineEnd(text, at) };
  const rest = text.flat.slice(at, span.end);
  const tail = valueAfter(rest, 'DENIED BY ', ')') ?? valueAfter(rest, 'denied by [', ']');
  return droppedFinding({
    by: 'Cilium',
    engine: 'cilium',
    connection: { direction, from: ends.from, to: ends.to, ...portsOf(ends.to, rest) },
    span,
    named: tail === undefined ? undefined : namedIn(tail),
    matched,
    ...(text.lower.startsWith('policy denied by denylist', at)
      ? { also: 'A rule that denies says so: what other policies let through does not count against it.' }
      : {}),
  });
}

function portsOf(
  to: { readonly port?: number | undefined },
  rest: string,
): Pick<Connection, 'protocol' | 'port' | 'portIsFinal'> {
  const inner = rest.slice(rest.indexOf('(') + 1);
  const protocol =
    inner.startsWith('TCP') || inner.startsWith('HTTP')
      ? 'TCP'
      : inner.startsWith('UDP') || inner.startsWith('DNS')
        ? 'UDP'
        : inner.startsWith('SCTP')
          ? 'SCTP'
          : inner.startsWith('ICMP')
            ? 'ICMP'
            : undefined;
  return { protocol, port: to.port, portIsFinal: true };
}

interface Ends {
  readonly start: number;
  readonly from: End;
  readonly to: End & { readonly port: number | undefined };
}

/** Of words of a line: an end, what is known of it in brackets, an arrow, the other end. */
function endsIn(words: readonly string[]): Ends | undefined {
  const isDictionary = words.includes('SOURCE:') && words.includes('DESTINATION:');
  if (isDictionary) {
    const [source, target] = [words.lastIndexOf('SOURCE:'), words.lastIndexOf('DESTINATION:')];
    return endsOf(words, source + 1, target + 1, source);
  }
  const arrow = words.findLastIndex((word) => arrows.has(word));
  if (arrow >= 0) {
    let source = arrow - 1;
    while (source > 0 && isNote(words[source] ?? '')) source -= 1;
    return words[arrow] === '<-' ? endsOf(words, arrow + 1, source, source) : endsOf(words, source, arrow + 1, source);
  }
  // Columns: the last two ends.
  const places = words.flatMap((word, index) => (isNote(word) ? [] : [index]));
  const [source, target] = places.slice(-2);
  if (source === undefined || target === undefined) return undefined;
  const hasPorts = [words[source], words[target]].every((word) => word !== undefined && /[/.]/.test(word));
  return hasPorts ? endsOf(words, source, target, source) : undefined;
}

function isNote(word: string): boolean {
  return word.startsWith('(') || word.endsWith(')');
}

function endsOf(words: readonly string[], source: number, target: number, start: number): Ends | undefined {
  const from = readEndpoint(words[source] ?? '');
  const to = readEndpoint(words[target] ?? '');
  if (from === undefined || to === undefined) return undefined;
  return {
    start,
    from: withEntity(from, words[source + 1]),
    to: { ...withEntity(to, words[target + 1]), port: to.port },
  };
}

/** `(world)`, `(host)`: beside an end that is no pod. */
function withEntity({ port: _port, ...end }: End & { readonly port: number | undefined }, note = ''): End {
  const inner = note.startsWith('(') && note.endsWith(')') ? note.slice(1, -1).replace('reserved:', '') : '';
  return end.name === undefined && /^[a-z0-9-]+$/.test(inner) ? { ...end, entity: inner } : end;
}

/** `kind/namespace/name`, `namespace/name` or a name, as Hubble writes policies. */
function namedIn(text: string): NamedPolicy | undefined {
  const parts = (text.split(',', 1)[0] ?? '').trim().split('/');
  const name = parts.at(-1) ?? '';
  if (name === '') return undefined;
  return { kinds, name, namespace: parts.length > 1 ? parts.at(-2) : undefined };
}

/** A flow as JSON. */
const flowObject: Signature = {
  anchors: ['"verdict":"dropped"', '"verdict": "dropped"', '"verdict" : "dropped"'],
  read(text, at) {
    const span = objectAround(text, at);
    const json = text.flat.slice(span.start, span.end);
    const reason = fieldOf(json, 'drop_reason_desc') ?? '';
    const code = fieldOf(json, 'drop_reason') ?? '';
    const source = partOf(json, 'source');
    const target = partOf(json, 'destination');
    if (source === undefined && target === undefined && fieldOf(json, 'traffic_direction') === undefined)
      return undefined;
    const evidence = evidenceIn(text, span, ['"verdict"', '"drop_reason_desc"', '"traffic_direction"']);
    if (!isOfPolicy(reason, code)) return otherDrop(span, evidence, reason === '' ? `reason ${code}` : reason);
    const direction = directionIn(fieldOf(json, 'traffic_direction'));
    const l4 = partOf(json, 'l4') ?? '';
    const protocol = ['TCP', 'UDP', 'SCTP', 'ICMPv4', 'ICMPv6'].find((each) => l4.includes(`"${each}"`));
    const address = partOf(json, 'IP') ?? '';
    const deniedBy = partOf(json, direction === 'Ingress' ? 'ingress_denied_by' : 'egress_denied_by');
    return droppedFinding({
      by: 'Cilium',
      engine: 'cilium',
      connection: {
        direction,
        from: endOfFlow(source, fieldOf(address, 'source'), partOf(json, 'source_names')),
        to: endOfFlow(target, fieldOf(address, 'destination'), partOf(json, 'destination_names')),
        protocol: protocol === 'ICMPv4' ? 'ICMP' : protocol,
        port: portOf(fieldOf(l4, 'destination_port') ?? ''),
        portIsFinal: true,
      },
      span,
      evidence,
      named: deniedBy === undefined ? undefined : namedInFlow(deniedBy),
      matched: matchedIn(reason, code),
    });
  },
};

/** 133 and 181 are what policies say; without a reason it is the code of an L7 rule or of an older version. */
function isOfPolicy(reason: string, code: string): boolean {
  if (reason !== '')
    return reason.startsWith('POLICY_DEN') || reason.startsWith('Policy denied') || reason === 'AUTH_REQUIRED';
  return ['', '0', '132', '133', '140', '181', '189'].includes(code);
}

function matchedIn(reason: string, code: string): NetworkCase['matched'] {
  if (reason.startsWith('POLICY_DENIED') || reason === 'Policy denied' || code === '133') return 'none';
  return reason === 'POLICY_DENY' || reason.includes('denylist') || code === '181' ? 'denial' : undefined;
}

function endOfFlow(json: string | undefined, address: string | undefined, names: string | undefined): End {
  const host = names === undefined ? undefined : valueAfter(names, '"', '"');
  if (json === undefined) return { address, host };
  const labels = partOf(json, 'labels') ?? '';
  const entity = valueAfter(labels, '"reserved:', '"');
  const namespace = fieldOf(json, 'namespace');
  const name = fieldOf(json, 'pod_name');
  return { namespace, name, address, host, entity, ...(name === undefined ? {} : { labels: podLabels(labels) }) };
}

/** Labels of the pod itself among those of its identity. */
function podLabels(list: string): Readonly<Record<string, string>> {
  const own = list.split('"').flatMap((label) => {
    if (!label.startsWith('k8s:') || label.startsWith('k8s:io.cilium.') || label.startsWith('k8s:io.kubernetes.pod.'))
      return [];
    const equals = label.indexOf('=');
    return equals < 0 ? [] : [[label.slice('k8s:'.length, equals), label.slice(equals + 1)] as const];
  });
  return Object.fromEntries(own);
}

function namedInFlow(list: string): NamedPolicy | undefined {
  const name = fieldOf(list, 'name');
  if (name === undefined) return undefined;
  const kind = fieldOf(list, 'kind');
  return { kinds: kind === undefined ? kinds : [kind], name, namespace: fieldOf(list, 'namespace') };
}

/** Fields with their values, of an object of JSON. */
function evidenceIn({ flat }: ErrorText, { start, end }: Span, keys: readonly string[]): Span[] {
  const json = flat.slice(start, end);
  return keys.flatMap((key) => {
    const at = json.indexOf(key);
    const open = at < 0 ? -1 : json.indexOf('"', at + key.length);
    const close = open < 0 ? -1 : json.indexOf('"', open + 1);
    return close < 0 ? [] : [{ start: start + at, end: start + close + 1 }];
  });
}

export const ciliumFlowSignatures: readonly Signature[] = [verdictLine, dropLine, flowObject];
