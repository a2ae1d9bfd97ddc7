/**
 * Tiers of Calico: which policies come first, and what becomes of connections that the policies of a tier do not decide.
 *
 * - Tiers go by `order`, those without one last; within a tier policies do, in the same way.
 * - What no policy of a tier decides that applies to an endpoint in that direction, the `defaultAction` of the tier does: Deny
 *   drops it, Pass leaves it to the next tier. A tier of which no enforced policy applies is left out.
 * - After the last tier pods accept and open everything.
 *
 * Calico makes a few tiers itself, and what these do is fixed. Of a tier that is not read it is not known what it does.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/tier
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/api/pkg/apis/projectcalico/v3/tier.go
 */
import * as z from 'zod';
import type { NetworkRule } from '../../../crds/rules/network.ts';
import type { Fault } from '../define.ts';
import { unknownFields } from '../unknown-fields.ts';
import { readSpec } from '../spec-reader.ts';

export interface Tier {
  readonly is: 'tier';
  readonly name: string;
  readonly order?: number | undefined;
  /** Undefined where it is not understood. */
  readonly defaultAction: 'Deny' | 'Pass' | undefined;
  /** Whether it comes from the API of Calico and not from what stores it. */
  readonly isServed: boolean;
}

export const defaultTier = 'default';

/** As Calico 3.30 and later make them. */
const builtIn: readonly Tier[] = [
  { is: 'tier', name: 'kube-admin', order: 1_000, defaultAction: 'Pass', isServed: false },
  { is: 'tier', name: 'adminnetworkpolicy', order: 1_000, defaultAction: 'Pass', isServed: false },
  { is: 'tier', name: defaultTier, order: 1_000_000, defaultAction: 'Deny', isServed: false },
  { is: 'tier', name: 'kube-baseline', order: 10_000_000, defaultAction: 'Pass', isServed: false },
  { is: 'tier', name: 'baselineadminnetworkpolicy', order: 10_000_000, defaultAction: 'Pass', isServed: false },
];

const known: ReadonlySet<string> = new Set(['order', 'defaultAction']);

/** What an object of the kind Tier says. */
export function readTier(
  name: string,
  spec: Readonly<Record<string, unknown>>,
  isServed: boolean,
): { readonly tier: Tier; readonly faults: readonly Fault[] } {
  const reader = readSpec(spec);
  const order = reader.read('order', z.number());
  const action = reader.read('defaultAction', z.enum(['Deny', 'Pass', '']));
  const unknown = unknownFields(spec, known, ['spec']);
  const faults = [...reader.faults, ...unknown];
  const defaultAction = faults.length > 0 ? undefined : action === 'Pass' ? 'Pass' : 'Deny';
  return { tier: { is: 'tier', name, order, defaultAction, isServed }, faults };
}

/** Where a policy with this order stands, and what comes of connections that its tier does not decide. */
export function placeIn(
  name: string,
  order: number | undefined,
  tiers: readonly Tier[],
): Required<Pick<NetworkRule, 'place' | 'otherwise'>> {
  const read = tiers.filter((one) => one.name === name);
  const tier = read.find(({ isServed }) => isServed) ?? read[0] ?? builtIn.find((one) => one.name === name);
  return {
    otherwise: tier?.defaultAction === undefined ? 'unknown' : tier.defaultAction === 'Pass' ? 'next' : 'deny',
    place: {
      engine: 'calico',
      tier: name,
      ...(tier?.order === undefined ? {} : { tierOrder: tier.order }),
      ...(order === undefined ? {} : { order }),
    },
  };
}
