/**
 * Validations in CEL and what follows from them, in the same fields and words wherever an engine has them.
 */
import * as z from 'zod';
import type { CelRule, CelValidation } from '../../crds/rules/cel.ts';
import { absent, listOf } from './fields.ts';
import { boundedList, boundedListOf, citedExpression, sentence } from './text.ts';

type Action = NonNullable<CelRule['actions']>[number];

const actions = ['Deny', 'Warn', 'Audit'] as const satisfies readonly Action[];

/** A list of actions, in one order. */
export function actionsField({ min = 0 }: { readonly min?: number } = {}) {
  return listOf(z.enum(actions), { min }).transform((listed) => actions.filter((action) => listed.includes(action)));
}

export const ValidationField = z
  .strictObject({
    expression: z.string(),
    message: absent(z.string()),
    messageExpression: absent(z.string()),
    reason: absent(z.string()),
  })
  .transform(
    ({ expression, message, messageExpression, reason }): CelValidation => ({
      expression,
      ...(message === undefined ? {} : { message }),
      ...(messageExpression === undefined ? {} : { messageExpression }),
      ...(reason === undefined ? {} : { reason }),
    }),
  );

export const AuditAnnotationField = z.strictObject({ key: z.string(), valueExpression: z.string() });

const outcomes: Readonly<Record<Action, string>> = {
  Deny: 'refused',
  Warn: 'answered with a warning',
  Audit: 'noted in the audit log',
};

/** `refused and noted in the audit log`: what becomes of requests that fail. */
export function outcomeText(taken: readonly Action[], words: Partial<Record<Action, string>> = {}): string {
  return taken.map((action) => words[action] ?? outcomes[action]).join(' and ');
}

/** What is demanded where the policy has no words for it. */
export function demandTexts(validations: readonly CelValidation[]): string[] {
  const wordless = validations.filter(({ message }) => (message?.trim() ?? '') === '');
  const told = boundedListOf(wordless, ({ expression }) => citedExpression(expression, 200), {
    separator: ', ',
    lengthMax: 300,
    noun: 'expression',
  });
  return told === '' ? [] : [`it demands ${told}`];
}

/** What the policy itself says to those who fail. */
export function saidTexts(validations: readonly CelValidation[]): string[] {
  const messages = [...new Set(validations.flatMap(({ message }) => message?.trim() || []))];
  const told = boundedList(
    messages.map((message) => JSON.stringify(sentence(message, 150))),
    { separator: ', ', lengthMax: 450, noun: 'text' },
  );
  return told === '' ? [] : [`it says ${told}`];
}
