/**
 * What engines with logs of rules write of packets: OVN-Kubernetes and Kube-OVN (ACL logs of Open Virtual Network), Antrea,
 * kube-router, Weave Net.
 *
 * @see https://github.com/ovn-kubernetes/ovn-kubernetes/blob/master/go-controller/pkg/libovsdb/ops/db_object_types.go (names)
 * @see https://antrea.io/docs/v2.4.0/docs/antrea-network-policy/#audit-logging-for-antrea-native-policies
 * @see https://github.com/cloudnativelabs/kube-router/blob/v2.6.0/pkg/controllers/netpol/pod.go
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import { valueAfter } from '../fields.ts';
import type { Finding, Signature } from '../finding.ts';
import { lineEnd, textsOf, wordsAfter, wordsBefore } from '../places.ts';
import { type Connection, type Direction, portOf, readEndpoint } from '../suspects/connection.ts';
import type { NamedPolicy } from '../suspects/network.ts';
import { droppedFinding } from './dropped.ts';
import { kernelPacket } from './packet-logs.ts';

const directions: Readonly<Record<string, Direction>> = { Ingress: 'Ingress', Egress: 'Egress' };

function directionIn(word: string | undefined): Direction | undefined {
  return word !== undefined && Object.hasOwn(directions, word) ? directions[word] : undefined;
}

/** `…|acl_log(ovn_pinctrl0)|INFO|name="NP:shop:web:Ingress:0", verdict=drop, severity=info, direction=to-lport: tcp,…`. */
const ovnLog: Signature = {
  anchors: ['acl_log('],
  read(text, at) {
    const start = wordsBefore(text, at, 1)[0]?.start ?? at;
    const end = lineEnd(text, at);
    // Long lines are cut by whoever shows them: what belongs to one stands within a few hundred characters.
    const line = text.flat.slice(at, at + 900);
    const verdict = valueAfter(line, 'verdict=');
    if (verdict !== 'drop' && verdict !== 'reject') return undefined;
    const { named, direction } = ovnName(
      (valueAfter(line, 'name="', '"') ?? valueAfter(line, 'name='))?.replaceAll(' ', '') ?? '',
    );
    const port = portOf(valueAfter(line, 'tp_dst=', ', ') ?? '');
    const protocol = ['tcp', 'udp', 'sctp', 'icmp'].find(
      (each) => line.includes(`: ${each},`) || line.includes(`: ${each}6,`),
    );
    return droppedFinding({
      by: 'Open Virtual Network',
      engine: named?.kinds[0] === 'NetworkPolicy' || named === undefined ? 'networkpolicy' : engineOf(named.kinds[0]),
      connection: {
        direction:
          direction ??
          (line.includes('direction=from-lport')
            ? 'Egress'
            : line.includes('direction=to-lport')
              ? 'Ingress'
              : undefined),
        from: { address: valueAfter(line, 'nw_src=') ?? valueAfter(line, 'ipv6_src=') },
        to: { address: valueAfter(line, 'nw_dst=') ?? valueAfter(line, 'ipv6_dst=') },
        protocol: protocol?.toUpperCase(),
        port,
        portIsFinal: true,
      },
      span: { start, end: Math.max(end, at + Math.max(0, line.indexOf(' verdict='))) },
      named,
      ...(verdict === 'reject' ? { also: 'It answered, so the client sees a refusal and no timeout.' } : {}),
    });
  },
};

function engineOf(kind = ''): string {
  return kind === 'EgressFirewall' ? 'ovn-kubernetes' : 'adminnetworkpolicy';
}

interface OvnName {
  readonly named?: NamedPolicy | undefined;
  readonly direction?: Direction | undefined;
}

/**
 * `ANP:name:Egress:5`, `BANP:default:Ingress:0`, `NP:namespace:name:Ingress:0`, `NP:namespace:Ingress` (what no policy of the
 * namespace lets through), `EF:namespace:7`; before 4.14 of OpenShift `namespace_name` and `namespace_name_0`; of Kube-OVN
 * `np/name.namespace/IPv4/0`.
 */
