/**
 * Packets in the log of the kernel, and flows as JSON: Calico, the network policy agent of Amazon EKS, GKE Dataplane V2.
 *
 * @see https://docs.tigera.io/calico/latest/network-policy/policy-rules/log-rules
 * @see https://docs.tigera.io/calico/latest/observability/view-flow-logs
 * @see https://github.com/aws/aws-network-policy-agent/blob/v1.2.0/pkg/ebpf/events/events.go
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy-logging
 */
import type { ErrorText } from '../error-text.ts';
import { fieldOf, objectAround, partOf, valueAfter } from '../fields.ts';
import type { Signature } from '../finding.ts';
import { lineEnd, textsOf, wordsAfter } from '../places.ts';
import { type Connection, type Direction, type End, portOf, readEndpoint } from '../suspects/connection.ts';
import type { NamedPolicy } from '../suspects/network.ts';
import { droppedFinding } from './dropped.ts';

/** `IN=… OUT=… SRC=a DST=b … PROTO=TCP SPT=1 DPT=80`, as netfilter logs a packet. */
export function kernelPacket(
  text: ErrorText,
  at: number,
): { readonly connection: Connection; readonly end: number } | undefined {
  const end = lineEnd(text, at);
  const line = text.flat.slice(at, Math.min(end, at + 1_000));
  const source = valueAfter(line, ' SRC=');
  const target = valueAfter(line, ' DST=');
  if (source === undefined || target === undefined) return undefined;
  const connection = {
    from: { address: source },
    to: { address: target },
    protocol: valueAfter(line, ' PROTO='),
    port: portOf(valueAfter(line, ' DPT=') ?? ''),
    portIsFinal: true,
  };
  return { connection, end };
}

const calicoKinds = ['NetworkPolicy', 'GlobalNetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'];

/** `calico-packet: IN=…`: what a rule with the action Log notes. The next rule may let it through all the same. */
const calicoPacket: Signature = {
  anchors: ['calico-packet: ', 'calico-packet in='],
  read(text, at) {
    const packet = kernelPacket(text, at);
    if (packet === undefined) return undefined;
    const { connection, end } = packet;
    return droppedFinding({
      by: 'Calico',
      engine: 'calico',
      connection,
      span: { start: at, end },
      certainty: 'likely',
      also: 'A Log rule notes the packet and leaves the decision to the rule after it.',
    });
  },
};

/** A flow of Calico (Goldmane, Whisker, flow logs) that was denied. */
const calicoFlow: Signature = {
  anchors: ['"action":"deny"', '"action": "deny"'],
  read(text, at) {
    const span = objectAround(text, at);
    const json = text.flat.slice(span.start, span.end);
    const isFlow =
      ['"reporter"', '"dest_name', '"dest_namespace"', '"source_name'].filter((key) => json.includes(key)).length >= 2;
    if (!isFlow) return undefined;
    const reporter = fieldOf(json, 'reporter')?.toLowerCase();
    const direction: Direction | undefined = reporter === 'src' ? 'Egress' : reporter === 'dst' ? 'Ingress' : undefined;
    return droppedFinding({
      by: 'Calico',
      engine: 'calico',
      connection: {
        direction,
        from: calicoEnd(json, 'source'),
        to: calicoEnd(json, 'dest'),
        protocol: fieldOf(json, 'protocol') ?? fieldOf(json, 'proto'),
        port: portOf(fieldOf(json, 'dest_port') ?? ''),
        portIsFinal: true,
      },
      span,
      evidence: [
        {
          start: at,
          end: at + (text.flat.charAt(at + '"action":'.length) === ' ' ? '"action": "deny"' : '"action":"deny"').length,
        },
      ],
      named: calicoTrace(json),
    });
  },
};

/** Names end in `*` where a flow stands for several pods, and are `-` where there is no such thing. */
function calicoEnd(json: string, side: string): End {
  const known = (value: string | undefined) =>
    value === undefined || value === '-' || value === '' ? undefined : value;
  const name = known(fieldOf(json, `${side}_name_aggr`)) ?? known(fieldOf(json, `${side}_name`));
  return {
    namespace: known(fieldOf(json, `${side}_namespace`)),
    name: name?.endsWith('*') === true ? name.slice(0, -1) : name,
    address: known(fieldOf(json, `${side}_ip`)),
  };
}

