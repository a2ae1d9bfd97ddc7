/** The resources that the conformance suite reads by address. */
import type { ReadResourceResult, Resource } from '@modelcontextprotocol/server';
import type { McpResources } from '../../gateway/mcp/surface.ts';
import { png } from './fixture-tool.ts';

const template = /^test:\/\/template\/([^/]+)\/data$/;

const contents: Readonly<Record<string, ReadResourceResult['contents'][number]>> = {
  'test://static-text': {
    uri: 'test://static-text',
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  },
  'test://static-binary': { uri: 'test://static-binary', mimeType: 'image/png', blob: png },
  'test://watched-resource': { uri: 'test://watched-resource', mimeType: 'text/plain', text: 'Watched.' },
};
const listed: Resource[] = Object.values(contents).map(({ uri, mimeType }) => ({
  uri,
  name: uri.slice('test://'.length),
  description: 'A resource for testing',
  ...(mimeType === undefined ? {} : { mimeType }),
}));

/** The product's resources with these before them, since the suite reads the first that is listed. */
export function withConformanceResources(product: McpResources): McpResources {
  return {
    templates: [
      { uriTemplate: 'test://template/{id}/data', name: 'template', description: 'A template for testing' },
      ...product.templates,
    ],
    async list(cursor, asked) {
      const { resources, ...rest } = await product.list(cursor, asked);
      return { resources: cursor === undefined ? [...listed, ...resources] : resources, ...rest };
    },
    async read(uri, asked) {
      const fixed = contents[uri];
      if (fixed !== undefined) return { contents: [fixed] };
      const id = template.exec(uri)?.[1];
      if (id === undefined) return product.read(uri, asked);
      const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
      return { contents: [{ uri, mimeType: 'application/json', text: data }] };
    },
  };
}
