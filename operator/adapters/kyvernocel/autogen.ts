/**
 * A policy about pods is also about what makes pods: Kyverno judges the pod templates of controllers by expressions that it
 * rewrites, `object.spec` into `object.spec.template.spec`. It does so where matchConstraints have exactly one rule, for pods
 * of core/v1 and nothing else, and neither objectSelector nor excludeResourceRules nor resourceNames.
 *
 * @see https://github.com/kyverno/kyverno/tree/v1.19.1/pkg/cel/autogen
 */
import * as z from 'zod';
import type { AdmissionRule } from '../../../crds/scope.ts';
import type { MatchResources } from '../admission-match.ts';
import { listOf, selectsAll } from '../fields.ts';

const groups = {
  daemonsets: 'apps',
  deployments: 'apps',
  replicasets: 'apps',
  statefulsets: 'apps',
  cronjobs: 'batch',
  jobs: 'batch',
} as const;
export type Controller = keyof typeof groups;

/** In one order, which is that of their groups and names. */
export const allControllers = [
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'cronjobs',
  'jobs',
] as const satisfies readonly Controller[];

/** Absent: all of them. An empty list: none. Kyverno passes over what is none of these, like `Deployment`. */
export const ControllersField = listOf(z.string()).transform((listed) =>
  allControllers.filter((controller) => listed.includes(controller)),
);

/** `deployments.apps` */
export function controllerName(controller: Controller): string {
  return `${controller}.${groups[controller]}`;
}

/** The rule for pods where there is nothing else, so that one for controllers can be made of it. */
export function ruleForPods({
  resourceRules = [],
  excludeResourceRules = [],
  objectSelector = {},
}: z.infer<typeof MatchResources>): AdmissionRule | undefined {
  const [rule, ...others] = resourceRules;
  if (rule === undefined || others.length > 0 || excludeResourceRules.length > 0) return undefined;
  if (!selectsAll(objectSelector) || rule.names !== undefined) return undefined;
  const { apiGroups, apiVersions, resources } = rule;
  const isForPods =
    apiGroups.every((group) => group === '') &&
    apiVersions.every((version) => version === 'v1') &&
    resources.includes('pods') &&
    resources.every((resource) => resource === 'pods' || resource === 'pods/ephemeralcontainers');
  return isForPods ? rule : undefined;
}

/** With the operations of the rule for pods, one for each API group that has such controllers. */
export function rulesForControllers(pods: AdmissionRule, controllers: readonly Controller[]): AdmissionRule[] {
  return (['apps', 'batch'] as const).flatMap((group) => {
    const resources = controllers.filter((controller) => groups[controller] === group);
    return resources.length === 0 ? [] : [{ ...pods, apiGroups: [group], apiVersions: ['v1'], resources }];
  });
}
