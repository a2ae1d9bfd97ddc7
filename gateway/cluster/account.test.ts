import { expect, test } from 'vitest';
import { KubeError } from '../../kube/errors.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { KubeRequest, Transport } from '../../kube/transport.ts';
import { createAccountCredentials } from './account.ts';

function setup() {
  const clock = createVirtualClock();
  const sent: KubeRequest[] = [];
  const facts = { up: true };
  const transport: Transport = {
    async request(request) {
      sent.push(request);
      await Promise.resolve();
      if (!facts.up) throw new KubeError('KUBE_UNREACHABLE', { status: 0, request: 'POST /token' });
      const expirationTimestamp = new Date(clock.now() + 600_000).toISOString();
      return { status: { token: `token-${sent.length}`, expirationTimestamp } };
    },
    stream: async () => Promise.reject(new Error('nothing is streamed')),
    close: async () => {},
  };
  const own = {
    server: 'https://cluster.example.com',
    current: async () =>
      Promise.resolve({ headers: { authorization: 'Bearer own' }, ca: 'CA', cert: 'own cert', key: 'own key' }),
    refresh: async () => {},
  };
  const credentials = createAccountCredentials({ own, transport, clock, namespace: 'potoo-system', account: 'reader' });
  const authorization = async () => (await credentials.current()).headers['authorization'];
  return { clock, sent, facts, credentials, authorization };
}

test('a short-lived token of that account is all that is sent, and nothing of the gateway itself', async () => {
  const { sent, credentials } = setup();
  const identities = await Promise.all([credentials.current(), credentials.current()]);
  const identity = { headers: { authorization: 'Bearer token-1' }, ca: 'CA' };
  expect(identities).toEqual([identity, identity]);
  expect(sent).toMatchObject([
    {
      method: 'POST',
      path: '/api/v1/namespaces/potoo-system/serviceaccounts/reader/token',
      body: { kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
    },
  ]);
});

test('a new one is there before the old one ends', async () => {
  const { clock, sent, authorization } = setup();
  expect(await authorization()).toBe('Bearer token-1');
  await clock.advance(479_000);
  expect(await authorization()).toBe('Bearer token-1');
  await clock.advance(2_000);
  expect(await authorization()).toBe('Bearer token-2');
  expect(sent).toHaveLength(2);
});

test('one that is refused is replaced, and not by every request', async () => {
  const { clock, sent, credentials, authorization } = setup();
  await authorization();
  await clock.advance(1_000);
  await Promise.all([credentials.refresh(), credentials.refresh()]);
  expect(await authorization()).toBe('Bearer token-2');
  expect(sent).toHaveLength(2);
});

test('without an answer there is no token, until there is one', async () => {
  const { facts, authorization } = setup();
  facts.up = false;
  await expect(authorization()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  facts.up = true;
  expect(await authorization()).toBe('Bearer token-2');
});
