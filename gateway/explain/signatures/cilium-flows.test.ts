import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const dropped = [
  {
    form: 'compact, before directions were written',
    text: 'Mar  3 10:11:12.131: shop/web-7c9-x2:41000 (ID:100) <> data/db-0:5432 (ID:200) policy-verdict:none DENIED (TCP Flags: SYN)',
    sentence: 'the connection from shop/web-7c9-x2 to data/db-0 on TCP 5432',
  },
  {
    form: 'compact, with a direction',
    text: 'shop/web:41000 (ID:100) <> 203.0.113.9:443 (world) policy-verdict:none EGRESS DENIED (TCP Flags: SYN)',
    sentence: 'the outgoing connection from shop/web to 203.0.113.9 on TCP 443',
  },
  {
    form: 'the drop that follows',
    text: '10.0.3.7:41000 (host) -> shop/web:8080 (ID:100) Policy denied DROPPED (UDP)',
    sentence: 'the connection from 10.0.3.7 to shop/web on UDP 8080',
  },
  {
    form: 'a rule that denies',
    text: 'shop/web:41000 (ID:1) <> shop/db:5432 (ID:2) Policy denied by denylist DROPPED (TCP Flags: SYN)',
    sentence: 'A rule that denies says so',
  },
  {
    form: 'columns',
    text: 'TIMESTAMP  SOURCE  DESTINATION  TYPE  VERDICT  SUMMARY\nMar 3 10:11:12.131   shop/web:41000   shop/db:5432   Policy denied   DROPPED   TCP Flags: SYN',
    sentence: 'from shop/web to shop/db',
  },
  {
    form: 'one field a line',
    text: '  TIMESTAMP: Mar 3 10:11:12.131\n     SOURCE: shop/web:41000\nDESTINATION: shop/db:5432\n       TYPE: Policy denied\n    VERDICT: DROPPED\n    SUMMARY: TCP Flags: SYN',
    sentence: 'from shop/web to shop/db',
  },
  {
    form: 'a request that a rule of layer 7 refused',
    text: 'shop/web:41000 (ID:1) -> shop/api:80 (ID:2) http-request DROPPED (HTTP/1.1 GET http://api/admin)',
    sentence: 'from shop/web to shop/api on TCP 80',
  },
  {
    form: 'the monitor, for a pod',
    text: 'xx drop (Policy denied) flow 0x1 to endpoint 17, ifindex 3, file bpf_lxc.c:2, , identity 5->9: 10.0.0.1:41000 -> 10.0.0.2:80 tcp SYN',
    sentence: 'the incoming connection from 10.0.0.1 to 10.0.0.2 on TCP 80',
  },
  {
    form: 'the monitor, on the way out, in an older version',
    text: 'xx drop (Policy denied (L3)) flow 0x1 to endpoint 0, identity 5->world: 10.0.0.1:41000 -> 198.51.100.4:53 udp',
    sentence: 'the outgoing connection from 10.0.0.1 to 198.51.100.4 on UDP 53',
  },
  {
    form: 'the agent',
    text: 'level=info msg="Policy verdict log: flow 0x1 local EP ID 4, remote ID 5, proto 6, egress, action deny, auth: disabled, match none, 10.0.0.1:41000 -> 10.0.0.2:80 tcp SYN"',
    sentence: 'the outgoing connection from 10.0.0.1 to 10.0.0.2 on TCP 80',
  },
  {
    form: 'the proxy',
    text: '<- Request http from 4 ([k8s:app=a]) to 5 ([k8s:app=b]), identity 5->9, verdict Denied GET http://b/ => 403',
    sentence: 'layer 7',
  },
];

test.each(dropped)('Cilium says that its policies dropped it: $form', ({ text, sentence }) => {
  const [cause, ...others] = findCauses(readErrorText(text));
  expect(cause).toMatchObject({ category: 'network', engine: 'cilium', certainty: 'stated' });
  expect(cause?.sentence).toContain(sentence);
  expect(others).toEqual([]);
});

