import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];
const gatewayOf = () => createGateway({ objects, rights: rightsOf('shop') });

async function connect(mode: 'auto' | 'legacy', user: string | undefined) {
  const gateway = gatewayOf();
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const headers: Record<string, string> = user === undefined ? {} : { authorization: `Bearer ${user}` };
  const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
    requestInit: { headers },
    fetch: async (url, init) => gateway.fetch(new Request(url, init)),
  });
  await client.connect(transport);
  return { gateway, client, transport };
}

describe.each(['auto', 'legacy'] as const)('the official client, %s', (mode) => {
  test('calls a tool and gets the JSON that REST gives', async () => {
    const { gateway, client } = await connect(mode, 'reader');
    const rest: unknown = await (await gateway.post('/tools/potoo_query', { namespace: 'shop' }, 'reader')).json();
    const result = await client.callTool({ name: 'potoo_query', arguments: { namespace: 'shop' } });
    expect(result.structuredContent).toEqual(rest);
    expect(result.isError).toBeUndefined();
    await client.close();
  });

  test.each<[name: string, given: Record<string, unknown>]>([
    ['ping', {}],
    ['potoo_list_namespaces', {}],
    ['potoo_list_namespaces', { limit: 1 }],
    ['potoo_query', { namespace: 'shop' }],
    ['potoo_query', { namespace: 'shop', include_remediation: false, workload_name: 'web' }],
    ['potoo_remediation', { namespace: 'shop', constraint_name: 'db-in' }],
  ])('finds that the answer of %s is as its outputSchema says, with %j', async (name, given) => {
    const { client } = await connect(mode, 'admin');
    // It compares with the schemas of the list that it has read last.
    await client.listTools();
    const result = await client.callTool({ name, arguments: given });
    expect(result).toMatchObject({ structuredContent: expect.anything(), content: [{ type: 'text' }] });
    await client.close();
  });

  test('ends its session without an error, though there is none to end', async () => {
    const { client, transport } = await connect(mode, 'reader');
    await expect(transport.terminateSession()).resolves.toBeUndefined();
    await client.close();
  });

  test('reads resources', async () => {
    const { client } = await connect(mode, 'reader');
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'potoo://constraints/{namespace}/{name}',
      'potoo://reports/{namespace}',
    ]);
    expect((await client.readResource({ uri: 'potoo://reports/shop' })).contents).toHaveLength(1);
    await expect(client.readResource({ uri: 'potoo://reports/data' })).rejects.toThrow(/You may not do this here/);
    await expect(client.readResource({ uri: 'potoo://nothing' })).rejects.toMatchObject({ code: -32_602 });
    await client.close();
  });

  test('without a token is told by HTTP that it needs one', async () => {
    await expect(connect(mode, undefined)).rejects.toThrow(/401|UNAUTHENTICATED/);
  });
});
