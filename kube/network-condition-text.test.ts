import { expect, test } from 'vitest';
import type { NetworkCondition } from '../crds/rules/network.ts';
import { conditionText } from './network-condition-text.ts';

test.each<[NetworkCondition['kind'], unknown, string]>([
  ['http', [{ method: 'GET', path: '/a$' }, { method: 'POST' }], 'the HTTP request is GET on path /a$ or POST'],
  ['http', [{ method: 'GET' }, {}], 'the request is HTTP'],
  [
    'http',
    [{ host: '^shop$', headers: ['X-Team: a', 'X-Key'] }],
    'the HTTP request is any to host ^shop$ with header X-Team: a and X-Key',
  ],
  [
    'http',
    { methods: ['GET', 'PUT'], paths: [{ exact: '/a' }, { prefix: '/b' }] },
    'the HTTP request is GET or PUT on path /a or /b*',
  ],
  ['http', { methods: ['GET'] }, 'the HTTP request is GET'],
  ['dns', [{ matchName: 'a.example' }, { matchPattern: '*.b.example' }], 'DNS is asked for a.example or *.b.example'],
  ['dns', [{ matchPattern: '*' }], 'DNS is asked for any name'],
  ['serverName', ['a.example', 'b.example'], 'the TLS server name is a.example or b.example'],
  // What is not known stands as it is: words for a part of it would be wrong.
  ['http', [{ method: 'GET', headerMatches: [] }], 'HTTP [{"method":"GET","headerMatches":[]}]'],
  ['dns', [{}], 'DNS [{}]'],
  ['authentication', { mode: 'required' }, 'authentication {"mode":"required"}'],
  ['other', { kafka: [] }, 'the condition {"kafka":[]}'],
])('%s %j is said in words', (kind, value, words) => {
  expect(conditionText({ kind, text: JSON.stringify(value) })).toBe(words);
});

test('what is no JSON, or too long to be read, stands as it is', () => {
  expect(conditionText({ kind: 'dns', text: '[{' })).toBe('DNS [{');
  const long = JSON.stringify([{ matchName: 'a'.repeat(30_000) }]);
  expect(conditionText({ kind: 'dns', text: long })).toBe(`DNS ${long}`);
});
