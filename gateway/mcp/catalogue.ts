import type { ResourceDefinition } from '../resources/define.ts';
import type { Tool } from '../tools/define.ts';

/** What MCP clients are told of the tools. */
export function toolList(tools: readonly Tool[]): object {
  return {
    tools: tools.map(({ name, title, description, inputSchema, outputSchema }) => ({
      name,
      title,
      description,
      inputSchema,
      outputSchema,
    })),
  };
}

/** What MCP clients are told of the resources. */
export function resourceList(resources: readonly ResourceDefinition[]): object {
  return {
    resources: resources.map(({ uri, name, title, description, mimeType }) => ({
      uri,
      name,
      title,
      description,
      mimeType,
    })),
  };
}