/** The policy that denied, in a trace of `0|tier|namespace/tier.policy|deny|0`, or as an object with its parts. */
function calicoTrace(json: string): NamedPolicy | undefined {
  const policies = partOf(json, 'policies') ?? partOf(json, 'enforced_policies') ?? '';
  const trace = policies.split('"').find((word) => word.toLowerCase().includes('|deny'));
  if (trace === undefined) return calicoObject(partOf(policies, 'enforced_policies') ?? policies);
  const [, tier = '', reference = '', , rule] = trace.split('|');
  const slash = reference.indexOf('/');
  const namespace = slash < 0 ? undefined : reference.slice(0, slash);
  const name = reference.slice(slash + 1);
  // What no policy of the tier decides is denied by the tier itself; a profile is none either.
  if (name === '' || name.startsWith('__PROFILE__') || name === 'default.deny' || rule === '-1') return undefined;
  if (name.startsWith('knp.default.'))
    return { kinds: ['NetworkPolicy'], name: name.slice('knp.default.'.length), namespace };
  const own = name.startsWith(`${tier}.`) ? name.slice(tier.length + 1) : name;
  return {
    kinds: namespace === undefined ? ['GlobalNetworkPolicy'] : ['NetworkPolicy'],
    name: own,
    namespace,
    alias: name,
  };
}

function calicoObject(list: string): NamedPolicy | undefined {
  const at = list.toLowerCase().indexOf('"deny"');
  if (at < 0) return undefined;
  const start = list.lastIndexOf('{', at);
  const object = list.slice(start, list.indexOf('}', at) + 1);
  const name = fieldOf(object, 'name');
  if (name === undefined || name === '') return undefined;
  const kind = fieldOf(object, 'kind')?.replace('Calico', '');
  const namespace = fieldOf(object, 'namespace');
  return {
    kinds: kind === undefined ? calicoKinds : [kind],
    name,
    namespace: namespace === '' ? undefined : namespace,
  };
}

/** `"Src IP": "a", "Src Port": 1, "Dest IP": "b", "Dest Port": 80, "Proto": "TCP", "Verdict": "DENY"`, by the agent of EKS. */
const awsFlow: Signature = {
  anchors: ['"verdict": "deny"', '"verdict":"deny"'],
  read(text, at) {
    const span = objectAround(text, at);
    const json = text.flat.slice(span.start, span.end);
    const source = fieldOf(json, 'Src IP') ?? fieldOf(json, 'SrcIP') ?? fieldOf(json, 'src_ip');
    const target = fieldOf(json, 'Dest IP') ?? fieldOf(json, 'DestIP') ?? fieldOf(json, 'dest_ip');
    if (source === undefined || target === undefined) return undefined;
    return droppedFinding({
      by: 'The network policy agent of Amazon EKS',
      engine: 'networkpolicy',
      connection: {
        from: { address: source },
        to: { address: target },
        protocol: fieldOf(json, 'Proto') ?? fieldOf(json, 'protocol'),
        port: portOf(fieldOf(json, 'Dest Port') ?? fieldOf(json, 'DestPort') ?? fieldOf(json, 'dest_port') ?? ''),
        portIsFinal: true,
      },
      span,
    });
  },
};

/** `Node: n; SIP: a; SPORT: 1; DIP: b; DPORT: 80; PROTOCOL: TCP; PolicyVerdict: DENY`, the same in CloudWatch. */
const awsLine: Signature = {
  anchors: ['policyverdict: deny'],
  read(text, at) {
    const before = text.flat.slice(Math.max(0, at - 400), at);
    const from = Math.max(before.lastIndexOf('SIP: '), 0);
    const line = before.slice(from);
    const source = valueAfter(line, 'SIP: ', ' ;,');
    const target = valueAfter(line, 'DIP: ', ' ;,');
    if (source === undefined || target === undefined) return undefined;
    return droppedFinding({
      by: 'The network policy agent of Amazon EKS',
      engine: 'networkpolicy',
      connection: {
        from: { address: source },
        to: { address: target },
        protocol: valueAfter(line, 'PROTOCOL: ', ' ;,'),
        port: portOf(valueAfter(line, 'DPORT: ', ' ;,') ?? ''),
        portIsFinal: true,
      },
      span: { start: at - before.length + from, end: at + 'policyverdict: deny'.length },
    });
  },
};

