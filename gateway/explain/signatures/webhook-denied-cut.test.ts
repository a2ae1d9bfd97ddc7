import { describe, expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const causes = (text: string) => findCauses(readErrorText(text));

describe('a denial without the words before the name of its webhook', () => {
  test.each(['', 'kubectl apply -f a.yaml\n', '    '])('is likely, behind %j', (before) => {
    expect(causes(`${before}gate.team.example.com" denied the request: use a digest`)).toMatchObject([
      { category: 'webhook-denied', policy: 'gate.team.example.com', certainty: 'likely' },
    ]);
  });

  test.each([
    ['too little of a name', 'example.com" denied the request: use a digest'],
    ['another sentence', 'the proxy "gate.team.example.com" denied the request: use a digest'],
    ['no name', 'Gate Of Team" denied the request: use a digest'],
  ])('%s is none', (_what, text) => {
    expect(causes(text).filter(({ category }) => category === 'webhook-denied')).toEqual([]);
  });
});

describe('GKE Warden', () => {
  const words =
    'GKE Warden rejected the request because it violates one or more constraints.\nViolations details: {"[denied by autogke-no-host-port]":["container a specifies host ports [80]."]}';

  test.each([
    ['alone', words],
    ['quoted', `> ${words.replaceAll('\n', '\n>\n> ')}`],
  ])('is told without its webhook, %s', (_form, text) => {
    const [cause, ...others] = causes(text);
    expect(cause).toMatchObject({ category: 'webhook-denied', rule: 'autogke-no-host-port', certainty: 'stated' });
    expect([cause?.policy, others]).toEqual([undefined, []]);
  });

  test('with its webhook it is one cause, which names that', () => {
    const hook = 'warden-validating.common-webhooks.networking.gke.io';
    expect(causes(`admission webhook "${hook}" denied the request: ${words}`)).toMatchObject([
      { category: 'webhook-denied', policy: hook, rule: 'autogke-no-host-port' },
    ]);
  });
});

test('a quota that a webhook counts in the words of the plugin is read as one', () => {
  const text =
    'admission webhook "quotas.example.com" denied the request: pods "web" is forbidden: exceeded quota: team, requested: count/pods=1, used: count/pods=9, limited: count/pods=9';
  expect(causes(text)).toMatchObject([{ category: 'quota', policy: 'team', certainty: 'stated' }]);
  const other = 'admission webhook "quotas.example.com" denied the request: tenant exceeded quota: team';
  expect(causes(other)).toMatchObject([{ category: 'webhook-denied', policy: 'quotas.example.com' }]);
});
