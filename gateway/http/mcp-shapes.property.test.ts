/**
 * Messages of every shape but the right one: each is answered in the words of JSON-RPC, and leaves one line in the record.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { hostileText } from '../testing/hostile-text.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const objects = [
  reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))]),
  reportObject('bank', [entryOf(networkConstraint('bank', 'vault-in'))]),
];

const modern = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), hostileText, fc.constant(undefined));
const uri = fc.oneof(
  fc.constantFrom(
    'potoo://reports/shop',
    'potoo://reports/bank',
    'potoo://health',
    'potoo://user@reports:1/bank',
    'x:',
  ),
  junk,
);
const name = fc.oneof(
  fc.constantFrom('potoo_query', 'potoo_list_namespaces', 'potoo_remediation', 'diagnose-denial', '__proto__'),
  junk,
);
const given = fc.record(
  { namespace: fc.oneof(fc.constantFrom('shop', 'bank'), junk), limit: junk, cursor: junk, __proto__: junk },
  { requiredKeys: [] },
);
const params = fc.record(
  {
    name,
    uri,
    arguments: fc.oneof(given, junk),
    cursor: junk,
    ref: fc.oneof(fc.record({ type: fc.constantFrom('ref/prompt', 'ref/resource'), name, uri }), junk),
    argument: fc.oneof(fc.record({ name: fc.constantFrom('namespace', 'name'), value: hostileText }), junk),
    context: fc.oneof(fc.record({ arguments: given }), junk),
    protocolVersion: fc.oneof(fc.constantFrom('2025-11-25', '1999-01-01'), junk),
    requestId: junk,
    task: junk,
    requestState: junk,
    inputResponses: junk,
    _meta: fc.oneof(fc.constant(modern), fc.record({ progressToken: junk }), junk),
  },
  { requiredKeys: [] },
);
const methods = [
  'initialize',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'ping',
  'server/discover',
  'logging/setLevel',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'tasks/list',
  'toString',
];
const message = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        jsonrpc: fc.oneof({ weight: 8, arbitrary: fc.constant('2.0') }, junk),
        id: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(1, 'a', 1) }, junk),
        method: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...methods) }, junk),
        params: fc.oneof({ weight: 6, arbitrary: params }, junk),
        result: junk,
        error: junk,
      },
      { requiredKeys: ['jsonrpc', 'method'] },
    ),
  },
  { weight: 1, arbitrary: junk },
);
const body = fc.oneof({ weight: 3, arbitrary: message }, fc.array(message, { maxLength: 4 }));
const headers = fc.record(
  {
    'mcp-protocol-version': fc.constantFrom('2026-07-28', '2025-11-25', '2024-11-05', '9999-99-99', 'x'),
    'mcp-method': fc.constantFrom(...methods),
    'mcp-name': fc.constantFrom('potoo_query', 'potoo://reports/shop', '=?base64?!?='),
    'mcp-session-id': fc.constantFrom('', 'x', '__proto__'),
    accept: fc.constantFrom('*/*', 'text/event-stream', 'image/png'),
  },
  { requiredKeys: [] },
);

const Answer = z.looseObject({ jsonrpc: z.literal('2.0') });

test('every message is answered in the words of JSON-RPC, never as an error of the gateway, and recorded once', async () => {
  const gateway = createGateway({ objects, rights: rightsOf('shop') });
  await fc.assert(
    fc.asyncProperty(body, headers, async (sent, extra) => {
      const text = JSON.stringify(sent) ?? '';
      const before = gateway.records.length;
      const response = await gateway.request('/mcp', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer owner', ...extra },
        body: text,
      });
      const answered = await response.text();
      expect([200, 202, 400, 404]).toContain(response.status);
      expect(answered).not.toMatch(/vault|node_modules|\.ts:/);
      // Of its own methods the SDK says that it went wrong inside when their params are not as they should be.
      if (!/"initialize"|"ping"|"server.discover"/.test(text)) expect(answered).not.toContain('"code":-32603');
      const isEvents = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      const datas = isEvents ? [...answered.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => data) : [answered];
      for (const data of datas) {
        if (data === '') continue;
        const said: unknown = JSON.parse(data);
        for (const each of Array.isArray(said) ? said : [said]) Answer.parse(each);
      }
      const messages = Array.isArray(sent) ? Math.max(sent.length, 1) : 1;
      const records = gateway.records.slice(before);
      expect(records.map(({ name: named }) => named)).toHaveLength(messages);
      for (const { outcome } of records) expect(outcome).not.toBe('INTERNAL');
    }),
    {
      numRuns: 600,
      // What the SDK refuses after it has read the rest, which is seldom come upon.
      examples: [
        [{ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'potoo://health', requestState: [] } }, {}],
        [{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ping', requestState: 7 } }, {}],
        [{ jsonrpc: '2.0', id: 1, method: 'resources/list', params: { requestState: 7 } }, {}],
      ],
    },
  );
});
