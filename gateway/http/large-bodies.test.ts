/** Bodies larger than those of every request: taken by tools that say so, over each way in, and by no other. */
import { expect, test } from 'vitest';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { mcpCall, revisions } from '../testing/mcp-call.ts';
import { reportObject } from '../testing/objects.ts';
import { bodyBytesMax } from './body.ts';

const gateway = () => createGateway({ objects: [reportObject('shop', [])], rights: rightsOf('shop') });
const log = 'x'.repeat(bodyBytesMax);
const largest = 4_194_304;

test('over REST', async () => {
  const shop = gateway();
  const explained = { namespace: 'shop', error_message: log };
  expect((await shop.post('/tools/potoo_explain', explained, 'reader')).status).toBe(200);
  expect((await shop.post('/tools/potoo_query', explained, 'reader')).status).toBe(413);
  const tooLarge = { namespace: 'shop', error_message: 'x'.repeat(largest) };
  expect((await shop.post('/tools/potoo_explain', tooLarge, 'reader')).status).toBe(413);
});

test.each(revisions)('over MCP, in %s', async (revision) => {
  const shop = gateway();
  const call = async (name: string, text = log) =>
    mcpCall(shop, 'reader', revision, {
      method: 'tools/call',
      params: { name, arguments: { namespace: 'shop', error_message: text } },
    });
  expect((await call('potoo_explain')).result).toMatchObject({ structuredContent: { confidence: 'low' } });
  for (const answer of [await call('potoo_query'), await call('potoo_explain', 'x'.repeat(largest))]) {
    expect([answer.status, answer.error?.data?.code]).toEqual([413, 'BODY_TOO_LARGE']);
  }
  const other = await mcpCall(shop, 'reader', revision, {
    method: 'tools/list',
    params: { name: 'potoo_explain', log },
  });
  expect(other.status).toBe(413);
});

test('several messages at once have the limit of the smallest', async () => {
  const shop = gateway();
  const call = (name: string, error_message: string) => ({
    jsonrpc: '2.0',
    id: name,
    method: 'tools/call',
    params: { name, arguments: { namespace: 'shop', error_message } },
  });
  const send = async (...messages: readonly object[]) =>
    shop.request('/mcp', {
      method: 'POST',
      headers: {
        authorization: 'Bearer reader',
        'content-type': 'application/json',
        'mcp-protocol-version': '2025-03-26',
      },
      body: JSON.stringify(messages),
    });
  expect((await send(call('potoo_explain', log), call('potoo_query', ''))).status).toBe(413);
  expect((await send(call('potoo_explain', log), call('potoo_explain', ''))).status).toBe(200);
  expect((await send(call('potoo_query', ''))).status).toBe(200);
});
