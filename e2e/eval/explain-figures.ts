/**
 * How right answers to rows of error messages are: figures, a table and each miss with what was said instead.
 */
import type * as z from 'zod';
import { Category, type Confidence } from '../../gateway/explain/category.ts';
import type { ExplainAnswer } from './explain-answer.ts';
import type { Asked } from './explain-asking.ts';

/** Shares of rows, with four decimals; 1 of none. Answers are those with and those without the policy. */
export interface ExplainFigures {
  readonly rows: number;
  /** Whose category is right. */
  readonly category: number;
  /** Of those that name a policy: for which it stands first. */
  readonly policy: number;
  /** Of those that name a rule: for which it is given. */
  readonly rule: number;
  readonly high: LevelFigures;
  readonly medium: LevelFigures;
  readonly low: LevelFigures;
  /** Of those without a policy cause: for which a constraint came back at high. */
  readonly blamed: number;
}

export interface LevelFigures {
  readonly n: number;
  readonly wrong: number;
}

type Answer = z.infer<typeof ExplainAnswer>;

interface Judged {
  readonly asked: Asked;
  readonly category: boolean;
  /** Undefined where the row names none. */
  readonly policy: boolean | undefined;
  readonly rule: boolean | undefined;
  readonly blamed: boolean | undefined;
  readonly answers: readonly { readonly at: Confidence; readonly wrong: string | undefined }[];
}

/** Causes that are no policies. A disruption budget is none of an engine, and yet a constraint that may be named. */
const withoutPolicy: readonly Category[] = ['rbac', 'scheduling', 'missing', 'immutable', 'negative'];

function judge(asked: Asked): Judged {
  const { row, planted, present, absent } = asked;
  const isFirst = planted?.has(present.matching_constraints[0]?.id ?? '') === true;
  const answers = [
    { at: present.confidence, wrong: wrongWith(asked, isFirst) },
    ...(absent === undefined ? [] : [{ at: absent.confidence, wrong: wrongWithout(asked, absent) }]),
  ];
  return {
    asked,
    category: present.cause.category === row.label,
    policy: named(row.policy_name) && planted !== undefined ? isFirst : undefined,
    rule: named(row.rule_name) ? present.cause.rule === row.rule_name : undefined,
    blamed: withoutPolicy.includes(row.label)
      ? present.confidence === 'high' && present.matching_constraints.length > 0
      : undefined,
    answers,
  };
}

function named(name: string | null | undefined): boolean {
  return name !== null && name !== undefined;
}

function wrongWith({ row, planted, present }: Asked, isFirst: boolean): string | undefined {
  const category = wrongCategory(row.label, present);
  if (category !== undefined) return category;
  const blames = present.matching_constraints.length > 0;
  if (planted === undefined) return blames && present.confidence === 'high' ? `blames ${first(present)}` : undefined;
  if (isFirst) return undefined;
  if (named(row.policy_name)) return `does not name ${row.policy_name ?? ''} but ${first(present)}`;
  return blames && present.confidence === 'high' ? `names ${first(present)} in place of what did it` : undefined;
}

/** What the text names binds nothing there: whatever is named is something else. */
function wrongWithout({ row }: Asked, absent: Answer): string | undefined {
  const category = wrongCategory(row.label, absent);
  if (category !== undefined) return category;
  if (absent.matching_constraints.length === 0) return undefined;
  if (absent.confidence !== 'high' && !named(row.policy_name)) return undefined;
  return `names ${first(absent)}, while what did it is not there`;
}

function wrongCategory(label: Category, { cause }: Answer): string | undefined {
  return cause.category === label ? undefined : `takes it for ${cause.category}`;
}

function first({ matching_constraints: [constraint] }: Answer): string {
  return constraint === undefined ? 'nothing' : `${constraint.source_kind} ${constraint.name}`;
}

/** Figures of all rows, those of each label, and a sentence for each miss. */
export function explainFigures(all: readonly Asked[]): {
  readonly figures: ExplainFigures;
  readonly byLabel: readonly (readonly [Category, ExplainFigures])[];
  readonly misses: readonly string[];
} {
  const judged = all.map(judge);
  const byLabel = Map.groupBy(judged, ({ asked }) => asked.row.label);
  return {
    figures: figuresOf(judged),
    byLabel: Category.options.flatMap((label) => {
      const own = byLabel.get(label);
      return own === undefined ? [] : [[label, figuresOf(own)] as const];
    }),
    misses: judged.flatMap(missesOf),
  };
}

function figuresOf(judged: readonly Judged[]): ExplainFigures {
  const answers = judged.flatMap((each) => each.answers);
  const at = (level: Confidence): LevelFigures => {
    const own = answers.filter((answer) => answer.at === level);
    return { n: own.length, wrong: own.filter(({ wrong }) => wrong !== undefined).length };
  };
  return {
    rows: judged.length,
    category: share(judged.map(({ category }) => category)),
    policy: share(judged.map(({ policy }) => policy)),
    rule: share(judged.map(({ rule }) => rule)),
    high: at('high'),
    medium: at('medium'),
    low: at('low'),
    blamed: share(
      judged.map(({ blamed }) => blamed),
      0,
    ),
  };
}

/** Undefined ones do not count. */
function share(outcomes: readonly (boolean | undefined)[], ofNone = 1): number {
  const counted = outcomes.filter((outcome) => outcome !== undefined);
  if (counted.length === 0) return ofNone;
  return Math.round((counted.filter(Boolean).length / counted.length) * 10_000) / 10_000;
}

function missesOf({ asked: { row, present, absent }, rule, answers }: Judged): readonly string[] {
  const [withIt, without] = answers;
  const what = `${row.id} (${row.label}): `;
  return [
    ...(withIt?.wrong === undefined ? [] : [`${what}${withIt.wrong}, ${present.confidence}`]),
    ...(without?.wrong === undefined || absent === undefined
      ? []
      : [`${what}without it: ${without.wrong}, ${absent.confidence}`]),
    ...(rule === false ? [`${what}gives ${present.cause.rule ?? 'no rule'} in place of ${row.rule_name ?? ''}`] : []),
  ];
}
