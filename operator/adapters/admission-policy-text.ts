/**
 * Words that are the same for every kind of admission policy.
 */
import type { CelFault, CelParams } from '../../crds/rules/cel.ts';
import type { AdmissionRule, Scope } from '../../crds/scope.ts';
import { requestWords, resourceWords } from './admission-rules.ts';
import { exactnessTexts, selectionTexts } from './admission-text.ts';
import { sentence } from './text.ts';

type Rules = readonly AdmissionRule[] | undefined;

/** For summaries: `Requests for deployments`. Without rules everything is meant. */
export function requestsText(rules: Rules): string {
  return rules === undefined ? 'All requests' : `Requests for ${resourceWords(rules)}`;
}

/** For messages: `Requests for creating or updating deployments`. */
export function operationsText(rules: Rules): string {
  return rules === undefined ? 'All requests' : `Requests for ${requestWords(rules)}`;
}

const states: Readonly<Record<CelParams['state'], string>> = {
  read: '',
  unread: ', which are not read',
  neverRead: ', which are never read',
  notServed: ', a kind that is not served',
};

const faults: Readonly<Record<CelFault, string>> = {
  kindNotServed: 'whose kind of parameters is not served',
  noParameters: 'which finds no parameters',
  namespaceOfClusterScopedKind: 'which looks in a namespace for parameters that are in none',
  noNamespace: 'which looks for its parameters in the namespace of a request',
};

/** What a policy does to these requests that the API server cannot apply. */
export function brokenText(policy: string, requests: string, fault: CelFault, certain: boolean): string {
  const refused = fault === 'noNamespace' ? 'Requests for objects outside of namespaces' : requests;
  return `${refused} ${certain ? 'are' : 'may be'} refused by policy ${sentence(policy, 60)}, ${faults[fault]}`;
}

/**
 * What a message says after which requests a policy is about and what becomes of them. `says`: what the policy itself says.
 * What is cut where all of it is too long stands last.
 */
export function detailsText(
  {
    binding,
    scope,
    params,
  }: { readonly binding: string; readonly scope: Scope; readonly params: CelParams | undefined },
  says: readonly string[] = [],
): string {
  const [, bound] = scope.admission ?? []; // that of the policy is the first
  const only = bound?.rules === undefined ? '' : `, which means only ${requestWords(bound.rules)}`;
  const parts = [
    `binding ${sentence(binding, 100)}${only}`,
    ...selectionTexts(scope),
    ...paramsTexts(params),
    ...says,
    ...exactnessTexts(scope),
  ];
  return parts.map((part) => `; ${part}`).join('');
}

/** `with parameters from ConfigMap platform/limits`. */
function paramsTexts(params: CelParams | undefined): string[] {
  if (params === undefined) return [];
  const { kind, namespace, name, state } = params;
  const which = name === undefined ? 'objects found by label' : sentence(name, 100);
  const where = namespace === undefined ? '' : `${sentence(namespace, 63)}/`;
  return [`with parameters from ${sentence(kind, 63)} ${where}${which}${states[state]}`];
}
