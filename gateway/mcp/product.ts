/** What Potoo offers over MCP: made once for a gateway, from the lists of tools and resources. */
import type { ResourceDefinition } from '../resources/define.ts';
import type { Tool } from '../tools/define.ts';
import { instructions } from './instructions.ts';
import { mcpResources } from './resources.ts';
import type { Surface } from './surface.ts';
import { mcpTool } from './tools.ts';

/** The surface of these tools and resources. */
export function createSurface(options: {
  readonly tools: readonly Tool[];
  readonly resources: readonly ResourceDefinition[];
  readonly version: string;
}): Surface {
  return {
    name: 'potoo',
    title: 'Potoo',
    version: options.version,
    instructions,
    tools: options.tools.map(mcpTool),
    prompts: [],
    resources: mcpResources(options.resources),
    complete: async () => Promise.resolve({ completion: { values: [] } }),
  };
}
