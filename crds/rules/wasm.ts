import * as z from 'zod';

/** One of the policies that a group asks. */
export const WasmMember = z.object({
  name: z.string(),
  module: z.string(),
  settings: z.unknown().optional(),
  contextAwareResources: z.array(z.object({ apiVersion: z.string(), kind: z.string() })).optional(),
});
export type WasmMember = z.infer<typeof WasmMember>;

/**
 * A WebAssembly module that judges requests, or several of them under one expression. What a module demands is not known:
 * its settings are hints.
 *
 * @see https://docs.kubewarden.io/reference/CRDs
 */
export const WasmRule = z.object({
  form: z.literal('wasm'),
  mode: z.enum(['protect', 'monitor']).describe('monitor: every request passes, and what it fails is only recorded.'),
  mutating: z.boolean().describe('Whether it may change the object. It may refuse the request either way.'),
  module: z.string().optional().describe('Where the module comes from. Absent in a group.'),
  settings: z.unknown().optional().describe('As they are written; what they mean only the module knows.'),
  members: z.array(WasmMember).optional().describe('The policies of a group.'),
  expression: z
    .string()
    .optional()
    .describe('Of a group: true lets the request pass. `name()` is what the member of that name says.'),
  message: z.string().optional().describe('What those who are refused are told.'),
  policyServer: z.string().describe('The PolicyServer that runs it.'),
  failurePolicy: z.enum(['Fail', 'Ignore']).describe('What happens to a request when it gives no answer.'),
  timeoutSeconds: z.int(),
  sideEffects: z.enum(['None', 'NoneOnDryRun', 'Some', 'Unknown']).optional(),
  contextAwareResources: z
    .array(z.object({ apiVersion: z.string(), kind: z.string() }))
    .optional()
    .describe('Kinds of objects in the cluster that it may look at.'),
  backgroundAudit: z.boolean().describe('Whether objects that exist are checked as well, for reports alone.'),
  unread: z.array(z.string()).optional().describe('JSON pointers of parts of the policy that are not understood.'),
});
export type WasmRule = z.infer<typeof WasmRule>;
