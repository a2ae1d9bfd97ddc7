import { discoverOAuthProtectedResourceMetadata, extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { reportObject } from '../testing/objects.ts';

const publicUrl = 'https://potoo.example.com';
const issuer = 'https://login.example.com/realms/a';
const options = { objects: [reportObject('shop', [])], rights: rightsOf('shop') };
const configured = createGateway({ ...options, discovery: { issuer, publicUrl } });
const plain = createGateway(options);

const paths = [
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/mcp/server-card',
  '/.well-known/ai-catalog.json',
];
async function ask(gateway: Gateway, path: string, init?: RequestInit): Promise<Response> {
  return gateway.fetch(new Request(`${publicUrl}${path}`, init));
}
const mcp = (token?: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
});

describe('without an issuer', () => {
  test.each(paths)('there is no %s', async (path) => {
    expect((await ask(plain, path)).status).toBe(404);
  });

  test('a challenge names no metadata', async () => {
    const response = await ask(plain, '/mcp', mcp());
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="potoo"');
  });
});

describe('with an issuer', () => {
  test('the official client finds the authorization server by the challenge of /mcp', async () => {
    const challenge = await ask(configured, '/mcp', mcp());
    expect(challenge.status).toBe(401);
    const { resourceMetadataUrl } = extractWWWAuthenticateParams(challenge);
    expect(String(resourceMetadataUrl)).toBe(`${publicUrl}/.well-known/oauth-protected-resource/mcp`);
    const found = await discoverOAuthProtectedResourceMetadata(
      `${publicUrl}/mcp`,
      { resourceMetadataUrl: String(resourceMetadataUrl) },
      async (url, init) => configured.fetch(new Request(url, init)),
    );
    expect(found).toEqual({
      resource: `${publicUrl}/mcp`,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      resource_name: 'Potoo',
    });
  });

  test.each([
    [
      '/tools/potoo_query',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"namespace":"shop"}' },
    ],
    ['/resources/reports/shop', {}],
    ['/sse', {}],
    ['/events', {}],
  ])('a challenge of %s names the metadata of the whole gateway, which is its own resource', async (path, init) => {
    const response = await ask(configured, path, init);
    expect(response.status).toBe(401);
    const { resourceMetadataUrl } = extractWWWAuthenticateParams(response);
    expect(String(resourceMetadataUrl)).toBe(`${publicUrl}/.well-known/oauth-protected-resource`);
    expect(await (await ask(configured, '/.well-known/oauth-protected-resource')).json()).toMatchObject({
      resource: publicUrl,
    });
  });

  test('a token that is not accepted is called so beside it', async () => {
    const response = await ask(configured, '/mcp', mcp('stranger'));
    expect(extractWWWAuthenticateParams(response).error).toBe('invalid_token');
  });

  test('the card says where MCP is and lists no tools, and the catalog names the card', async () => {
    const catalog = await (await ask(configured, '/.well-known/ai-catalog.json')).json();
    const { entries } = z
      .object({ entries: z.tuple([z.object({ type: z.string(), url: z.string() })]) })
      .parse(catalog);
    const response = await configured.fetch(new Request(entries[0].url));
    expect(response.headers.get('content-type')).toBe(entries[0].type);
    const text = await response.text();
    const card = z
      .strictObject({
        $schema: z.string(),
        name: z.string().regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
        title: z.string().max(100),
        version: z.literal('1.2.3'),
        description: z.string().min(1).max(100),
        remotes: z.array(z.object({ type: z.literal('streamable-http'), url: z.literal(`${publicUrl}/mcp`) })),
      })
      .parse(JSON.parse(text));
    expect(card.remotes).toHaveLength(1);
    expect(text).not.toContain('potoo_');
  });

  test.each(paths)('%s is kept for an hour and by its tag', async (path) => {
    const response = await ask(configured, path);
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
    const etag = response.headers.get('etag') ?? '';
    expect((await ask(configured, path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await ask(configured, path, { method: 'POST' })).status).toBe(405);
  });

  test('pages of other sites read the card and the catalog, and nothing else', async () => {
    const headers = { origin: 'https://elsewhere.example.net' };
    const answers = await Promise.all(paths.map(async (path) => ask(configured, path, { headers })));
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 200, 200]);
    const allowed = answers.map((answer) => answer.headers.get('access-control-allow-origin'));
    expect(allowed).toEqual([null, null, '*', '*']);
    expect((await ask(configured, '/healthz', { headers })).status).toBe(403);
  });
});
