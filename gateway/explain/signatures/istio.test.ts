import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const line = (details: string, code = '403', flag = '-') =>
  `[2026-02-03T04:05:06.789Z] "GET /items HTTP/1.1" ${code} ${flag} ${details} - "-" 0 19 0 - "-" "curl/8.1" "a-b" "web:80" "-" inbound|8080|| - 10.0.0.5:8080 10.0.0.6:5000 outbound_.80_._.web.shop.svc.cluster.local default`;
const ztunnel = (error: string) =>
  `error access connection complete src.addr=10.0.0.6:5000 src.workload="ui-1" src.namespace="front" src.identity="spiffe://cluster.local/ns/front/sa/ui" dst.addr=10.0.0.5:15008 dst.hbone_addr=10.0.0.5:9080 dst.workload="web-1" dst.namespace="shop" direction="inbound" bytes_sent=0 duration="0ms" error="${error}"`;

function read(message: string) {
  return findCauses(readErrorText(message)).map(({ category, policy, rule, certainty }) => [
    category,
    policy,
    rule,
    certainty,
  ]);
}

test.each([
  ['a rule of Istio', line('rbac_access_denied_matched_policy[ns[shop]-policy[no-admin]-rule[2]]'), 'no-admin', '2'],
  ['no rule that allows', line('rbac_access_denied_matched_policy[none]'), undefined, undefined],
  ['a name alone', line('rbac_access_denied_matched_policy[no-admin]'), 'no-admin', undefined],
  [
    'a name that is cut',
    line('').slice(0, 61).concat('rbac_access_denied_matched_policy[ns[shop]-policy[no-ad'),
    undefined,
    undefined,
  ],
  [
    'JSON over several lines',
    '{\n  "method": "GET",\n  "response_code_details": "rbac_access_denied_matched_policy[ns[shop]-policy[no-admin]-rule[0]]",\n  "upstream_cluster": "inbound|8080||"\n}',
    'no-admin',
    '0',
  ],
  [
    'JSON that is escaped',
    String.raw`{\"response_code_details\":\"rbac_access_denied_matched_policy[ns[shop]-policy[no-admin]-rule[0]]\"}`,
    'no-admin',
    '0',
  ],
  [
    'the answer and the log',
    `RBAC: access denied\n${line('rbac_access_denied_matched_policy[ns[shop]-policy[p]-rule[0]]')}`,
    'p',
    '0',
  ],
  ['the answer alone', 'HTTP/1.1 403 Forbidden\n\nRBAC: access denied', undefined, undefined],
  ['gRPC', 'rpc error: code = PermissionDenied desc = RBAC: access denied', undefined, undefined],
  [
    'the debug log',
    'debug envoy rbac enforced denied, matched policy ns[shop]-policy[no-admin]-rule[0]',
    'no-admin',
    '0',
  ],
  [
    'ztunnel and a policy',
    ztunnel('connection closed due to policy rejection: explicitly denied by: shop/no-front'),
    'no-front',
    undefined,
  ],
  [
    'ztunnel and none',
    ztunnel('connection closed due to policy rejection: allow policies exist, but none allowed'),
    undefined,
    undefined,
  ],
  [
    'ztunnel and mutual TLS',
    ztunnel(
      'connection closed due to policy rejection: explicitly denied by: istio-system/istio_converted_static_strict',
    ),
    undefined,
    undefined,
  ],
  [
    'ztunnel and a PeerAuthentication',
    ztunnel(
      'connection closed due to policy rejection: explicitly denied by: shop/converted_peer_authentication_strict-web',
    ),
    'strict-web',
    undefined,
  ],
  ['ztunnel of the client', ztunnel('http status: 401 Unauthorized'), undefined, undefined],
  ['ztunnel and a new policy', ztunnel('connection closed due to policy change'), undefined, undefined],
  ['ztunnel of old', ztunnel('connection closed due to policy rejection'), undefined, undefined],
  ['Mixer', 'PERMISSION_DENIED:denyall.denier.istio-system:not allowed', undefined, 'denyall.denier.istio-system'],
  [
    'RBAC of Mixer',
    'PERMISSION_DENIED:handler.rbac.istio-system:RBAC: permission denied.',
    undefined,
    'handler.rbac.istio-system',
  ],
  [
    'a token',
    'HTTP/1.1 401 Unauthorized\nwww-authenticate: Bearer\n\nJwt issuer is not configured',
    undefined,
    undefined,
  ],
  ['a token in the log', line('jwt_authn_access_denied{Jwt_is_expired}', '401'), undefined, undefined],
  ['a provider', line('ext_authz_denied', '403', 'UAEX'), undefined, undefined],
  [
    'a host that is not known',
    '"GET / HTTP/1.1" 502 - direct_response - "-" 0 0 0 - "-" "curl" "a" "example.test" "-" - - 10.1.1.1:80 10.0.0.6:5 - block_all BlackHoleCluster',
    undefined,
    undefined,
  ],
])('%s', (_, message, policy, rule) => {
  expect(read(message)).toEqual([['mesh', policy, rule, 'stated']]);
});

test.each([
  [
    'plaintext where TLS is demanded',
    '"- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - 10.0.0.5:8080 10.0.0.6:5 - -',
    'likely',
  ],
  [
    'a server that is not reached',
    '{"response_flags":"UF,URX","upstream_cluster":"outbound|80||web.shop.svc.cluster.local"}',
    'possible',
  ],
  ['no endpoints', '"GET / HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0 - "-"', 'possible'],
  [
    'a limit of the proxy',
    '"GET / HTTP/1.1" 503 UO upstream_reset_before_response_started{overflow} - "-" 0 19 0 - "-"',
    'possible',
  ],
  ['no route', '"GET / HTTP/1.1" 404 NR route_not_found - "-" 0 0 0 - "-"', 'possible'],
])('%s', (_, message, certainty) => {
  expect(read(message)).toEqual([['mesh', undefined, undefined, certainty]]);
});

test.each([
  'shadow denied, matched policy ns[shop]-policy[p]-rule[0]',
  '"GET / HTTP/1.1" 200 - via_upstream - "-" 0 5 1 - "-"',
  '"GET / HTTP/1.1" 403 - via_upstream - "-" 0 5 1 - "-"',
  '"GET / HTTP/1.1" 0 DC downstream_remote_disconnect - "-" 0 0 5 - "-"',
  'code = PERMISSION_DENIED: the caller does not have permission',
  'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"',
])('%s is none of these', (message) => {
  expect(read(message).filter(([category]) => category === 'mesh')).toEqual([]);
});

test.each([
  [
    'nothing that allows, in JSON',
    '{\n "scope": "ztunnel::state",\n "message": "no allow policies matched",\n "proxy": {\n "wl": "shop/web-1"\n }\n}',
    undefined,
  ],
  [
    'what denies, by name',
    '2026-02-03T04:05:06Z debug ztunnel::state:inbound{id=1 peer=10.0.0.6:5000} deny policy match policy="shop/no-ui"',
    'no-ui',
  ],
])('ztunnel tells how it looked through policies: %s', (_, text, policy) => {
  expect(read(text)).toEqual([['mesh', policy, undefined, 'stated']]);
});

test('what others say of no policies that match is none of ztunnel', () => {
  expect(read('no allow policies matched for this bucket')).toEqual([]);
});

test('ztunnel that gets no answer blames a network policy, and so do we', () => {
  expect(
    read(ztunnel('connection timed out, maybe a NetworkPolicy is blocking HBONE port 15008: deadline has elapsed')),
  ).toEqual([['network', undefined, undefined, 'likely']]);
});
