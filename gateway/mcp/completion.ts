/**
 * What a client shows while somebody types an argument: names of namespaces, and of constraints of a namespace, that the caller
 * may see. Who may not see them gets none, the same as for a name with which none begins.
 */
import type { CompleteRequestParams, CompleteResult } from '@modelcontextprotocol/server';
import { visible } from '../answer/constraint.ts';
import { levelsOf, refusedReport } from '../answer/levels.ts';
import { reportsBeginningWith } from '../answer/visible-reports.ts';
import type { Call } from '../call.ts';
import type { Outcome } from '../definition.ts';
import { type Answer, type Refusal, refusal } from '../errors.ts';
import type { ResourceDefinition } from '../resources/define.ts';
import { Namespace } from '../tools/fields.ts';
import { isPlain } from '../words.ts';
import { answerOf } from './asking.ts';
import type { PromptDefinition } from './prompts/define.ts';
import { protocolError } from './resources.ts';
import { structuredBytesMax } from './size.ts';
import type { Asked } from './surface.ts';

/** The most that MCP allows. */
const valuesMax = 100;
/** Longer names than this would take too much of 48 kB; their ids work as well. */
const nameLengthMax = 253;

const recordName = 'mcp:completion/complete';

type Found = CompleteResult['completion'];
const nothing: Found = { values: [] };

/** Completions for the arguments of these prompts, and for the variables of templates of these resources. */
export function createCompletion(options: {
  readonly prompts: readonly PromptDefinition[];
  readonly resources: readonly ResourceDefinition[];
}): (params: CompleteRequestParams, asked: Asked) => Promise<CompleteResult> {
  return async (params, { asking }) => {
    const answer = await answerOf<Found>(asking, recordName, structuredBytesMax, async (call) => {
      const what = whatIsTyped(params, options);
      const { value } = params.argument;
      const namespace = Namespace.safeParse(params.context?.arguments?.['namespace']).data;
      if (typeof what === 'object') return { answer: what, namespace: undefined };
      if (what === 'namespace') return namespaces(value, call);
      if (what === 'name' && namespace !== undefined) return constraintNames(namespace, value, call);
      return { answer: { ok: true, value: nothing }, namespace };
    });
    if (answer.ok) return { completion: answer.value };
    if (answer.code === 'FORBIDDEN' || answer.code === 'UNAUTHENTICATED') return { completion: nothing };
    throw protocolError(answer, recordName);
  };
}

/** Undefined for an argument that cannot be completed. */
function whatIsTyped(
  { ref, argument }: CompleteRequestParams,
  { prompts, resources }: Parameters<typeof createCompletion>[0],
): 'namespace' | 'name' | undefined | Refusal {
  if (ref.type === 'ref/prompt') {
    const prompt = prompts.find(({ name }) => name === ref.name);
    if (prompt === undefined) return refusal('INVALID_REQUEST', 'ref.name: there is no prompt of this name');
    const kind = prompt.arguments.find(({ name }) => name === argument.name)?.kind;
    return kind === 'namespace' ? kind : undefined;
  }
  const resource = resources.find(({ uri }) => uri === ref.uri);
  if (resource === undefined) return refusal('INVALID_REQUEST', 'ref.uri: there is no template of this address');
  const isVariable = resource.uri.includes(`{${argument.name}}`);
  return isVariable && (argument.name === 'namespace' || argument.name === 'name') ? argument.name : undefined;
}

type Completed = Outcome & { readonly answer: Answer<Found> };

async function namespaces(prefix: string, call: Call): Promise<Completed> {
  const { items, total } = await reportsBeginningWith(prefix, valuesMax, call);
  const values = items.map(({ namespace }) => namespace);
  const known = total === undefined ? {} : { total, hasMore: total > values.length };
  return { answer: { ok: true, value: { values, ...known } }, namespace: undefined };
}

async function constraintNames(namespace: string, prefix: string, { caller, catalog, pace }: Call): Promise<Completed> {
  const refused = await refusedReport(caller, namespace);
  if (refused !== undefined) return { answer: refused, namespace };
  const bindings = catalog.view(namespace)?.bindings ?? [];
  // The name of an own policy is the same at every level, so its full form need not be read.
  const imposed = bindings.filter(({ own }) => !own);
  const level = await levelsOf(imposed, namespace, caller);
  const names = new Set<string>();
  await pace.each(bindings, (binding) => {
    const name = binding.own ? binding.name : visible(binding, level(binding), namespace).name;
    const value = isPlain(name) && name.length <= nameLengthMax ? name : binding.id;
    if (value.startsWith(prefix)) names.add(value);
  });
  const values = [...names].toSorted();
  const found: Found = { values: values.slice(0, valuesMax), total: values.length, hasMore: values.length > valuesMax };
  return { answer: { ok: true, value: found }, namespace };
}
