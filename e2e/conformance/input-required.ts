/** The tools and the prompt of the conformance suite whose answers ask for more before they are complete (2026-07-28). */
import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  type InputRequest,
  inputResponse,
  type InputResponseView,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { McpPrompt, McpTool } from '../../gateway/mcp/surface.ts';
import { envelopeOf, fixtureTool, says, text } from './fixture-tool.ts';

const State = z.object({ round: z.number() });
/** Signs what clients bring back. The key is of no worth: nothing depends on it beyond one run of the suite. */
export const stateCodec = createRequestStateCodec<z.infer<typeof State>>({ key: Buffer.alloc(32, 7) });

const name = z.object({ name: z.string() });
const ask = (message: string, requestedSchema: z.ZodObject): InputRequest =>
  inputRequired.elicit({ message, requestedSchema });
const sample = (question: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  });

const responseOf = (context: ServerContext, key: string): InputResponseView =>
  inputResponse(context.mcpReq.inputResponses, key);
const roundOf = ({ mcpReq }: ServerContext): number => State.safeParse(mcpReq.requestState()).data?.round ?? 0;
const said = (view: InputResponseView) => text(`The client said: ${JSON.stringify(view)}`);

/** Asks one thing, and again until it is answered. */
function asking(tool: string, key: string, request: InputRequest): McpTool {
  return fixtureTool(tool, `Asks for ${key}`, async (context) => {
    const view = responseOf(context, key);
    return Promise.resolve(
      view.kind === 'missing' ? inputRequired({ inputRequests: { [key]: request } }) : says(said(view)),
    );
  });
}

/** Asks, and takes the answer only together with the state that it gave along. */
function remembering(tool: string, confirmed: string): McpTool {
  return fixtureTool(tool, 'Asks, and gives a signed state along', async (context) => {
    if (roundOf(context) === 1 && responseOf(context, 'confirm').kind !== 'missing') return says(text(confirmed));
    return inputRequired({
      inputRequests: { confirm: ask('Please confirm', z.object({ ok: z.boolean() })) },
      requestState: await stateCodec.mint({ round: 1 }, context),
    });
  });
}

export const elicitationTools: McpTool[] = [
  fixtureTool('test_input_required_result_elicitation', 'Asks for a name', async ({ mcpReq }) => {
    const accepted = acceptedContent(mcpReq.inputResponses, 'user_name', name);
    return Promise.resolve(
      accepted === undefined
        ? inputRequired({ inputRequests: { user_name: ask('What is your name?', name) } })
        : says(text(`Hello, ${accepted.name}!`)),
    );
  }),
  asking('test_streaming_elicitation', 'user_name', ask('What is your name?', name)),
  asking('test_input_required_result_sampling', 'capital_question', sample('What is the capital of France?', 100)),
  asking('test_input_required_result_list_roots', 'client_roots', inputRequired.listRoots()),
  remembering('test_input_required_result_request_state', 'state-ok'),
  remembering('test_input_required_result_tampered_state', 'The state is ours.'),
  fixtureTool('test_input_required_result_multiple_inputs', 'Asks for three things', async (context) => {
    const inputRequests = {
      user_name: ask('What is your name?', name),
      greeting: sample('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    };
    const views = Object.keys(inputRequests).map((key) => responseOf(context, key));
    if (roundOf(context) === 1 && views.every(({ kind }) => kind !== 'missing')) return says(...views.map(said));
    return inputRequired({ inputRequests, requestState: await stateCodec.mint({ round: 1 }, context) });
  }),
  fixtureTool('test_input_required_result_multi_round', 'Asks twice', async (context) => {
    const round = roundOf(context);
    const answered = round > 0 && responseOf(context, `step${round}`).kind !== 'missing' ? round : 0;
    if (answered === 2) return says(text('All is known.'));
    const [key, request] =
      answered === 0
        ? (['step1', ask('Step 1: What is your name?', name)] as const)
        : (['step2', ask('Step 2: What is your favorite color?', z.object({ color: z.string() }))] as const);
    return inputRequired({
      inputRequests: { [key]: request },
      requestState: await stateCodec.mint({ round: answered + 1 }, context),
    });
  }),
  fixtureTool('test_input_required_result_capabilities', 'Asks for what the client can do', async (context) => {
    const can = envelopeOf(context)?.capabilities ?? {};
    const inputRequests = {
      ...(can['sampling'] === undefined ? {} : { greeting: sample('Generate a greeting', 50) }),
      ...(can['elicitation'] === undefined ? {} : { user_name: ask('What is your name?', name) }),
    };
    return Promise.resolve(
      Object.keys(inputRequests).length === 0 ? says(text('Nothing to ask.')) : inputRequired({ inputRequests }),
    );
  }),
];

export const elicitingPrompt: McpPrompt = {
  listed: { name: 'test_input_required_result_prompt', description: 'Asks for its context' },
  get: async (_input, { context }) => {
    const view = responseOf(context, 'user_context');
    if (view.kind === 'missing') {
      const request = ask('What context should the prompt use?', z.object({ context: z.string() }));
      return Promise.resolve(inputRequired({ inputRequests: { user_context: request } }));
    }
    return Promise.resolve({ messages: [{ role: 'user', content: said(view) }] });
  },
};
