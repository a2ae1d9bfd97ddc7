/**
 * What admission policies never judge, whatever they say: themselves, and reviews that the API server makes for itself, in all
 * versions and with all subresources. Webhooks are exempt from other kinds.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubeapiserver/admission/exclusion/resources.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/plugin.go
 */
import type { AdmissionRule } from '../../crds/scope.ts';
import { onlyClusterScoped } from './admission-rules.ts';

interface ExemptGroup {
  readonly group: string;
  readonly plurals: readonly string[];
  /** Whether the group has no other kinds. */
  readonly whole: boolean;
  /** Whether some of them live in namespaces. */
  readonly inNamespaces: boolean;
}

const exemptGroups: readonly ExemptGroup[] = [
  {
    group: 'admissionregistration.k8s.io',
    plurals: [
      'mutatingadmissionpolicies',
      'mutatingadmissionpolicybindings',
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
    ],
    whole: false,
    inNamespaces: false,
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

/** Rules for what is exempt of all that these rules name; without rules everything is named. */
export function exemptFrom(rules: readonly AdmissionRule[] | undefined): AdmissionRule[] {
  return exemptGroups
    .filter((exempt) => rules === undefined || rules.some((rule) => names(rule, exempt)))
    .map(({ group, plurals }) => ({
      operations: ['*'],
      apiGroups: [group],
      apiVersions: ['*'],
      resources: plurals.map((plural) => `${plural}/*`),
    }));
}

/** Whether a rule can match nothing that is judged: exempt kinds alone, or kinds of the cluster in namespaces. */
export function judgesNothing(rule: AdmissionRule): boolean {
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

function isExempt(resource: string, { plurals }: ExemptGroup): boolean {
  return plurals.some((plural) => resource === plural || resource.startsWith(`${plural}/`));
}