function ovnName(name: string): OvnName {
  const [type, first = '', second = '', third] = name.split(':');
  switch (type) {
    case 'ANP':
      return { named: policy(['AdminNetworkPolicy', 'ClusterNetworkPolicy'], first), direction: directionIn(second) };
    case 'BANP':
      return {
        named: policy(['BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'], first),
        direction: directionIn(second),
      };
    case 'NP':
      return directionIn(second) === undefined || third !== undefined
        ? { named: policy(['NetworkPolicy'], second, first), direction: directionIn(third) }
        : { direction: directionIn(second) };
    case 'EF':
      return { named: { kinds: ['EgressFirewall'], name: 'default', namespace: first }, direction: 'Egress' };
    default:
      return name.startsWith('np/') ? kubeOvnName(name) : olderOvnName(name);
  }
}

function kubeOvnName(name: string): OvnName {
  const [, part = ''] = name.split('/');
  const dot = part.lastIndexOf('.');
  return dot < 0 ? {} : { named: policy(['NetworkPolicy'], part.slice(0, dot), part.slice(dot + 1)) };
}

/** Neither namespaces nor policies have `_` in their names. */
function olderOvnName(name: string): OvnName {
  const [namespace = '', own = ''] = name.split('_');
  if (own.startsWith('ingressDefaultDeny')) return { direction: 'Ingress' };
  if (own.startsWith('egressDefaultDeny')) return { direction: 'Egress' };
  return name.includes('_') ? { named: policy(['NetworkPolicy'], own, namespace) } : {};
}

function policy(kinds: readonly string[], name: string, namespace?: string): NamedPolicy | undefined {
  return isDnsSubdomain(name) ? { kinds, name, namespace } : undefined;
}

const antreaKinds: Readonly<Record<string, readonly string[]>> = {
  antreaclusternetworkpolicy: ['AntreaClusterNetworkPolicy', 'ClusterNetworkPolicy'],
  antreanetworkpolicy: ['AntreaNetworkPolicy', 'NetworkPolicy'],
  k8snetworkpolicy: ['NetworkPolicy'],
  adminnetworkpolicy: ['AdminNetworkPolicy'],
  baselineadminnetworkpolicy: ['BaselineAdminNetworkPolicy'],
};

/** `2024/05/01 10:00:00.000000 AntreaPolicyEgressRule AntreaNetworkPolicy:shop/out rule-1 Egress Drop 14 shop/web 10.0.0.1 …`. */
const antreaLog: Signature = {
  anchors: [
    ' antreaclusternetworkpolicy:',
    ' antreanetworkpolicy:',
    ' k8snetworkpolicy',
    ' adminnetworkpolicy:',
    ' baselineadminnetworkpolicy:',
  ],
  read(text, at) {
    const [table] = wordsBefore(text, at, 1);
    const tableName = table === undefined ? '' : text.flat.slice(table.start, table.end);
    if (table === undefined || !['Rule', 'Metric', 'Table'].some((ending) => tableName.endsWith(ending)))
      return undefined;
    const words = textsOf(text, wordsAfter(text, at + 1, 14));
    const [reference = '', ...rest] = words;
    const colon = reference.indexOf(':');
    const kinds = antreaKinds[(colon < 0 ? reference : reference.slice(0, colon)).toLowerCase()];
    const action = rest.findIndex((word) => word === 'Drop' || word === 'Reject');
    if (kinds === undefined || action < 0 || action > 3 || rest.slice(0, action).includes('Allow')) return undefined;
    const [namespace, name] = namespaced(colon < 0 ? '' : reference.slice(colon + 1));
    const start = wordsBefore(text, table.start, 2).at(-1)?.start ?? table.start;
    return droppedFinding({
      by: 'Antrea',
      engine: kinds[0] === 'NetworkPolicy' ? 'networkpolicy' : 'antrea',
      connection: antreaConnection(
        rest.slice(action + 1),
        directionIn(rest[action - 1]) ?? (tableName.includes('Egress') ? 'Egress' : 'Ingress'),
      ),
      span: { start, end: lineEnd(text, at) },
      named: name === '' ? undefined : { kinds, name, namespace, rule: ruleOf(rest.slice(0, action)) },
      ...(rest[action] === 'Reject' ? { also: 'It answered, so the client sees a refusal and no timeout.' } : {}),
    });
  },
};

