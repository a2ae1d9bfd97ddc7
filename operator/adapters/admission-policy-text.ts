/**
 * Words that are the same for every kind of admission policy.
 */
import type { CelParams } from '../../crds/rules/cel.ts';
import type { AdmissionRule } from '../../crds/scope.ts';
import { resourceWords } from './admission-rules.ts';
import { sentence } from './text.ts';

/** `Requests for deployments`. Without rules everything is meant. */
export function requestsText(rules: readonly AdmissionRule[] | undefined): string {
  return rules === undefined ? 'All requests' : `Requests for ${resourceWords(rules)}`;
}

/** `; with parameters from ConfigMap platform/limits`, or nothing without parameters. */
export function paramsText(params: CelParams | undefined): string {
  if (params === undefined) return '';
  const { kind, namespace, name } = params;
  const which = name === undefined ? 'objects found by label' : sentence(name, 100);
  const where = namespace === undefined ? '' : `${sentence(namespace, 63)}/`;
  return `; with parameters from ${sentence(kind, 63)} ${where}${which}`;
}
