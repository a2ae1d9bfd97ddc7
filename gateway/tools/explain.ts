import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { constraintAnswer, ConstraintAnswer } from '../answer/constraint.ts';
import { dataText } from '../answer/fence.ts';
import { createLevels, mayReadDetails, mostDetailed, refusedReport } from '../answer/levels.ts';
import { noReport } from '../answer/no-report.ts';
import type { Pace } from '../answer/pace.ts';
import { remediationFor } from '../answer/remediation.ts';
import { untoldOf } from '../answer/untold.ts';
import { withAdvice } from '../explain/advice.ts';
import { Category, Confidence } from '../explain/category.ts';
import { beginErrorText } from '../explain/error-text.ts';
import { explainCauses, type Explained, matchesMax, type Searched, searchedFor } from '../explain/explain.ts';
import { beginCauses } from '../explain/find-causes.ts';
import { atLevels } from '../explain/levels.ts';
import { Remediation, RemediationStep, stepsMax } from '../remediation/schema.ts';
import { defineTool } from './define.ts';
import { Namespace } from './fields.ts';

/** Of a request; a text that is pasted may be a whole log. */
const bodyBytesMax = 4_194_304;

const Cause = z.object({
  category: Category.describe('What kind of thing it was; negative: no rule of the cluster.'),
  engine: z.string().optional().describe('The engine or component that refused.'),
  policy: z.string().optional().describe('The policy, as the text names it.'),
  rule: z.string().optional().describe('Which rule of it, as the text names it.'),
  evidence: z.array(z.string()).describe('The parts of the text that say so.'),
});

const Input = z.object({
  error_message: z
    .string()
    .min(1)
    .max(bodyBytesMax)
    .describe('The error, event or log as it was shown; several lines, and the more of it the better.'),
  namespace: Namespace,
  workload_name: z
    .string()
    .min(1)
    .max(317)
    .optional()
    .describe('The workload that it happened to, where that is known; also as Kind/name.'),
});

const Match = ConstraintAnswer.extend({
  remediation: Remediation.describe('What one can do.'),
  reason: z.string().describe('Why it is taken for the cause.'),
});
type Match = z.input<typeof Match>;

const Output = z.object({
  explanation: z.string().describe('What happened and which rule did it, in a few sentences.'),
  confidence: Confidence.describe(
    'high: the text names the rule, or only one can have done it. medium: the kind of cause is sure. low: a hint.',
  ),
  matching_constraints: z
    .array(Match)
    .max(matchesMax)
    .describe('The rules that did it or may have, the likeliest first; empty when it was none that is known here.'),
  remediation_steps: z.array(RemediationStep).max(stepsMax).describe('What to do, the easiest first.'),
  cause: Cause,
  other_causes: z.array(Cause).optional().describe('Further causes that the text tells of.'),
});

export const explain = defineTool({
  name: 'potoo_explain',
  title: 'Which rule caused this error',
  description:
    'Explains an error, event or log line: which rule of the cluster caused it, the words that say so, how sure that is, ' +
    'and what to do. Says so when it was no rule at all. Use it when something was denied, failed or timed out.',
  input: Input,
  output: Output,
  bodyBytesMax,
  text: explainAnswerText,
  async run({ error_message: message, namespace, workload_name: workloadName }, call) {
    const { caller, catalog, gateway, pace } = call;
    const refused = await refusedReport(caller, namespace);
    if (refused !== undefined) return refused;
    const view = catalog.view(namespace);
    if (view === undefined) return noReport(namespace);
    const details = await mayReadDetails(namespace, caller);
    const searched = await search(message, pace);
    const workloads = details ? view.workloads : undefined;
    const question = {
      namespace,
      workloadName,
      workloads: workloads?.list,
      complete: untoldOf(view) === 0,
      contact: gateway.remediationContact,
    };
    const { suspects, ...explained } = await atLevels(
      { namespace, bindings: view.bindings },
      { levels: createLevels(namespace, caller), pace },
      (candidates) => leveled(explainCauses(searched, candidates, question)),
    );
    const { explanation, confidence, steps, cause, otherCauses } = explained;
    const all = suspects.map(({ binding, level, reason }) => ({
      ...constraintAnswer(binding, level, { namespace, workloads }),
      remediation: remediationFor(binding, level, { namespace, contact: gateway.remediationContact }),
      reason,
    }));
    const value = {
      explanation,
      confidence,
      matching_constraints: [],
      remediation_steps: withAdvice(steps, all[0]?.remediation.steps ?? []),
      cause: { ...cause, evidence: [...cause.evidence] },
      ...(otherCauses.length === 0
        ? {}
        : { other_causes: otherCauses.map((each) => ({ ...each, evidence: [...each.evidence] })) }),
    };
    const matching = matchesThatFit(all, call.bytesMax - bytesOf(value) - untoldBytes);
    const untold = all.length - matching.length;
    return {
      ok: true,
      level: mostDetailed(suspects.map(({ level }) => level)),
      value: {
        ...value,
        ...(untold === 0 ? {} : { explanation: `${explanation} ${untoldSentence(untold)}` }),
        matching_constraints: matching,
      },
    };
  },
});

/** What the sentence on rules that found no room takes, with some to spare. */
const untoldBytes = 100;

function untoldSentence(untold: number): string {
  return `${untold} more that may have done it found no room in this answer.`;
}

/** The first of them that fit into so many bytes, and one at least: the likeliest stand first. */
function matchesThatFit(all: readonly Match[], bytesMax: number): Match[] {
  let bytes = 0;
  const tooMuch = all.findIndex((match) => {
    bytes += bytesOf(match) + 1;
    return bytes > bytesMax;
  });
  return all.slice(0, tooMuch < 0 ? all.length : Math.max(1, tooMuch));
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** In pieces: a text may be as long as a log. */
async function search(message: string, pace: Pace): Promise<Searched> {
  const reading = beginErrorText(message);
  await pace.each(reading.stretches, (read) => {
    read();
  });
  const text = reading.text();
  const causes = beginCauses(text);
  await pace.each(causes.steps, (step) => {
    step();
  });
  return searchedFor(text, causes.causes());
}

/** With the level of each suspect, so that it is one of those that are asked for. */
function leveled({ suspects, ...explained }: Explained) {
  return {
    ...explained,
    suspects: suspects.map(({ candidate: { binding, level }, reason }) => ({ binding, level, reason })),
  };
}

function explainAnswerText(answer: z.input<typeof Output>): string {
  const { explanation, confidence, matching_constraints: matching, remediation_steps: steps, cause } = answer;
  return dataText({
    before: [`Cause: ${cause.category}. Confidence: ${confidence}. Rules that did it or may have: ${matching.length}.`],
    data: [
      explanation,
      ...cause.evidence.map((quote) => `the text says: ${quote}`),
      ...matching.map(
        ({ source_kind: kind, name, rule, id, message, reason }) =>
          `${kind}/${name}${rule === undefined ? '' : ` ${rule}`} (${id}): ${message} (${reason})`,
      ),
      ...steps.map(
        ({ description, command }, index) =>
          `${index + 1}. ${description}${command === undefined ? '' : ` Command: ${command}`}`,
      ),
    ],
    ...(matching.length === 0
      ? {}
      : { after: ['What to do about one in full: potoo_remediation with its id, and the namespace.'] }),
  });
}
