/**
 * A ResourceQuota: what is nearest its limit, who uses it, and where the limit is raised. All from the figures, which every
 * reader of the namespace has; from the full form only what is counted.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import type { QuotaRule } from '../../crds/rules/quota.ts';
import type { QuotaFigure } from '../answer/metrics.ts';
import { isDnsSubdomain } from '../../kube/names.ts';
import type { Value } from './quote.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, kubectl, link, manual, objectArguments, titleOf, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { capitalized, listed, shown } from './words.ts';

/** From here on a limit is worth to be raised. */
const nearPercent = 80;

interface Use extends QuotaFigure {
  readonly resource: string;
}

/** @param rule Undefined at the summary level. */
export function quotaRemediation(subject: Subject, rule: QuotaRule | undefined): Remediation {
  const uses = Object.entries(subject.figures ?? {})
    .map(([resource, figure]): Use => ({ resource, ...figure }))
    .toSorted((a, b) => b.percent_used - a.percent_used);
  const fullest = uses[0];
  const near = uses.filter(({ percent_used: percent }) => percent >= nearPercent);
  const names = rule === undefined ? uses.map(({ resource }) => resource) : Object.keys(rule.hard);
  return {
    summary: summaryOf(subject, fullest, near.length),
    steps: [
      ...describe(subject),
      ...consumers(subject, fullest),
      manual(`${makeRoom(fullest)}${demand(names)}${scopesText(rule)}.`, 'developer'),
      ...(near.length === 0 ? [] : raise(subject, near)),
      link('How quotas count.', 'quota'),
    ],
  };
}

function summaryOf(subject: Subject, fullest: Use | undefined, near: number): string {
  if (fullest === undefined)
    return `${titleOf(subject)} bounds what the namespace may hold in sum: stay below, or ask for more.`;
  if (near === 0) return `There is room: the fullest of ${titleOf(subject)} is ${useText(fullest)}.`;
  const others = near === 1 ? '' : ` and ${near - 1} more ${near === 2 ? 'is' : 'are'} nearly full`;
  return `${capitalized(useText(fullest))}${others}: free some of it, or ask for a higher limit.`;
}

function useText({ resource, used, hard, percent_used: percent }: Use): string {
  if (hard === '0') return `${shown(resource)} (none is allowed)`;
  return `${shown(resource)} at ${percent} % (${shown(used, 40)} of ${shown(hard, 40)})`;
}

function describe(subject: Subject): RemediationStep[] {
  const words = objectArguments(subject);
  return words === undefined
    ? []
    : [kubectl('See use and limits as they are now.', ['describe', ...words], 'developer')];
}

/** Objects that a quota counts under a name that is not a plural of its own. */
const countedAs: Readonly<Record<string, string>> = {
  'requests.storage': 'persistentvolumeclaims',
  'services.loadbalancers': 'services',
  'services.nodeports': 'services',
};

function consumers(subject: Subject, use: Use | undefined): RemediationStep[] {
  if (use === undefined) return [];
  const words = consumersOf(use.resource);
  if (words === undefined) return [];
  const isSecret = words.some((word) => word === 'secrets');
  return [
    kubectl(
      `See what is counted as ${shown(use.resource)}.`,
      ['get', ...words, '-n', subject.namespace],
      isSecret ? 'namespace-admin' : 'developer',
    ),
  ];
}

function consumersOf(resource: string): readonly (string | Value)[] | undefined {
  const plain = resource.slice(resource.lastIndexOf('/') + 1);
  const plural = countedAs[resource] ?? (resource.startsWith('count/') ? plain : undefined);
  if (plural !== undefined) return isDnsSubdomain(plural) ? [{ value: plural }] : undefined;
  if (plain === 'requests.storage') return ['persistentvolumeclaims'];
  if (wholeObjects.has(resource)) return [resource];
  const [bound, name] = resource.startsWith('limits.')
    ? ['limits', resource.slice(7)]
    : ['requests', resource.replace(/^requests\./, '')];
  // A column is a path of field names, in which a dot is escaped.
  if (!/^[a-z0-9][a-z0-9./-]{0,252}$/.test(name)) return undefined;
  const path = `.spec.containers[*].resources.${bound}.${name.replaceAll('.', String.raw`\.`)}`;
  return ['pods', '-o', `custom-columns=POD:.metadata.name,USES:${path}`];
}

const wholeObjects: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

function makeRoom(use: Use | undefined): string {
  if (use === undefined) return 'Remove what is not needed any more, or ask for less in each pod';
  if (use.unit === 'count') return `Remove what is not needed any more of what counts as ${shown(use.resource)}`;
  return `Ask for less of ${shown(use.resource)} in each pod, run fewer replicas, or remove what is not needed any more`;
}

/** A pod that says nothing of these is refused, however much is left. */
const demanded: ReadonlySet<string> = new Set([
  'cpu',
  'limits.cpu',
  'limits.memory',
  'memory',
  'requests.cpu',
  'requests.memory',
]);

function demand(names: readonly string[]): string {
  const must = names.filter((name) => demanded.has(name));
  return must.length === 0 ? '' : `; every container that is counted must state ${listed(must, 6)}`;
}

function scopesText(rule: QuotaRule | undefined): string {
  const scopes = rule?.scopes ?? [];
  if (scopes.length === 0) return '';
  const texts = scopes.map(({ scopeName, operator, values = [] }) =>
    operator === 'Exists'
      ? scopeName
      : `${scopeName} ${operator}${values.length === 0 ? '' : ` (${values.join(', ')})`}`,
  );
  return `; only what is in scope ${listed(texts)} is counted`;
}

/** The present limits, to be replaced: how much is right is not for a program to say. */
function raise(subject: Subject, near: readonly Use[]): RemediationStep[] {
  const words = objectArguments(subject);
  const { name, home } = subject;
  if (words === undefined || home === undefined) return [ask(subject, 'for a higher limit.', 'cluster-admin')];
  const hard = Object.fromEntries(near.slice(0, 8).map(({ resource, hard: limit }) => [resource, limit]));
  const patch = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace: home }, spec: { hard } };
  return [
    {
      ...yamlPatch(
        'Raise the limit: these are the present values, put what is needed in their place.',
        patch,
        'cluster-admin',
      ),
      ...(subject.contact === undefined ? {} : { contact: subject.contact }),
    },
  ];
}