/** `Flow Info: Src IP: a Src Port: 1 Dest IP: b Dest Port: 80 Proto TCP Verdict DENY Direction egress`, since 1.2 of the agent. */
const awsSentence: Signature = {
  anchors: [' verdict deny'],
  read(text, at) {
    const before = text.flat.slice(Math.max(0, at - 400), at);
    const from = before.lastIndexOf('Src IP: ');
    if (from < 0) return undefined;
    const line = before.slice(from);
    const source = valueAfter(line, 'Src IP: ');
    const target = valueAfter(line, 'Dest IP: ');
    if (source === undefined || target === undefined) return undefined;
    const way = valueAfter(text.lower.slice(at, at + 60), ' direction ', ' "},;');
    return droppedFinding({
      by: 'The network policy agent of Amazon EKS',
      engine: 'networkpolicy',
      connection: {
        direction: way === 'ingress' ? 'Ingress' : way === 'egress' ? 'Egress' : undefined,
        from: { address: source },
        to: { address: target },
        protocol: valueAfter(line, 'Proto '),
        port: portOf(valueAfter(line, 'Dest Port: ') ?? ''),
        portIsFinal: true,
      },
      span: { start: at - before.length + from, end: lineEnd(text, at) },
    });
  },
};

/** `"connection":{"src_ip":…,"direction":"ingress"},"disposition":"deny","src":{…},"dest":{…}`, by GKE. */
const gkeFlow: Signature = {
  anchors: ['"disposition":"deny"', '"disposition": "deny"'],
  read(text, at) {
    const span = objectAround(text, at);
    const json = text.flat.slice(span.start, span.end);
    const connection = partOf(json, 'connection');
    if (connection === undefined || fieldOf(connection, 'src_ip') === undefined) return undefined;
    const way = fieldOf(connection, 'direction');
    const policies = partOf(json, 'policies');
    const name = policies === undefined ? undefined : fieldOf(policies, 'name');
    return droppedFinding({
      by: 'GKE Dataplane V2',
      engine: 'networkpolicy',
      connection: {
        direction: way === 'ingress' ? 'Ingress' : way === 'egress' ? 'Egress' : undefined,
        from: gkeEnd(partOf(json, 'src'), fieldOf(connection, 'src_ip')),
        to: gkeEnd(partOf(json, 'dest'), fieldOf(connection, 'dest_ip')),
        protocol: fieldOf(connection, 'protocol')?.toUpperCase(),
        port: portOf(fieldOf(connection, 'dest_port') ?? ''),
        portIsFinal: true,
      },
      span,
      named:
        name === undefined || policies === undefined
          ? undefined
          : { kinds: [fieldOf(policies, 'kind') ?? 'NetworkPolicy'], name, namespace: fieldOf(policies, 'namespace') },
    });
  },
};

function gkeEnd(json = '', address: string | undefined): End {
  return {
    namespace: fieldOf(json, 'pod_namespace') ?? fieldOf(json, 'namespace'),
    name: fieldOf(json, 'pod_name'),
    address,
  };
}

/** An event of kube-iptables-tailer, which reads the log of the kernel for prefixes of policies and names the other end. */
const tailedEvent: Signature = {
  anchors: ['packet dropped when '],
  read(text, at) {
    const words = textsOf(text, wordsAfter(text, at, 9));
    const isEgress = words[3] === 'sending';
    if (!isEgress && words[3] !== 'receiving') return undefined;
    const named = words.slice(6, 8).map((word) => readEndpoint(word.replaceAll(/[()",]+/g, '')));
    const address = named.find((each) => each?.address !== undefined)?.address;
    const other = { address };
    return droppedFinding({
      by: 'The firewall of the node',
      engine: 'networkpolicy',
      connection: {
        direction: isEgress ? 'Egress' : 'Ingress',
        from: isEgress ? {} : other,
        to: isEgress ? other : {},
        portIsFinal: true,
      },
      span: { start: at, end: lineEnd(text, at) },
      certainty: 'likely',
    });
  },
};

export const packetLogSignatures: readonly Signature[] = [
  calicoPacket,
  calicoFlow,
  awsFlow,
  awsLine,
  awsSentence,
  gkeFlow,
  tailedEvent,
];
