/**
 * What an admission policy says in its refusal: the words of its author, the expression that is not true, or its own fault.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go
 */

/** fault: an expression cannot be evaluated for this object. unbound: policy, binding or parameters are not as they must be. */
export type Demand =
  | { readonly is: 'message'; readonly message: string }
  | { readonly is: 'expression'; readonly expression: string }
  | { readonly is: 'fault'; readonly fault: string; readonly missing: string | undefined; readonly costs: boolean }
  | { readonly is: 'unbound'; readonly fault: string; readonly parameters: boolean };

const notSetUp = ['failed to configure policy:', 'failed to configure binding:'];
const faults = [
  "' resulted in error:",
  'compilation error:',
  'validation failed due to running out of cost budget',
  'failed messageexpression:',
  'error evaluating',
  'error applying patch',
  'error applying json patch',
  'error applying mutation',
  'failed to apply',
  'error retrieving',
];

/** @param message What stands behind `denied request:`. */
export function demandOf(message: string): Demand | undefined {
  const said = message.trim();
  const lower = said.toLowerCase();
  if (said === '') return undefined;
  const head = 'failed expression:';
  if (lower.startsWith(head)) {
    const expression = said.slice(head.length).trim();
    return expression === '' ? undefined : { is: 'expression', expression };
  }
  const setUp = notSetUp.find((words) => lower.startsWith(words));
  if (setUp !== undefined) {
    const parameters = lower.includes('no params found') || lower.includes('paramkind') || lower.includes('paramref');
    return { is: 'unbound', fault: said.slice(setUp.length).trim(), parameters };
  }
  const isFault =
    (lower.startsWith("expression '") && lower.includes("' resulted in error:")) ||
    faults.some((words) => lower.startsWith(words));
  if (!isFault) return { is: 'message', message: said };
  return { is: 'fault', fault: said, missing: missingIn(said), costs: lower.includes('cost budget') };
}

/** The field that an expression took for granted. */
function missingIn(fault: string): string | undefined {
  const words = 'no such key: ';
  const found = fault.lastIndexOf(words);
  if (found < 0) return undefined;
  const [key = ''] = fault.slice(found + words.length, found + words.length + 200).split(' ', 1);
  const name = key.endsWith('.') || key.endsWith(',') ? key.slice(0, -1) : key;
  return name === '' ? undefined : name;
}
