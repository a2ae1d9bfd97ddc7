/**
 * The tools that the conformance suite calls by name. No product has them; what they say is written in the suite's own
 * scenarios. The ones that ask the client in the middle of a call are missing: a server without sessions cannot.
 *
 * @see https://github.com/modelcontextprotocol/conformance
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  type ContentBlock,
  MissingRequiredClientCapabilityError,
  type ServerContext,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import type { McpTool } from '../../gateway/mcp/surface.ts';
import { envelopeOf, fixtureTool, png, says, text } from './fixture-tool.ts';
import { elicitationTools } from './input-required.ts';

/** The head of a WAV file without a sample. */
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const image: ContentBlock = { type: 'image', data: png, mimeType: 'image/png' };
const embedded = (uri: string, mimeType: string, of: string): ContentBlock => ({
  type: 'resource',
  resource: { uri, mimeType, text: of },
});

/** @param bus Where the tools that change lists announce it. */
export function conformanceTools(bus: ServerEventBus): McpTool[] {
  return [
    fixed('test_simple_text', text('This is a simple text response for testing.')),
    fixed('test_image_content', image),
    fixed('test_audio_content', { type: 'audio', data: wav, mimeType: 'audio/wav' }),
    fixed(
      'test_embedded_resource',
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ),
    fixed(
      'test_multiple_content_types',
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ),
    fixtureTool('test_error_handling', 'Always fails', async () =>
      Promise.resolve({ isError: true, ...says(text('This tool intentionally returns an error for testing')) }),
    ),
    fixtureTool('test_tool_with_logging', 'Logs three lines', async (context) => {
      for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await log(context, line);
        await wait(50);
      }
      return says(text('Logged.'));
    }),
    fixtureTool('test_logging_tool', 'Logs, to whoever asked for it', async (context) => {
      await log(context, 'A line for whoever asked for it');
      return says(text('Logged.'));
    }),
    fixtureTool('test_tool_with_progress', 'Tells how far it is', async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
        }
        await wait(50);
      }
      return says(text('Done.'));
    }),
    fixtureTool('test_missing_capability', 'Needs a client that samples', async (context) => {
      if (envelopeOf(context)?.capabilities['sampling'] === undefined) {
        throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
      }
      return Promise.resolve(says(text('The client samples.')));
    }),
    fixtureTool('test_trigger_tool_change', 'Announces other tools', async () => {
      bus.publish({ kind: 'tools_list_changed' });
      return Promise.resolve(says(text('Announced.')));
    }),
    fixtureTool('test_trigger_prompt_change', 'Announces other prompts', async () => {
      bus.publish({ kind: 'prompts_list_changed' });
      return Promise.resolve(says(text('Announced.')));
    }),
    ...elicitationTools,
  ];
}

function fixed(name: string, ...content: ContentBlock[]): McpTool {
  return fixtureTool(name, `Answers with ${content.map(({ type }) => type).join(', ')}`, async () =>
    Promise.resolve(says(...content)),
  );
}

/** By a notification of its own: the way that the SDK has for it will go with the logging of MCP. */
async function log(context: ServerContext, data: string): Promise<void> {
  const envelope = envelopeOf(context);
  // Since 2026-07-28 only those hear of it who ask in the very request.
  if (envelope !== undefined && envelope.logLevel === undefined) return;
  await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
}
