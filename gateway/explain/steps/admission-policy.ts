/**
 * What to do about a refusal of an admission policy, from what it says. Where a constraint is found, its own steps follow:
 * they show the policy and try a manifest.
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import { cited, shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';
import type { Demand } from '../signatures/admission-policy-message.ts';

/** @param told.demand Undefined when the text is cut before it. */
export function admissionPolicySteps(
  told: {
    readonly kind: 'ValidatingAdmissionPolicy' | 'MutatingAdmissionPolicy';
    readonly policy: string | undefined;
    readonly binding: string | undefined;
    readonly demand: Demand | undefined;
    readonly isWarning: boolean;
  },
  { certain }: Suspects,
  about: About,
): readonly RemediationStep[] {
  const { kind, policy, binding, demand, isWarning } = told;
  const type = kind.toLowerCase();
  const see = certain.length > 0 ? [] : seeObject(type, policy, 'See what the policy demands.');
  if (demand === undefined) return see;
  const owner = policy === undefined ? 'the policy' : `the policy ${shown(policy)}`;
  switch (demand.is) {
    case 'message':
      return [
        manual(
          `Change the manifest to what the policy asks for${isWarning ? '; the request has passed this time' : ''}: ${cited(demand.message, 400)}.`,
          'developer',
        ),
        ...see,
      ];
    case 'expression':
      return [
        manual(`Change the manifest so that this is true of it: ${cited(demand.expression, 500)}.`, 'developer'),
        ...see,
      ];
    case 'fault':
      return [
        ...(demand.missing === undefined
          ? []
          : [
              manual(
                `Set the field ${cited(demand.missing, 80)} in the manifest: the policy takes it for granted.`,
                'developer',
              ),
            ]),
        ask(
          about,
          `to repair ${owner}: ${demand.costs ? 'it takes more steps than the API server allows' : 'it must ask whether a field is there before it reads it'}.`,
          'cluster-admin',
        ),
        ...see,
      ];
    case 'unbound':
      return [
        ask(
          about,
          demand.parameters
            ? `to create the parameters that ${owner} looks for: no manifest can pass before.`
            : `to repair ${owner}: no manifest can pass before.`,
          'cluster-admin',
        ),
        ...seeObject(`${type}binding`, binding, 'See which parameters the binding refers to (spec.paramRef).'),
        ...see,
      ];
    default:
      return demand satisfies never;
  }
}

function seeObject(type: string, name: string | undefined, description: string): RemediationStep[] {
  if (name === undefined || !isDnsSubdomain(name)) return [];
  return [kubectl(description, ['get', type, { value: name }, '-o', 'yaml'], 'cluster-admin')];
}
