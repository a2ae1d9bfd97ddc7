/**
 * Kinds of Kyverno's policies that answer requests.
 */

/** Policies with named rules. */
export const ruleKinds = ['ClusterPolicy', 'Policy'] as const;
/** Policies of policies.kyverno.io that judge requests, by the beginning of their webhooks' names. */
export const kindsByHook: Readonly<Record<string, readonly string[]>> = {
  vpol: ['ValidatingPolicy', 'NamespacedValidatingPolicy'],
  nvpol: ['NamespacedValidatingPolicy', 'ValidatingPolicy'],
  ivpol: ['ImageValidatingPolicy', 'NamespacedImageValidatingPolicy'],
  nivpol: ['NamespacedImageValidatingPolicy', 'ImageValidatingPolicy'],
  mpol: ['MutatingPolicy', 'NamespacedMutatingPolicy'],
  nmpol: ['NamespacedMutatingPolicy', 'MutatingPolicy'],
  gpol: ['GeneratingPolicy', 'NamespacedGeneratingPolicy'],
  ngpol: ['NamespacedGeneratingPolicy', 'GeneratingPolicy'],
};
export const celKinds = [...new Set(Object.values(kindsByHook).flat())];
