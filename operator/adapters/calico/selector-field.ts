/**
 * Fields that hold a selector as text. An empty text is none.
 *
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/validator/v3/validator.go
 */
import * as z from 'zod';
import { parseSelector, type Selector, SelectorError } from './selector.ts';

/** Whether `global()` may stand there: it may only in the namespaceSelector of a rule, and alone. */
function selectorField(global: 'alone' | 'never') {
  return z.string().transform((text, context): Selector | undefined => {
    if (text === '') return undefined;
    const fail = (message: string) => {
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    };
    try {
      const selector = parseSelector(text);
      const isMisplaced = asksGlobal(selector) && (global === 'never' || selector.is !== 'global');
      return isMisplaced
        ? fail('Must hold global() only alone, and only in the namespaceSelector of a rule')
        : selector;
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      return fail(error.message);
    }
  });
}

export const SelectorText = selectorField('never');
export const NamespaceSelectorText = selectorField('alone');

function asksGlobal(selector: Selector): boolean {
  if (selector.is === 'global') return true;
  if (selector.is === 'not') return asksGlobal(selector.of);
  return (selector.is === 'and' || selector.is === 'or') && selector.parts.some(asksGlobal);
}
