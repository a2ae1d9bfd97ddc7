/** The prompts that the conformance suite asks for by name. */
import type { ContentBlock } from '@modelcontextprotocol/server';
import type { McpPrompt } from '../../gateway/mcp/surface.ts';
import { elicitingPrompt } from './input-required.ts';
import { png, text } from './fixture-tool.ts';

type Arguments = Readonly<Record<string, string>>;

function prompt(
  name: string,
  args: readonly string[],
  content: (given: Arguments) => readonly ContentBlock[],
): McpPrompt {
  return {
    listed: {
      name,
      description: 'A prompt for testing',
      arguments: args.map((argument) => ({ name: argument, description: 'An argument for testing', required: true })),
    },
    get: async (given) =>
      Promise.resolve({ messages: content(given).map((block) => ({ role: 'user', content: block })) }),
  };
}

export const conformancePrompts: McpPrompt[] = [
  prompt('test_simple_prompt', [], () => [text('This is a simple prompt for testing.')]),
  prompt('test_prompt_with_arguments', ['arg1', 'arg2'], ({ arg1, arg2 }) => [
    text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`),
  ]),
  prompt('test_prompt_with_embedded_resource', ['resourceUri'], ({ resourceUri = '' }) => [
    {
      type: 'resource',
      resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
    },
    text('Please process the embedded resource above.'),
  ]),
  prompt('test_prompt_with_image', [], () => [
    { type: 'image', data: png, mimeType: 'image/png' },
    text('Please analyze the image above.'),
  ]),
  elicitingPrompt,
];
