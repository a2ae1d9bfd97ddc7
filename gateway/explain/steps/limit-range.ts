/**
 * What to do where a LimitRange refused.
 */
import { formatQuantity } from '../../../kube/quantity.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual, yamlPatch } from '../../remediation/steps.ts';
import { shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';
import type { Violation } from '../suspects/limit-range.ts';

/** State amounts that keep the bounds of the message. */
export function limitRangeSteps(
  violations: readonly Violation[],
  { certain }: Suspects,
  about: About,
): RemediationStep[] {
  const demands = [...new Set(violations.flatMap(demandOf))].slice(0, 6);
  const isClaim = violations.every(({ on }) => on === 'PersistentVolumeClaim');
  const which = isClaim ? '' : ' The message does not say which container it was; init containers count too.';
  return [
    ...(demands.length === 0 ? [] : [manual(`${demands.join('; ')}.${which}`, 'developer')]),
    ...patchOf(violations),
    ...(certain.length > 0
      ? []
      : [
          kubectl(
            'See the bounds and defaults of all limit ranges.',
            ['describe', 'limitrange', '-n', about.namespace],
            'developer',
          ),
          ask(about, 'to widen the bounds, if what runs cannot do with them.', 'cluster-admin'),
        ]),
  ];
}

function demandOf({ bound, resource, on, limit, of, actual, ratio }: Violation): string[] {
  if (limit === undefined) return [];
  const amount = formatQuantity(limit);
  const what = `${shown(resource)} per ${shown(on ?? 'object', 60)}${on === 'Pod' ? ' (its containers in sum)' : ''}`;
  if (bound === 'ratio') {
    const now = ratio === undefined ? 'state a request and a limit' : `now ${shown(ratio, 40)} times`;
    return [`${what}: a limit of at most ${amount} times the request (${now})`];
  }
  const range = bound === 'min' ? `at least ${amount}` : `at most ${amount}`;
  if (actual === undefined) return [`${what}: state a ${of ?? 'request'} of ${range}`];
  const stated = actual === 'unread' ? '' : ` instead of ${formatQuantity(actual)}`;
  return [`${what}: a ${of ?? 'request'} of ${range}${stated}`];
}

function patchOf(violations: readonly Violation[]): RemediationStep[] {
  const on = (['Container', 'PersistentVolumeClaim', 'Pod'] as const).find((type) =>
    violations.some((violation) => violation.on === type && violation.bound !== 'ratio'),
  );
  const resources: Record<string, Record<string, string>> = {};
  for (const { limit, of, resource, on: type, bound } of violations) {
    if (type !== on || limit === undefined || of === undefined || bound === 'ratio') continue;
    const field = `${of}s`;
    resources[field] = { ...resources[field], [resource]: formatQuantity(limit) };
  }
  if (on === undefined || Object.keys(resources).length === 0) return [];
  if (on === 'PersistentVolumeClaim') {
    return [
      yamlPatch('In the volume claim: the amount nearest to it that is allowed.', { spec: { resources } }, 'developer'),
    ];
  }
  const where =
    on === 'Pod' ? 'In the container of a pod that has one' : 'In the container that does not keep the bounds';
  return [
    yamlPatch(
      `${where}: the amounts nearest to it that are allowed. No request may be above its limit.`,
      { resources },
      'developer',
    ),
  ];
}
