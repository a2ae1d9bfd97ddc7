import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { webhookConfig } from './webhookconfig.ts';

const pods = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

function read(webhook: object, kind = 'ValidatingWebhookConfiguration') {
  const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'qqqq' } };
  return webhookConfig.read(asStored({ ...object, webhooks: [webhook] }));
}

test('a summary tells neither selectors nor conditions nor who is asked', () => {
  const secret = fc.constantFrom('qqqq', 'xqz', 'zzqx');
  const selector = fc.record({ matchLabels: fc.dictionary(secret, secret, { maxKeys: 2 }) });
  const webhook = fc.record({
    name: secret,
    rules: fc.constant([pods]),
    failurePolicy: fc.constantFrom('Fail', 'Ignore'),
    namespaceSelector: selector,
    objectSelector: selector,
    matchConditions: fc.array(fc.record({ name: secret, expression: secret }), { maxLength: 3 }),
    clientConfig: fc.record({ service: fc.record({ namespace: secret, name: secret }), url: secret }),
  });
  const kind = fc.constantFrom('MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration');
  fc.assert(
    fc.property(webhook, kind, (value, of) => {
      const { constraints, problems } = read(value, of);
      expect(problems).toEqual([]);
      expect(constraints).toHaveLength(1);
      for (const { summary } of constraints) expect(summary).not.toMatch(/[qxz]{2}/);
    }),
  );
});

test('a webhook with very many rules and conditions is told in a message that ends', () => {
  const kinds = Array.from({ length: 300 }, (_, index) => `kinds${index}`);
  const matchConditions = Array.from({ length: 64 }, (_, index) => ({
    name: `condition-${index}`,
    expression: 'true',
  }));
  const { constraints } = read({
    name: 'a.example.com',
    rules: kinds.map((plural) => ({ ...pods, resources: [plural] })),
    matchConditions,
    namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: kinds }] },
    clientConfig: { service: { namespace: 'gate', name: 'judge' } },
  });
  expect(constraints[0]?.message).toMatch(/ more kinds needs .* … and \d+ more conditions; .*Service gate\/judge$/);
  expect(constraints[0]?.scope.admission?.[0]?.rules).toHaveLength(300);
});

test('names that look like the numbers of repeated ones stay apart', () => {
  const names = ['a', 'a#2', 'a', 'a', 'a#2'];
  const object = { apiVersion: 'v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'c' } };
  const webhooks = names.map((name) => ({ name, rules: [pods] }));
  const keys = webhookConfig.read(asStored({ ...object, webhooks })).constraints.map(({ key }) => key);
  expect(keys).toEqual(['a', 'a#2', 'a#3', 'a#4', 'a#2#2']);
});

test('thousands of webhooks that cannot be read are one from a point on, which may be asked about anything', () => {
  const object = { apiVersion: 'v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'c' } };
  const webhooks = Array.from({ length: 3_000 }, (_, index) => ({ name: `w${index}`, rulez: [] }));
  const { constraints, problems } = webhookConfig.read(asStored({ ...object, webhooks }));
  expect(constraints).toHaveLength(101);
  expect(constraints.at(-1)).toMatchObject({
    key: 'webhooks',
    effect: 'unknown',
    scope: { namespaces: {}, admission: [{}] },
    rule: { unread: ['/webhooks'] },
  });
  expect(problems[0]).toMatchObject({ path: 'webhooks', message: expect.stringContaining('from number 100 on') });
});
