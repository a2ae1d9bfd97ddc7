/** The product's surface with all that the conformance suite needs by name; for tests, and never in the product. */
import { InMemoryServerEventBus } from '@modelcontextprotocol/server';
import type { Surface } from '../../gateway/mcp/surface.ts';
import { stateCodec } from './input-required.ts';
import { conformancePrompts } from './prompts.ts';
import { withConformanceResources } from './resources.ts';
import { conformanceTools } from './tools.ts';

/** What the suite asks for beside what the product has. */
export function conformanceSurface(product: Surface): Surface {
  const bus = new InMemoryServerEventBus();
  return {
    ...product,
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true },
      logging: {},
    },
    requestState: { verify: async (state, context) => stateCodec.verify(state, context) },
    bus,
    prepare(server) {
      product.prepare?.(server);
      // Served and forgotten: without a session there is no stream to send news on.
      server.setRequestHandler('resources/subscribe', () => ({}));
      server.setRequestHandler('resources/unsubscribe', () => ({}));
      server.setRequestHandler('logging/setLevel', () => ({}));
    },
    tools: [...product.tools, ...conformanceTools(bus)],
    prompts: [...product.prompts, ...conformancePrompts],
    resources: withConformanceResources(product.resources),
    async complete(params, asked) {
      const { ref } = params;
      if (ref.type === 'ref/prompt' && ref.name === 'test_prompt_with_arguments') {
        const values = ['paris', 'park', 'party'].filter((value) => value.startsWith(params.argument.value));
        return { completion: { values, total: values.length, hasMore: false } };
      }
      return product.complete(params, asked);
    },
  };
}
