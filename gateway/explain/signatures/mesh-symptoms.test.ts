import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

function mesh(message: string): (string | undefined)[] {
  return findCauses(readErrorText(message))
    .filter(({ category }) => category === 'mesh')
    .map(({ certainty }) => certainty);
}

test.each([
  ['upstream connect error or disconnect/reset before headers. reset reason: connection termination', 'possible'],
  [
    'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection failure, transport failure reason: TLS error: 268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER',
    'likely',
  ],
  ['TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end', 'likely'],
  ['HTTP/1.1 503 Service Unavailable\n\nno healthy upstream', 'possible'],
  [
    '$ kubectl exec deploy/ui -- curl http://web.shop:8000/ip\ncurl: (56) Recv failure: Connection reset by peer',
    'possible',
  ],
  [
    'Get "http://web.shop.svc.cluster.local/x": read tcp 10.1.0.4:5->10.2.0.9:80: read: connection reset by peer',
    'possible',
  ],
  ['curl: (52) Empty reply from server', 'possible'],
  ['Post "http://web.shop.svc:80/x": EOF', 'possible'],
  ['curl: (35) error:0A00010B:SSL routines::wrong version number', 'possible'],
])('%s', (message, certainty) => {
  expect(mesh(message)).toEqual([certainty]);
});

test.each([
  'Get "https://registry.example.com/v2/": read tcp 10.1.0.4:5->203.0.113.9:443: read: connection reset by peer',
  'dial tcp 127.0.0.1:8080: read: connection reset by peer',
  'error dialing backend: read tcp 10.0.0.1:5->10.0.0.2:10250: connection reset by peer',
  'Unable to connect to the server: read tcp 10.0.0.1:5->10.0.0.2:443: connection reset by peer',
  'fatal: unable to access https://git.example.com/a: Recv failure: Connection reset by peer',
  'unexpected EOF',
  'error parsing config: EOF',
  'Post "https://api.example.com/x": EOF',
  'kubectl apply -f - <<EOF',
])('%s passed no proxy of a mesh', (message) => {
  expect(mesh(message)).toEqual([]);
});
