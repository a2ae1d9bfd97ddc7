/**
 * Objects that policies take parameters from, as far as a policy has to know of them: which there are, not what they say.
 */
import type { CelParams } from '../../crds/rules/cel.ts';
import { matchesLabels } from '../../kube/label-selector.ts';

/** As a policy names it. */
export interface ParameterKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** One object, without its content. */
export interface ParameterHead {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What is known of the objects of a kind. 'unread': it may be served, and its objects are not known, or not yet.
 * 'neverRead': Secrets and ConfigMaps.
 */
export type KnownParameters =
  | { readonly state: 'neverRead' | 'unread'; readonly namespaced?: boolean | undefined }
  | { readonly state: 'notServed' }
  | {
      readonly state: 'read';
      readonly namespaced: boolean;
      /** In any order. */
      readonly objects: () => Iterable<ParameterHead>;
    };

/** What is known at this moment. */
export type Parameters = (kind: ParameterKind) => KnownParameters;

/** Where nothing is known of any object that is not read already. */
export const noParametersRead: Parameters = (kind) =>
  isNeverRead(kind) ? { state: 'neverRead', namespaced: true } : { state: 'unread' };

/** Secrets and ConfigMaps hold what is nobody's business. */
export function isNeverRead({ apiVersion, kind }: ParameterKind): boolean {
  return apiVersion === 'v1' && (kind === 'Secret' || kind === 'ConfigMap');
}

/**
 * Whether an object is one of the parameters, of requests in its own namespace if they are those of the request's namespace.
 * A name wins over a selector: only one of the two can be stored.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go
 */
export function isParameter(
  { name, namespace, selector = {} }: Pick<CelParams, 'name' | 'namespace' | 'selector'>,
  object: ParameterHead,
): boolean {
  if (namespace !== undefined && namespace !== object.namespace) return false;
  return name === undefined ? matchesLabels(selector, object.labels) : name === object.name;
}
