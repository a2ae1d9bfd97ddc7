/**
 * What the parameters of an admission policy make of it: to which requests it applies as written, and which it refuses because
 * the API server finds its parameters wanting.
 *
 * - paramRef counts only if the policy has a paramKind. With a paramKind and no paramRef `params` is null.
 * - The objects are looked for in paramRef.namespace or, for a kind in namespaces, in the namespace of the request; a Namespace
 *   is in itself. Each that is found is applied, and the rule must hold with all of them.
 * - None found: parameterNotFoundAction Allow, which is the default, makes the binding do nothing; Deny is a fault. Faults too
 *   are a kind that is not served (of the whole policy, whatever its bindings mean), a namespace given for a kind without
 *   them, and a request in no namespace where one is needed.
 * - A fault refuses every request that is meant, before matchConditions and whatever the actions are; failurePolicy Ignore
 *   ignores it.
 *
 * A kind that was served when the API server started and is not any more counts as one without objects, until it starts
 * again: only where both come to the same can it be said what happens.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_source.go
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import type { CelFault, CelParams, CelRule } from '../../crds/rules/cel.ts';
import type { Scope } from '../../crds/scope.ts';
import { everything, type Matching, scopeOf, unconditional } from './admission-match.ts';
import { namesClusterScoped, namesNamespaces } from './admission-rules.ts';
import { absent, SelectorField } from './fields.ts';
import { isParameter, type KnownParameters, type Parameters } from './parameters.ts';

export const ParamKind = z.object({ apiVersion: z.string(), kind: z.string() });
type ParamKind = z.infer<typeof ParamKind>;

export const ParamRef = z
  .strictObject({
    name: absent(z.string()),
    namespace: absent(z.string()),
    selector: absent(SelectorField),
    parameterNotFoundAction: absent(z.enum(['Allow', 'Deny'])),
  })
  .refine(({ name, selector }) => (name ?? '') !== '' || selector !== undefined, {
    error: 'Must have a name or a selector',
  });
type ParamRef = z.infer<typeof ParamRef>;

export interface WithParams {
  readonly matching: Matching;
  readonly paramKind: ParamKind | undefined;
  readonly failurePolicy: CelRule['failurePolicy'];
}

export interface RefersToParams {
  readonly matching: Matching;
  readonly paramRef: ParamRef | undefined;
}

/** What a policy and a binding come to for some of the requests that they mean. */
export interface Way {
  /** Tells the ways of a binding apart: no name has a space. */
  readonly key: '' | ' without parameters' | ' without a namespace';
  readonly scope: Scope;
  readonly params?: CelParams;
  /** Why all these requests are refused. */
  readonly broken?: CelFault;
  /** False when it depends on what is not known whether the policy is applied, or broken, as is said here. */
  readonly certain: boolean;
}

/** All of them; none for a binding that does nothing. */
export function waysOf(policy: WithParams, binding: RefersToParams, parameters: Parameters): readonly Way[] {
  const { paramKind } = policy;
  const { paramRef } = binding;
  const scope = scopeOf(policy.matching, binding.matching);
  const known = paramKind === undefined ? undefined : parameters(paramKind);
  if (paramKind !== undefined && known?.state === 'notServed') return withoutKind(policy, binding, paramKind);
  if (paramKind === undefined || known === undefined || paramRef === undefined) {
    return [{ key: '', scope, certain: true }];
  }
  const params = paramsOf(paramKind, paramRef, known);
  if (known.state !== 'read') return [{ key: '', scope, params, certain: false }];

  const breaking = (way: Pick<Way, 'key' | 'broken'>, refused: Scope): Way[] =>
    policy.failurePolicy === 'Ignore' ? [] : [{ ...way, scope: refused, params, certain: true }];
  const found = [...known.objects()].filter((object) => isParameter(params, object));
  const unjudged = scopeOf(unconditional(policy.matching), binding.matching);
  if (known.namespaced && params.namespace === undefined) {
    return inRequestNamespaces({ scope, unjudged, params, breaking }, namespacesOf(found));
  }
  if (!known.namespaced && params.namespace !== undefined) {
    return breaking({ key: '', broken: 'namespaceOfClusterScopedKind' }, unjudged);
  }
  if (found.length > 0) return [{ key: '', scope, params, certain: true }];
  return params.notFound === 'Deny' ? breaking({ key: '', broken: 'noParameters' }, unjudged) : [];
}

/** The reference as it stands, where it is not known what it comes to. */
export function paramsOf({ apiVersion, kind }: ParamKind, ref: ParamRef, known: KnownParameters): CelParams {
  const { name, namespace, selector, parameterNotFoundAction } = ref;
  const namespaced = known.state === 'notServed' ? undefined : known.namespaced;
  return {
    apiVersion,
    kind,
    ...(name === undefined || name === '' ? { selector: selector ?? {} } : { name }),
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    notFound: parameterNotFoundAction ?? 'Allow',
    state: known.state,
    ...(namespaced === undefined ? {} : { namespaced }),
  };
}

function withoutKind(policy: WithParams, { matching, paramRef }: RefersToParams, kind: ParamKind): Way[] {
  if (policy.failurePolicy === 'Ignore') return [];
  const meansAll = JSON.stringify(matching) === JSON.stringify(everything);
  return [
    {
      key: '',
      scope: scopeOf(unconditional(policy.matching), everything),
      ...(paramRef === undefined ? {} : { params: paramsOf(kind, paramRef, { state: 'notServed' }) }),
      broken: 'kindNotServed',
      certain: meansAll && paramRef?.parameterNotFoundAction === 'Deny',
    },
  ];
}

function namespacesOf(objects: readonly { readonly namespace?: string | undefined }[]): string[] {
  return [...new Set(objects.flatMap(({ namespace }) => namespace ?? []))].toSorted(compareText);
}

/** `names` are the namespaces that have parameters. */
function inRequestNamespaces(
  {
    scope,
    unjudged,
    params,
    breaking,
  }: {
    readonly scope: Scope;
    readonly unjudged: Scope;
    readonly params: CelParams;
    readonly breaking: (way: Pick<Way, 'key' | 'broken'>, refused: Scope) => Way[];
  },
  names: readonly string[],
): readonly Way[] {
  const every = (test: typeof namesNamespaces) =>
    (scope.admission ?? []).every(({ rules }) => rules === undefined || test(rules));
  const { names: only, ...rest } = scope.namespaces;
  const isInNamespaces = only === undefined || every(namesNamespaces);
  const within = { ...scope, namespaces: { names: only ?? [...names], ...rest } };
  const others = { ...unjudged.namespaces, ...(names.length === 0 ? {} : { excluded: [...names] }) };
  return [
    ...(isInNamespaces && names.length > 0 ? [{ key: '' as const, scope: within, params, certain: true }] : []),
    ...(isInNamespaces && params.notFound === 'Deny'
      ? breaking({ key: ' without parameters', broken: 'noParameters' }, { ...unjudged, namespaces: others })
      : []),
    ...(every(namesClusterScoped)
      ? breaking(
          { key: ' without a namespace', broken: 'noNamespace' },
          { namespaces: { names: [] }, admission: unjudged.admission },
        )
      : []),
  ];
}
