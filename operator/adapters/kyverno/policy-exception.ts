/**
 * PolicyException: rules that Kyverno skips for some requests. Policies are named by `name`, or `namespace/name` of a Policy,
 * rules by their names, among them those that are generated for pod controllers; both may be patterns.
 *
 * No API tells whether Kyverno honours exceptions, and in which namespaces it looks for them: an exception never takes a
 * constraint away.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/api/kyverno/v2/policy_exception_types.go
 * @see https://kyverno.io/docs/guides/exceptions/
 */
import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../../kube/object.ts';
import { matchesGlob } from '../../scope/namespace-scope.ts';
import { type Fault, faultsOf, type ObjectHead } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { type Block, readBlock } from './match-fields.ts';

export interface PolicyException {
  readonly is: 'exception';
  /** `PolicyException namespace/name`. */
  readonly by: string;
  readonly excepted: readonly { readonly policyName: string; readonly ruleNames: readonly string[] }[];
  readonly match: Block;
  readonly conditional: string;
}

const Excepted = z.object({ policyName: z.string(), ruleNames: absent(listOf(z.string())) });

const known = ['background', 'conditions', 'exceptions', 'match', 'podSecurity'];

/** Never undefined: what is not understood of it makes it more doubtful than it is anyway. */
export function readException({ metadata, spec }: ObjectHead & { readonly spec: JsonObject }): {
  readonly exception: PolicyException;
  readonly faults: readonly Fault[];
} {
  const listed = absent(listOf(Excepted)).safeParse(spec['exceptions']);
  const match = readBlock(spec['match'], ['spec', 'match']);
  const faults = [
    ...(listed.success ? [] : faultsOf(listed.error, ['spec', 'exceptions'])),
    ...match.faults,
    ...Object.keys(spec)
      .filter((key) => !known.includes(key))
      .toSorted()
      .slice(0, 100)
      .map((key) => ({ path: ['spec', key], message: 'Not a field that this version knows' })),
  ];
  const { namespace = '', name } = metadata;
  return {
    exception: {
      is: 'exception',
      by: `PolicyException ${namespace}/${name}`,
      excepted: (listed.data ?? []).map(({ policyName, ruleNames = [] }) => ({ policyName, ruleNames })),
      match: match.block,
      conditional: [
        `Kyverno honours exceptions only where it is set to, for namespace ${namespace}`,
        ...(hasConditions(spec['conditions']) ? ['its own conditions must hold'] : []),
        ...(Array.isArray(spec['podSecurity']) && spec['podSecurity'].length > 0
          ? ['it takes out only some checks of a Pod Security Standard']
          : []),
        ...(faults.length === 0 ? [] : ['parts of it are not understood']),
      ].join('; '),
    },
    faults,
  };
}

function hasConditions(conditions: unknown): boolean {
  return isJsonObject(conditions) && Object.values(conditions).some((list) => Array.isArray(list) && list.length > 0);
}

/** Whether it may mean several policies, which only the policies themselves can tell. */
export function isPattern(policyName: string): boolean {
  return /[*?]/.test(policyName);
}

/** Whether it is for the rule of this name of the policy. */
export function excepts({ excepted }: PolicyException, policy: string, rule: string): boolean {
  return excepted.some(
    ({ policyName, ruleNames }) =>
      matchesGlob(policyName, policy) && ruleNames.some((pattern) => matchesGlob(pattern, rule)),
  );
}
