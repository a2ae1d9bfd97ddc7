import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const ovn = (name: string, verdict = 'drop') =>
  `2025-01-02T03:04:05.678Z|00012|acl_log(ovn_pinctrl0)|INFO|name="${name}", verdict=${verdict}, severity=info, direction=to-lport: tcp,vlan_tci=0x0000,nw_src=10.1.0.5,nw_dst=10.1.0.6,nw_ttl=63,tp_src=40000,tp_dst=8080,tcp_flags=syn`;
const calico = (changes: object) =>
  JSON.stringify({
    start_time: 1,
    source_name: 'web-*',
    source_namespace: 'shop',
    dest_name: 'db-*',
    dest_namespace: 'data',
    dest_port: 5_432,
    protocol: 'tcp',
    reporter: 'Dst',
    action: 'Deny',
    ...changes,
  });

test.each([
  ['ANP', ovn('ANP:fence:Ingress:3'), 'adminnetworkpolicy', 'fence'],
  ['BANP', ovn('BANP:default:Egress:0'), 'adminnetworkpolicy', 'default'],
  ['a NetworkPolicy', ovn('NP:shop:db-in:Ingress:0'), 'networkpolicy', 'db-in'],
  ['what no NetworkPolicy of a namespace lets through', ovn('NP:shop:Ingress'), 'networkpolicy', undefined],
  ['an older name', ovn('shop_deny-all', 'reject'), 'networkpolicy', 'deny-all'],
  ['an older name with a number', ovn('shop_db-in_0'), 'networkpolicy', 'db-in'],
  ['an older default', ovn('shop_ingressDefaultDeny'), 'networkpolicy', undefined],
  ['Kube-OVN', ovn('np/db-in.shop/IPv4/0'), 'networkpolicy', 'db-in'],
  ['no name', ovn('<unnamed>'), 'networkpolicy', undefined],
  [
    'Antrea',
    '2025/01/02 03:04:05.123456 AntreaPolicyEgressRule AntreaNetworkPolicy:shop/out no-web Egress Drop 44900 shop/web-1 10.1.0.5 35402 10.1.0.6 80 TCP 60 [3 packets in 1.01s]',
    'antrea',
    'out',
  ],
  [
    'Antrea, for a NetworkPolicy',
    '2025/01/02 03:04:05.123456 IngressDefaultRule K8sNetworkPolicy <nil> Ingress Drop <nil> shop/web-1 10.1.0.5 35402 10.1.0.6 80 TCP 60 <nil>',
    'networkpolicy',
    undefined,
  ],
  [
    'kube-router',
    'Jan  2 03:04:05 node-1 DROP by policy shop/db-in IN=veth1 OUT=veth2 MAC=aa SRC=10.1.0.5 DST=10.1.0.6 LEN=60 PROTO=TCP SPT=40000 DPT=80 SEQ=1',
    'networkpolicy',
    'db-in',
  ],
  [
    'Weave Net',
    'WARN: 2020/01/02 03:04:05.1 TCP connection from 10.32.0.3:33702 to 10.40.0.1:80 blocked by Weave NPC.',
    'networkpolicy',
    undefined,
  ],
  [
    'Amazon EKS in CloudWatch',
    'Node: ip-10-0-0-1; SIP: 10.0.1.2; SPORT: 40000; DIP: 10.0.1.3; DPORT: 80; PROTOCOL: TCP; PolicyVerdict: DENY',
    'networkpolicy',
    undefined,
  ],
  [
    'Amazon EKS',
    '{"level":"info","logger":"ebpf-client","msg":"Flow Info:","Src IP":"10.0.1.2","Src Port":40000,"Dest IP":"10.0.1.3","Dest Port":80,"Proto":"TCP","Verdict":"DENY"}',
    'networkpolicy',
    undefined,
  ],
  [
    'Amazon EKS, as a sentence',
    '{"level":"info","msg":"Flow Info: Src IP: 10.0.1.2 Src Port: 40000 Dest IP: 10.0.1.3 Dest Port: 80 Proto TCP Verdict DENY Direction egress"}',
    'networkpolicy',
    undefined,
  ],
  [
    'an older name without quotation marks',
    '2025-01-02T03:04:05Z|4|acl_log(ovn_pinctrl0)|INFO|name=shop_no-db, verdict=drop',
    'networkpolicy',
    'no-db',
  ],
  [
    'GKE',
    '{"connection":{"src_ip":"10.4.1.8","dest_ip":"10.4.0.11","src_port":45084,"dest_port":8080,"protocol":"tcp","direction":"ingress"},"disposition":"deny","src":{"pod_name":"a","namespace":"shop"},"dest":{"pod_name":"b","namespace":"data"}}',
    'networkpolicy',
    undefined,
  ],
  [
    'a trace of Calico',
    calico({ policies: { all_policies: ['0|security|security.no-db|deny|0'] } }),
    'calico',
    'no-db',
  ],
  [
    'a policy of Calico as an object',
    calico({
      policies: { enforced: [{ kind: 'GlobalNetworkPolicy', name: 'no-db', tier: 'default', action: 'Deny' }] },
    }),
    'calico',
    'no-db',
  ],
  [
    'a NetworkPolicy in a trace of Calico',
    calico({ policies: { all_policies: ['0|default|data/knp.default.db-in|deny|0'] } }),
    'calico',
    'db-in',
  ],
])('the engine says that it dropped: %s', (_, text, engine, policy) => {
  const causes = findCauses(readErrorText(text));
  expect(causes).toMatchObject([{ category: 'network', engine, certainty: 'stated' }]);
  expect(causes[0]?.policy).toBe(policy);
});

