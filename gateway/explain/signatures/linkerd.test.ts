import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

function read(message: string) {
  return findCauses(readErrorText(message)).map(({ category, policy, certainty }) => [category, policy, certainty]);
}

const denied = (server: string) =>
  `[  12.5s]  INFO ThreadId(01) inbound:server{port=8080}: linkerd_app_inbound::policy::http: Request denied ${server} route.group= route.kind=default route.name=default client.tls=None(NoClientHello) client.ip=10.0.0.6`;

test.each([
  ['a request', denied('server.group=policy.linkerd.io server.kind=server server.name=web-http'), 'web-http'],
  [
    'a request and its answer',
    `${denied('server.group=policy.linkerd.io server.kind=server server.name=web-http')}\n[  12.6s]  INFO ThreadId(01) inbound:server{port=8080}:rescue{client.addr=10.0.0.6:5}: linkerd_app_core::errors::respond: HTTP/1.1 request failed error=unauthorized request on route`,
    'web-http',
  ],
  [
    'a request of 2022',
    'linkerd_app_inbound::policy::authorize::http: Request denied server=web-http tls=None(NoClientHello) client=10.0.0.6:5',
    'web-http',
  ],
  [
    'a connection',
    'linkerd_app_inbound::policy::tcp: Connection denied server.group=policy.linkerd.io server.kind=server server.name=db tls=Some(Established { client_id: Some(ClientId(Name("ui.front.serviceaccount.identity.linkerd.cluster.local"))), negotiated_protocol: None }) client=10.0.0.6:5',
    'db',
  ],
  [
    'a closed connection',
    'linkerd_app_core::serve: Connection closed error=unauthorized connection on server/db client.addr=10.0.0.6:5',
    'db',
  ],
  ['gRPC', 'rpc error: code = PermissionDenied desc = unauthorized connection on server voting', 'voting'],
  ['the default policy', denied('server.group= server.kind=default server.name=deny'), undefined],
  ['the header', '< HTTP/1.1 403 Forbidden\n< l5d-proxy-error: unauthorized request on route', undefined],
])('%s', (_, message, policy) => {
  expect(read(message)).toEqual([['mesh', policy, 'stated']]);
});

test('the client is told', () => {
  const [finding] = findCauses(
    readErrorText(
      'Connection denied server.kind=server server.name=db client_id: Some(ClientId(Name("ui.front.serviceaccount.identity.linkerd.cluster.local"))) client=10.0.0.6:5',
    ),
  );
  const about = {
    namespace: 'shop',
    workloadName: undefined,
    named: [],
    workloads: [],
    complete: true,
    contact: undefined,
  };
  expect(
    finding
      ?.steps({ certain: [], possible: [] }, about)
      .map(({ description }) => description)
      .join(),
  ).toContain('ui.front.serviceaccount');
});

test('what is no policy of Linkerd is no refusal', () => {
  expect(read('l5d-proxy-error: HTTP Balancer service in fail-fast')).toEqual([['mesh', undefined, 'likely']]);
  expect(read('the request denied server access')).toEqual([]);
});
