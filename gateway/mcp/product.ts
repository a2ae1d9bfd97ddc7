/** What Potoo offers over MCP: made once for a gateway, from the lists of tools and resources. */
import type { ResourceDefinition } from '../resources/define.ts';
import type { Tool } from '../tools/define.ts';
import { createCompletion } from './completion.ts';
import { instructionsFor } from './instructions.ts';
import { prompts } from './prompts/all.ts';
import { mcpPrompt } from './prompts/define.ts';
import { mcpResources } from './resources.ts';
import type { Surface } from './surface.ts';
import { mcpTools } from './tools.ts';

/** The surface of these tools and resources. */
export function createSurface(options: {
  readonly tools: readonly Tool[];
  readonly resources: readonly ResourceDefinition[];
  readonly version: string;
}): Surface {
  const { tools, resources, version } = options;
  const names = new Set(tools.map(({ name }) => name));
  const offers = (tool: string) => names.has(tool);
  return {
    name: 'potoo',
    title: 'Potoo',
    version,
    instructions: instructionsFor(offers),
    tools: mcpTools(tools),
    prompts: prompts.map((prompt) => mcpPrompt(prompt, offers)),
    resources: mcpResources(resources),
    complete: createCompletion({ prompts, resources }),
  };
}
