import * as z from 'zod';
import { defineTool } from './define.ts';

export const ping = defineTool({
  name: 'ping',
  title: 'Is Potoo there',
  description: 'Answers at once. Use it to find out whether this server can be reached and which version it has.',
  input: z.object({}),
  output: z.object({
    status: z.literal('ok').describe('Always ok.'),
    version: z.string().describe('Of the gateway.'),
  }),
  text: ({ version }) => `Potoo ${version} is there.`,
  async run(_, { gateway }) {
    return Promise.resolve({ ok: true, value: { status: 'ok' as const, version: gateway.version } });
  },
});