function ruleOf(words: readonly string[]): string | undefined {
  const [rule] = words.filter((word) => directionIn(word) === undefined && word !== '<nil>');
  return rule;
}

function namespaced(text: string): readonly [string | undefined, string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [undefined, text] : [text.slice(0, slash), text.slice(slash + 1)];
}

/** Priority, since 1.13 the pod, then addresses and ports; at first `SRC: a DEST: b`. */
function antreaConnection(words: readonly string[], direction: Direction): Connection {
  const source = words.indexOf('SRC:');
  if (source >= 0) {
    const [from, to] = [words[source + 1], words[words.indexOf('DEST:') + 1]];
    return { direction, from: { address: from }, to: { address: to }, protocol: words.at(-1), portIsFinal: true };
  }
  const at = words.findIndex((word) => readEndpoint(word)?.address !== undefined);
  if (at < 0) return { direction, from: {}, to: {}, portIsFinal: true };
  const pod = readEndpoint(words[at - 1] ?? '');
  const own = pod?.name === undefined ? {} : { namespace: pod.namespace, name: pod.name };
  const [from, , to, port, protocol] = words.slice(at);
  return {
    direction,
    from: { address: from, ...(direction === 'Egress' ? own : {}) },
    to: { address: to, ...(direction === 'Ingress' ? own : {}) },
    protocol,
    port: portOf(port ?? ''),
    portIsFinal: true,
  };
}

/** `DROP by policy shop/web IN=… SRC=… DST=… PROTO=TCP SPT=1 DPT=80`, by kube-router, which is in k3s. */
const kubeRouterLog: Signature = {
  anchors: ['drop by policy '],
  read(text, at) {
    const [reference = ''] = textsOf(text, wordsAfter(text, at + 'drop by policy '.length, 1));
    const [namespace, name] = namespaced(reference.replaceAll(/[",]+/g, ''));
    const packet = kernelPacket(text, at);
    if (namespace === undefined || packet === undefined) return undefined;
    return droppedFinding({
      by: 'kube-router',
      engine: 'networkpolicy',
      connection: packet.connection,
      span: { start: at, end: packet.end },
      named: { kinds: ['NetworkPolicy'], name, namespace },
      also: 'It answers, so the client sees a refusal and no timeout.',
    });
  },
};

/** `TCP connection from 10.0.0.1:4 to 10.0.0.2:80 blocked by Weave NPC.` */
const weaveLog: Signature = {
  anchors: [' blocked by weave npc'],
  read(text, at): Finding | undefined {
    const before = wordsBefore(text, at, 6);
    const words = textsOf(text, before).toReversed();
    const [protocol = '', connection, from, source = '', to, target = ''] = words;
    if (connection !== 'connection' || from !== 'from' || to !== 'to') return undefined;
    const start = before.at(-1)?.start ?? at;
    const end = { address: readEndpoint(target)?.address };
    return droppedFinding({
      by: 'Weave Net',
      engine: 'networkpolicy',
      connection: {
        from: { address: readEndpoint(source)?.address },
        to: end,
        protocol: protocol.replaceAll(/[^A-Z]+/g, ''),
        port: readEndpoint(target)?.port,
        portIsFinal: true,
      },
      span: { start, end: at + ' blocked by weave npc'.length },
    });
  },
};

export const aclLogSignatures: readonly Signature[] = [ovnLog, antreaLog, kubeRouterLog, weaveLog];
