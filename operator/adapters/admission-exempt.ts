/**
 * What is never judged, whatever rules say, in all versions and with all subresources: by admission policies themselves and
 * reviews that the API server makes for itself, by webhooks everything that sets admission up.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubeapiserver/admission/exclusion/resources.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/plugin.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules/rules.go (IsExemptAdmissionConfigurationResource)
 */
import type { AdmissionRule } from '../../crds/scope.ts';
import { onlyClusterScoped } from './admission-rules.ts';

export interface ExemptGroup {
  readonly group: string;
  readonly plurals: readonly string[];
  /** Whether the group has no other kinds. */
  readonly whole: boolean;
  /** Whether some of them live in namespaces. */
  readonly inNamespaces: boolean;
}

export const exemptFromWebhooks: ExemptGroup = {
  group: 'admissionregistration.k8s.io',
  plurals: [
    'mutatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
  ],
  whole: true,
  inNamespaces: false,
};

export const exemptFromPolicies: readonly ExemptGroup[] = [
  {
    ...exemptFromWebhooks,
    plurals: exemptFromWebhooks.plurals.filter((plural) => !plural.endsWith('webhookconfigurations')),
    whole: false,
  },
  {
    group: 'authentication.k8s.io',
    plurals: ['selfsubjectreviews', 'tokenreviews'],
    whole: true,
    inNamespaces: false,
  },
  {
    group: 'authorization.k8s.io',
    plurals: [
      'localsubjectaccessreviews',
      'selfsubjectaccessreviews',
      'selfsubjectrulesreviews',
      'subjectaccessreviews',
    ],
    whole: true,
    inNamespaces: true,
  },
];

/** Rules for what is exempt, by these groups, of all that these rules name; without rules everything is named. */
export function exemptFrom(
  rules: readonly AdmissionRule[] | undefined,
  groups: readonly ExemptGroup[],
): AdmissionRule[] {
  return groups
    .filter((exempt) => rules === undefined || rules.some((rule) => names(rule, exempt)))
    .map(({ group, plurals }) => ({
      operations: ['*'],
      apiGroups: [group],
      apiVersions: ['*'],
      resources: plurals.map((plural) => `${plural}/*`),
    }));
}

/** Whether a rule can match nothing that is judged: exempt kinds alone, or kinds of the cluster in namespaces. */
export function judgesNothing(rule: AdmissionRule, exemptGroups: readonly ExemptGroup[] = exemptFromPolicies): boolean {
  if (rule.scope === 'Namespaced' && onlyClusterScoped([rule])) return true;
  return rule.apiGroups.every((name) => {
    const exempt = exemptGroups.find(({ group }) => group === name);
    return exempt !== undefined && (exempt.whole || rule.resources.every((resource) => isExempt(resource, exempt)));
  });
}

function names({ apiGroups, resources, scope }: AdmissionRule, exempt: ExemptGroup): boolean {
  if (scope === 'Namespaced' && !exempt.inNamespaces) return false;
  if (!apiGroups.includes('*') && !apiGroups.includes(exempt.group)) return false;
  return resources.some((resource) => resource === '*' || resource.startsWith('*/') || isExempt(resource, exempt));
}

/** Whether a resource of a rule names kinds of the group that are exempt, or subresources of such. */
export function isExempt(resource: string, { plurals }: ExemptGroup): boolean {
  return plurals.some((plural) => resource === plural || resource.startsWith(`${plural}/`));
}
