/**
 * Words that are the same for every kind of admission policy.
 */
import type { CelFault, CelParams } from '../../crds/rules/cel.ts';
import type { AdmissionRule } from '../../crds/scope.ts';
import { resourceWords } from './admission-rules.ts';
import { sentence } from './text.ts';

/** `Requests for deployments`. Without rules everything is meant. */
export function requestsText(rules: readonly AdmissionRule[] | undefined): string {
  return rules === undefined ? 'All requests' : `Requests for ${resourceWords(rules)}`;
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

/** What a policy does that the API server cannot apply. */
export function brokenText(
  policy: string,
  rules: readonly AdmissionRule[] | undefined,
  fault: CelFault,
  certain: boolean,
): string {
  const requests = fault === 'noNamespace' ? 'Requests for objects outside of namespaces' : requestsText(rules);
  return `${requests} ${certain ? 'are' : 'may be'} refused by policy ${sentence(policy, 60)}, ${faults[fault]}`;
}

/** `; with parameters from ConfigMap platform/limits`, or nothing without parameters. */
export function paramsText(params: CelParams | undefined): string {
  if (params === undefined) return '';
  const { kind, namespace, name, state } = params;
  const which = name === undefined ? 'objects found by label' : sentence(name, 100);
  const where = namespace === undefined ? '' : `${sentence(namespace, 63)}/`;
  return `; with parameters from ${sentence(kind, 63)} ${where}${which}${states[state]}`;
}
