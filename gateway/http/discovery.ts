/**
 * What clients read before they have a token: which authorization server gives one out (RFC 9728), and where MCP is served (the
 * server card of SEP-2127 and the catalog that names it). There is nothing to find where no authorization server is configured.
 *
 * These documents say nothing of the cluster, and no tool is in them. /openapi.json does not have them: their forms are those of
 * their own specifications, and most gateways serve none of them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728
 * @see https://modelcontextprotocol.io/seps/2127-mcp-server-cards
 */

/** Names that somebody outside of the cluster knows. */
export interface Discovery {
  /** The identifier of the authorization server whose tokens the API server takes. */
  readonly issuer: string;
  /** The gateway as clients see it: scheme, host and port. */
  readonly publicUrl: string;
}

export interface PublicDocument {
  readonly path: string;
  readonly contentType: string;
  readonly value: object;
  /** Whether pages of other sites may read it, as its specification demands. */
  readonly crossOrigin: boolean;
}

const metadataPath = '/.well-known/oauth-protected-resource';
const cardPath = '/mcp/server-card';
/** Revisions of the protocol, the newest first. */
const revisions = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

/** All that is served. The same bytes as long as the gateway runs. */
export function publicDocuments({ issuer, publicUrl }: Discovery, version: string): readonly PublicDocument[] {
  const metadata = (path: string): PublicDocument => ({
    path: `${metadataPath}${path}`,
    contentType: 'application/json',
    crossOrigin: false,
    value: {
      resource: `${publicUrl}${path}`,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      resource_name: 'Potoo',
    },
  });
  return [
    metadata(''),
    metadata('/mcp'),
    {
      path: cardPath,
      contentType: 'application/mcp-server-card+json',
      crossOrigin: true,
      value: {
        $schema: 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json',
        name: 'io.potoo/potoo',
        title: 'Potoo',
        version,
        description: 'Tells which rules of a Kubernetes cluster bind a namespace, and what to do about them',
        remotes: [{ type: 'streamable-http', url: `${publicUrl}/mcp`, supportedProtocolVersions: revisions }],
      },
    },
    {
      path: '/.well-known/ai-catalog.json',
      contentType: 'application/ai-catalog+json',
      crossOrigin: true,
      value: {
        specVersion: '1.0',
        entries: [
          {
            identifier: `urn:air:${new URL(publicUrl).hostname}:mcp:potoo`,
            displayName: 'Potoo',
            type: 'application/mcp-server-card+json',
            url: `${publicUrl}${cardPath}`,
          },
        ],
      },
    },
  ];
}

/** Of pages of other sites that may read a document. */
export const crossOriginHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET',
  'access-control-allow-headers': 'Content-Type',
} as const;

/** What a challenge for this path says, so that a client finds out where to get a token (RFC 9728, 5.1). */
export function metadataParameter({ publicUrl }: Discovery, path: string): string {
  return `resource_metadata="${publicUrl}${metadataPath}${path === '/mcp' ? path : ''}"`;
}
