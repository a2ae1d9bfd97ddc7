import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { credentials } from '../testing/credentials.ts';
import { createToolset } from '../testing/toolset.ts';
import { configurationView } from './kubeconfig.ts';

const secret = 'hunter2-horse';
const config = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'prod',
  extensions: [{ name: 'x', extension: { token: secret } }],
  clusters: [
    {
      name: 'prod',
      cluster: {
        server: `https://app:${secret}@api.example.com:6443/x?token=${secret}`,
        'certificate-authority-data': secret,
        'proxy-url': `http://app:${secret}@proxy`,
      },
    },
    { name: 'dev', cluster: { server: 'https://dev.example.com', 'insecure-skip-tls-verify': true } },
  ],
  contexts: [
    { name: 'prod', context: { cluster: 'prod', user: 'ann', namespace: 'shop', extensions: [{ secret }] } },
    { name: 'dev', context: { cluster: 'dev', user: 'exec' } },
  ],
  users: [
    {
      name: 'ann',
      user: {
        token: secret,
        'client-key-data': secret,
        'client-certificate-data': secret,
        username: secret,
        password: secret,
      },
    },
    { name: 'exec', user: { exec: { command: secret, args: [secret], env: [{ name: 'A', value: secret }] } } },
    { name: 'old', user: { 'auth-provider': { config: { 'access-token': secret } } } },
  ],
};

test('of a kubeconfig everything is told but credentials', () => {
  const view = configurationView(config, false);
  expect(JSON.stringify(view)).not.toContain(secret);
  expect(view).toEqual({
    current_context: 'prod',
    clusters: [
      { name: 'prod', server: 'https://api.example.com:6443/x', namesAuthority: true, verifies: true },
      { name: 'dev', server: 'https://dev.example.com', namesAuthority: false, verifies: false },
    ],
    contexts: [
      { name: 'prod', cluster: 'prod', user: 'ann', namespace: 'shop', current: true },
      { name: 'dev', cluster: 'dev', user: 'exec', current: false },
    ],
    users: [
      { name: 'ann', credentials: ['token', 'client certificate', 'user name and password'] },
      { name: 'exec', credentials: ['a program that is run for them'] },
      { name: 'old', credentials: ['auth provider'] },
    ],
  });
});

test('minified is what the current context uses', () => {
  const view = configurationView(config, true);
  expect([view.clusters, view.contexts, view.users].map((list) => list.map(({ name }) => name))).toEqual([
    ['prod'],
    ['prod'],
    ['ann'],
  ]);
});

test('any JSON is no reason to fail, and what stands in it in other places is never told', () => {
  const any = fc.constantFrom(...Object.values(credentials));
  fc.assert(
    fc.property(fc.jsonValue(), any, fc.string(), (value, { text, secret: planted }, field) => {
      const users = [{ name: text, user: { [field]: text, token: text } }];
      const view = JSON.stringify(
        configurationView({ users, contexts: value, clusters: [value], [field]: text }, false),
      );
      expect(view).not.toContain(JSON.stringify(planted).slice(1, -1));
    }),
    { numRuns: 200 },
  );
});

test('a person sees the own configuration, a caller of the gateway that it runs in the cluster, and a stranger nothing', async () => {
  const kubeconfig = async () => Promise.resolve(config);
  const person = createToolset({}, { ann: [] }, { account: 'person', kubeconfig });
  expect(await person.ask('configuration_view', {}, 'ann')).toMatchObject({
    value: { clusters: [{ name: 'prod', server: 'https://api.example.com:6443/x' }] },
  });
  expect(await person.ask('configuration_contexts_list', {}, 'ann')).toMatchObject({
    value: { current_context: 'prod', contexts: [{ name: 'prod' }, { name: 'dev' }] },
  });
  const gateway = createToolset({}, { ann: [] });
  expect(await gateway.text('configuration_view', { minified: false }, 'ann')).toContain('runs in the cluster');
  expect(await gateway.ask('configuration_view', {})).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
  expect(gateway.requests).toEqual([]);
});