const flow = (changes: object) =>
  JSON.stringify({
    flow: {
      verdict: 'DROPPED',
      drop_reason: 181,
      ethernet: { source: 'aa', destination: 'bb' },
      IP: { source: '10.0.0.1', destination: '10.0.0.2' },
      l4: { TCP: { source_port: 41_000, destination_port: 5_432 } },
      source: { namespace: 'shop', labels: ['k8s:app=web', 'k8s:io.kubernetes.pod.namespace=shop'], pod_name: 'web-1' },
      destination: { namespace: 'data', labels: ['k8s:app=db'], pod_name: 'db-0' },
      traffic_direction: 'EGRESS',
      drop_reason_desc: 'POLICY_DENY',
      ...changes,
    },
    node_name: 'n',
  });

test('a flow in JSON names the policy that denied it, where Hubble knows it', () => {
  const denied = { egress_denied_by: [{ name: 'no-db', namespace: 'shop', kind: 'CiliumNetworkPolicy' }] };
  const [cause] = findCauses(readErrorText(flow(denied)));
  expect(cause).toMatchObject({ category: 'network', engine: 'cilium', policy: 'no-db', certainty: 'stated' });
  expect(cause?.sentence).toContain('the outgoing connection from shop/web-1 to data/db-0 on TCP 5432');
  const [indented] = findCauses(readErrorText(JSON.stringify(JSON.parse(flow(denied)), null, 2)));
  expect(indented).toMatchObject({ policy: 'no-db' });
});

test.each([
  ['the reason alone', 'DROPPED (Policy denied by denylist)'],
  ['the reason of the monitor alone', 'Drop (Policy denied by denylist)'],
  ['ends that are cut', 'shop/web-...:41000 (ID:1) <> shop/db-...:5432 (ID:2) policy-verdict:none ... DENIED'],
  ['a few fields', '{"verdict":"DROPPED","drop_reason_desc":"POLICY_DENIED","src":"web-1","dst":"db-0"}'],
  ['a reason among fields', '"port": 5432,\n  "drop_reason": "Policy denied by denylist"'],
])('a drop that somebody has shortened is one: %s', (_, text) => {
  expect(findCauses(readErrorText(text))).toMatchObject([
    { category: 'network', engine: 'cilium', certainty: 'stated' },
  ]);
});

test.each([
  ['a flow that passed', flow({ verdict: 'FORWARDED', drop_reason_desc: undefined, drop_reason: 0 })],
  ['a flow in audit mode', 'shop/web:1 (ID:1) <> shop/db:2 (ID:2) policy-verdict:none EGRESS AUDITED (TCP Flags: SYN)'],
  [
    'a verdict that allows',
    'shop/web:1 (ID:1) -> shop/db:2 (ID:2) policy-verdict:L3-L4 INGRESS ALLOWED (TCP Flags: SYN)',
  ],
  [
    'an action that allows',
    'Policy verdict log: flow 0x1 local EP ID 4, proto 6, egress, action allow, match L3-L4, 10.0.0.1:1 -> 10.0.0.2:80 tcp',
  ],
  ['a verdict that allows, shortened', 'policy-verdict:none EGRESS AUDITED'],
  ['words alone', 'the release was policy denied by the committee'],
])('%s is no cause', (_, text) => {
  expect(findCauses(readErrorText(text))).toEqual([]);
});

test.each([
  'xx drop (Stale or unroutable IP) flow 0x1 to endpoint 0, identity 5->9: 10.0.0.1:4 -> 10.0.0.2:80 tcp SYN',
  flow({ drop_reason: 3, drop_reason_desc: 'UNSUPPORTED_L3_PROTOCOL' }),
])('what Cilium drops for another reason is no policy: %s', (text) => {
  expect(findCauses(readErrorText(text))).toMatchObject([{ category: 'negative', engine: 'cilium' }]);
});