test('a line that its reader has wrapped, and one within Markdown, are read all the same', () => {
  const wrapped = ovn('NP:shop:db-in:Ingress:0').replace('db-in', 'db-\nin').replace(', severity', ',\nseverity');
  expect(findCauses(readErrorText(wrapped))).toMatchObject([{ policy: 'db-in' }]);
});

test('a Log rule of Calico notes packets and does not prove the drop', () => {
  const text =
    'kernel: calico-packet: IN=cali1 OUT=eth0 MAC=ee SRC=10.1.0.5 DST=10.1.0.6 LEN=60 PROTO=TCP SPT=40000 DPT=80 SYN';
  expect(findCauses(readErrorText(text))).toMatchObject([
    { category: 'network', engine: 'calico', certainty: 'likely' },
  ]);
});

test.each([
  ['Packet dropped when sending traffic to db-0 (10.1.0.6)', 'the outgoing connection to 10.1.0.6'],
  ['Packet dropped when receiving traffic from 10.1.0.5', 'the incoming connection from 10.1.0.5'],
])('an event of what reads the log of the kernel is as sure as the log: %s', (text, sentence) => {
  const [cause] = findCauses(readErrorText(text));
  expect(cause).toMatchObject({ category: 'network', certainty: 'likely' });
  expect(cause?.sentence).toContain(sentence);
});

test.each([
  ['an ACL that allows', ovn('NP:shop:db-in:Ingress:0', 'allow')],
  ['an ACL that passes on', ovn('ANP:fence:Ingress:3', 'pass')],
  [
    'a rule of Antrea that allows',
    'AntreaPolicyAppTierIngressRule AntreaNetworkPolicy:shop/in Allow 61800 10.1.0.5 3 10.1.0.6 80 TCP 60',
  ],
  ['an action of something else', '{"action":"deny","user":"x","resource":"y"}'],
  ['a verdict of something else', '{"verdict": "DENY", "command": "rm"}'],
  ['a disposition of something else', '{"disposition":"deny","path":"/"}'],
  ['a drop of something else', 'events that we drop by policy are not stored'],
])('%s is no cause', (_, text) => {
  expect(findCauses(readErrorText(text))).toEqual([]);
});
