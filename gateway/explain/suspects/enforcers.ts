/**
 * Which policies can have made an engine drop a connection: each enforces NetworkPolicies and those of its own.
 *
 * @see https://docs.cilium.io/en/v1.18/network/kubernetes/policy/ (no policies of administrators)
 */
import type { NetworkPlace } from '../../../crds/rules/network.ts';

const ciliumKinds: ReadonlySet<string> = new Set([
  'NetworkPolicy',
  'CiliumNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
]);

/** Whether an engine that dropped a connection obeys policies of this kind; `engine` undefined: it is not known which did. */
export function obeys(engine: string | undefined, kind: string, place?: NetworkPlace): boolean {
  // Some that obey NetworkPolicies are Cilium beneath.
  if (engine === undefined || engine === 'networkpolicy') return true;
  if (engine === 'cilium') return ciliumKinds.has(kind) && (place === undefined || place.engine === 'cilium');
  return !kind.startsWith('Cilium');
}
