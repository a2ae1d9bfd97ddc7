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
import { shortListOf } from '../bounded-fields.ts';
import { type Fault, faultsOf, type ObjectHead } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { unknownFields } from '../unknown-fields.ts';
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

const known = new Set(['background', 'conditions', 'exceptions', 'match', 'podSecurity']);

/** Names of policies, and of rules. Each is compared with those of every policy that it may mean. */
const namesMax = 1_000;

/** Never undefined: what is not understood of it makes it more doubtful than it is anyway. */
export function readException({ metadata, spec }: ObjectHead & { readonly spec: JsonObject }): {
  readonly exception: PolicyException;
  readonly faults: readonly Fault[];
} {
  const listed = absent(shortListOf(Excepted, namesMax)).safeParse(spec['exceptions']);
  const named = listed.data ?? [];
  const rules = named.reduce((sum, { ruleNames = [] }) => sum + ruleNames.length, 0);
  const match = readBlock(spec['match'], ['spec', 'match']);
  const faults = [
    ...(listed.success ? [] : faultsOf(listed.error, ['spec', 'exceptions'])),
    ...(rules > namesMax
      ? [{ path: ['spec', 'exceptions'], message: `Must have at most ${namesMax} names of rules to be read` }]
      : []),
    ...match.faults,
    ...unknownFields(spec, known, ['spec']),
  ];
  const { namespace = '', name } = metadata;
  return {
    exception: {
      is: 'exception',
      by: `PolicyException ${namespace}/${name}`,
      // Of too many names of rules none is looked at: it may be for each of them.
      excepted: named.map(({ policyName, ruleNames = [] }) => ({
        policyName,
        ruleNames: rules > namesMax ? ['*'] : ruleNames,
      })),
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

/** An exception that is for a policy, with the patterns of the names of its rules. */
export interface NamingException {
  readonly exception: PolicyException;
  readonly rules: readonly string[];
}

/** Those that are for the policy of this name. */
export function exceptionsFor(policy: string, exceptions: readonly PolicyException[]): NamingException[] {
  return exceptions.flatMap((exception) => {
    const named = exception.excepted.filter(({ policyName }) => matchesGlob(policyName, policy));
    const rules = [...new Set(named.flatMap(({ ruleNames }) => ruleNames))];
    return rules.length === 0 ? [] : [{ exception, rules }];
  });
}
