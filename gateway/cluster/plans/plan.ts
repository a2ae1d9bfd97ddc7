/**
 * A plan says what somebody would have to run, and whether the caller may. Nothing here can run it: a plan is made of words and
 * of answers to SubjectAccessReviews, and this folder holds no way to send anything else.
 */
import * as z from 'zod';
import { refuse } from '../../answer/levels.ts';
import type { Call } from '../../call.ts';
import { type Answer, refusal } from '../../errors.ts';
import { commandLine, type Value } from '../../remediation/quote.ts';
import { type Cluster, clusterTool, type ClusterTool } from '../define.ts';
import { questionOf, rightText, type Target } from '../gate.ts';
import { resourceWord } from './resource-words.ts';

const Plan = z.object({
  plan: z.string().describe('What to run, as it can be copied into a shell. Potoo has not run it and never will.'),
  dry_run: z.string().optional().describe('What to run before, to see what would come of it; it changes nothing.'),
  allowed: z
    .boolean()
    .nullable()
    .describe('Whether you have every right that this needs; null when that cannot be told.'),
  rights: z
    .array(z.object({ right: z.string(), allowed: z.boolean() }))
    .max(100)
    .describe('Each right that this needs, and whether you have it.'),
  reason: z.string().describe('Why it is allowed or not, in a sentence.'),
  executed: z.literal(false).describe('Always false.'),
  warnings: z.array(z.string()).max(20).describe('What else one should know before running it.'),
});

/** A right that the commands of a plan need. */
export interface Need {
  readonly verb: string;
  readonly target: Target;
}

export type Words = readonly (string | Value)[];

/** A plan before the caller's rights are known. */
export interface Draft {
  readonly command: Words;
  /** JSON for the standard input of the command. */
  readonly stdin?: object | undefined;
  /** What the command reads instead where the JSON does not fit into an answer. */
  readonly file?: Words | undefined;
  readonly dryRun?: Words | undefined;
  /** Undefined when nobody can tell which they are. */
  readonly needs: readonly Need[] | undefined;
  readonly warnings?: readonly string[] | undefined;
}

/** What an answer holds beside the JSON for standard input. */
const aroundBytes = 4_000;

/**
 * A tool that plans.
 * @param definition.draft Reads nothing but what kinds there are.
 */
export function planTool<Input extends z.ZodObject>(definition: {
  readonly name: string;
  readonly title: string;
  /** What would be done. That it is not done is added. */
  readonly does: string;
  readonly input: Input;
  readonly refusalText?: Parameters<typeof clusterTool>[0]['refusalText'];
  draft(input: z.output<Input>, cluster: Cluster, call: Call): Promise<Answer<Draft>>;
}): ClusterTool {
  const { name, title, does, input, refusalText } = definition;
  return clusterTool({
    name,
    title: `${title} (plan only)`,
    description: `Plans to ${does}: answers with the exact command, and whether you may run it. Changes nothing, whatever is approved.`,
    input,
    output: Plan,
    ...(refusalText === undefined ? {} : { refusalText }),
    text: planText,
    async run(given, call, cluster) {
      const draft = await definition.draft(given, cluster, call);
      return draft.ok ? planOf(draft.value, call, given.approved === true) : draft;
    },
  });
}

async function planOf(draft: Draft, call: Call, approved: boolean): Promise<Answer<z.input<typeof Plan>>> {
  const { caller } = call;
  const { needs, warnings = [] } = draft;
  const rights = await Promise.all(
    (needs ?? []).map(async ({ verb, target }) => ({
      right: rightText(verb, target),
      allowed: await caller.may(questionOf(verb, target), 'exact'),
    })),
  );
  const missing = rights.filter(({ allowed }) => !allowed).map(({ right }) => right);
  // Whoever has shown no token is told that one is needed, and not what somebody else could do.
  if (caller.anonymous && (missing.length > 0 || needs === undefined)) return refuse(caller, missing[0] ?? 'plan this');

  const json = draft.stdin === undefined ? undefined : inputText(draft.stdin);
  const fits = json === undefined || 2 * Buffer.byteLength(json) < call.bytesMax - aroundBytes;
  const plan = written(fits || draft.file === undefined ? draft.command : draft.file, fits ? json : undefined);
  const dryRun = draft.dryRun === undefined || !fits ? undefined : written(draft.dryRun, json);
  if (plan === undefined || (!fits && draft.file === undefined)) return unsafe;
  return {
    ok: true,
    value: {
      plan,
      ...(dryRun === undefined ? {} : { dry_run: dryRun }),
      allowed: needs === undefined ? null : missing.length === 0,
      rights: distinct(rights),
      reason: reasonOf(needs, [...new Set(missing)]),
      executed: false,
      warnings: [
        ...warnings,
        ...(fits
          ? []
          : ['The input is too large to be repeated here: save it as input.yaml, which the command reads.']),
        ...(approved ? ['approved=true changes nothing: Potoo only plans. Whoever wants this runs the command.'] : []),
      ],
    },
  };
}

const unsafe = refusal(
  'INVALID_REQUEST',
  'One of the values cannot stand in a command: it is too long, holds characters that nobody sees, or begins with a dash.',
);

function distinct(rights: readonly { readonly right: string; readonly allowed: boolean }[]) {
  return [...new Map(rights.map((each) => [`${each.right} ${each.allowed}`, each])).values()];
}

function reasonOf(needs: readonly Need[] | undefined, missing: readonly string[]): string {
  if (needs === undefined) {
    return 'Whether you may cannot be told: it depends on what the chart holds, and releases are kept in Secrets, which Potoo never asks for.';
  }
  return missing.length === 0
    ? 'You have every right that this needs.'
    : `You lack the right to ${missing.join(', to ')}.`;
}

/** The command, with its input as a here-document whose end is quoted: a shell replaces nothing in it. */
function written(command: Words, json: string | undefined): string | undefined {
  const line = commandLine(command);
  // No line of JSON that is indented can be the end.
  return line === undefined || json === undefined ? line : `${line} <<'EOF'\n${json}\nEOF`;
}

/** JSON is YAML that has one meaning. What one does not see is escaped, so that pasting it types nothing. */
function inputText(value: object): string {
  const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => line.replaceAll(unseen, escaped))
    .join('\n');
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return String.raw`\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}

function planText({ plan, dry_run: dryRun, reason, warnings }: z.output<typeof Plan>): string {
  return [
    'Not executed: this is a plan, and Potoo never changes anything.',
    reason,
    ...warnings,
    ...(dryRun === undefined ? [] : ['First, to see what would come of it:', dryRun]),
    'To do it, run:',
    plan,
  ].join('\n');
}

/** A value that is an option together with its flag, which no dash can leave. */
export function flag(name: string, value: string): string {
  return `--${name}=${value}`;
}

/** One object as kubectl takes it: `deployments.v1.apps web -n shop`. */
export function objectWords(object: {
  readonly resource: Parameters<typeof resourceWord>[0];
  readonly name: string;
  readonly namespace?: string | undefined;
}): Words {
  return [{ value: resourceWord(object.resource) }, { value: object.name }, ...inNamespace(object.namespace)];
}

/** `-n shop`, or nothing for what stands in no namespace. */
export function inNamespace(namespace: string | undefined): Words {
  return namespace === undefined ? [] : ['-n', { value: namespace }];
}
