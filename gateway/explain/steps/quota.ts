/**
 * What to do where a quota refused.
 */
import { formatQuantity, parseQuantity } from '../../../kube/quantity.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual, patchWords, yamlPatch } from '../../remediation/steps.ts';
import { listed, shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';
import type { ScopeDemand } from '../suspects/quota.ts';
import { isOver, neededOf, roomOf, type Use, useText } from '../uses.ts';

const textsMax = 6;

interface Exceeded {
  readonly quota: string;
  readonly uses: readonly Use[];
}

/** Ask for no more than fits, make room, or have the limit raised: each with its figures. */
export function exceededSteps({ quota, uses }: Exceeded, suspects: Suspects, about: About): RemediationStep[] {
  const over = uses.filter(isOver);
  if (over.length === 0) return uncountedSteps;
  const again = tryAgain(over, suspects);
  const lead = again.length === 0 ? '' : 'If it is refused again: ';
  return [
    ...again,
    manual(`${lead}${capped(over.map((use) => `${useText(use)}: ${remedyOf(use)}`))}.${inSum(over)}`, 'developer'),
    ...fitting(over),
    ...raised(over, { quota, suspects, about }),
  ];
}

function capped(texts: readonly string[]): string {
  const more = texts.length - textsMax;
  return `${texts.slice(0, textsMax).join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function remedyOf(use: Use): string {
  const room = roomOf(use);
  if (room === undefined) return 'ask for less';
  if (use.limited?.nano === 0n) return 'the quota allows none';
  if (room.nano < 0n) {
    const beyond = formatQuantity({ ...room, nano: -room.nano });
    return `that is ${beyond} over the limit without it, so nothing passes until more is freed`;
  }
  const missing = formatQuantity({ nano: use.requested.nano - room.nano, format: room.format });
  if (room.nano === 0n) return `nothing is left, so ${missing} must be freed first`;
  return `ask for at most ${formatQuantity(room)}, or free ${missing} first`;
}

function inSum(uses: readonly Use[]): string {
  return uses.some(({ resource }) => amountPathOf(resource)?.on === 'container')
    ? ' Of a pod all its containers count in sum; of a rolling update, old pods and new ones together.'
    : '';
}

/** The figures of a message are those of its time. */
function tryAgain(over: readonly Use[], { certain }: Suspects): RemediationStep[] {
  const metrics = certain[0]?.candidate.binding.metrics;
  if (metrics === undefined) return [];
  const texts: string[] = [];
  for (const { resource, requested } of over) {
    const now = Object.hasOwn(metrics, resource) ? metrics[resource] : undefined;
    const [hard, used] = [parseQuantity(now?.hard ?? ''), parseQuantity(now?.used ?? '')];
    if (hard === undefined || used === undefined || used.nano + requested.nano > hard.nano) return [];
    texts.push(`${shown(resource)} ${formatQuantity(used)} of ${formatQuantity(hard)} used`);
  }
  return [manual(`By now it would fit (${capped(texts)}): try again.`, 'developer')];
}

interface AmountPath {
  readonly on: 'container' | 'claim';
  readonly bound: 'requests' | 'limits';
  readonly name: string;
}

/** Where a manifest states what a quota counts; undefined for numbers of objects. */
function amountPathOf(resource: string): AmountPath | undefined {
  const claim = resource.slice(resource.lastIndexOf('/') + 1);
  if (claim === 'requests.storage') return { on: 'claim', bound: 'requests', name: 'storage' };
  const computed = ['cpu', 'memory', 'ephemeral-storage'];
  if (computed.includes(resource)) return { on: 'container', bound: 'requests', name: resource };
  if (resource.startsWith('limits.')) return { on: 'container', bound: 'limits', name: resource.slice(7) };
  if (!resource.startsWith('requests.')) return undefined;
  const name = resource.slice('requests.'.length);
  // Devices and huge pages are not overcommitted: they are asked for as limits.
  const bound = computed.includes(name) ? 'requests' : 'limits';
  return { on: 'container', bound, name };
}

function fitting(over: readonly Use[]): RemediationStep[] {
  const resources: Record<string, Record<string, string>> = {};
  let on: AmountPath['on'] | undefined;
  for (const use of over.slice(0, 16)) {
    const path = amountPathOf(use.resource);
    const room = roomOf(use);
    // Where one of them cannot fit, the others need not.
    if (path === undefined || room === undefined || room.nano <= 0n) return service(over);
    on = path.on;
    resources[path.bound] = { ...resources[path.bound], [path.name]: formatQuantity(room) };
  }
  if (on === 'claim')
    return [yamlPatch('In the volume claim: the most that fits.', { spec: { resources } }, 'developer')];
  return [
    yamlPatch(
      'In the container, if it is the only one of its pod: the most that fits. No request may be above its limit.',
      { resources },
      'developer',
    ),
  ];
}

function service(over: readonly Use[]): RemediationStep[] {
  if (!over.every(({ resource }) => resource === 'services.loadbalancers' || resource === 'services.nodeports'))
    return [];
  return [
    yamlPatch(
      'In the Service, if it need not be reached at a port of the nodes or a load balancer of its own; an Ingress or a Gateway can lead to it.',
      { spec: { type: 'ClusterIP' } },
      'developer',
    ),
  ];
}

function raised(
  over: readonly Use[],
  { quota, suspects, about }: { readonly quota: string; readonly suspects: Suspects; readonly about: About },
): RemediationStep[] {
  const needed = over.slice(0, 16).flatMap((use) => {
    const amount = neededOf(use);
    return amount === undefined ? [] : [[use.resource, formatQuantity(amount)] as const];
  });
  const hard = Object.fromEntries(needed);
  const amounts = needed.map(([resource, amount]) => `${resource} ${amount}`);
  if (amounts.length === 0) return [];
  const { namespace } = about;
  const own = suspects.certain.some(
    ({ candidate }) => candidate.kind === 'ResourceQuota' && candidate.home === namespace,
  );
  if (!own)
    return [ask(about, `to raise the quota ${shown(quota)} to at least ${listed(amounts, 6)}.`, 'cluster-admin')];
  const patch = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: quota, namespace }, spec: { hard } };
  return [
    {
      ...yamlPatch(
        `Or have ${shown(quota)} raised: these are the least limits with which it fits.`,
        patch,
        'cluster-admin',
        patchWords(['resourcequota', { value: quota }, '-n', namespace]),
      ),
      ...(about.contact === undefined ? {} : { contact: about.contact }),
    },
  ];
}

/** Amounts to begin with: what a container needs, nobody else knows. */
const examples: ReadonlyMap<string, readonly ['requests' | 'limits', string, string]> = new Map([
  ['cpu', ['requests', 'cpu', '100m']],
  ['requests.cpu', ['requests', 'cpu', '100m']],
  ['limits.cpu', ['limits', 'cpu', '500m']],
  ['memory', ['requests', 'memory', '128Mi']],
  ['requests.memory', ['requests', 'memory', '128Mi']],
  ['limits.memory', ['limits', 'memory', '256Mi']],
]);

/** State what is missing, in each container that the message names; or have defaults set. */
export function missingSteps(
  items: ReadonlyMap<string, readonly string[]>,
  { namespace, contact }: About,
): RemediationStep[] {
  const resources = resourcesOf([...items.keys()]);
  if (Object.keys(resources).length === 0) {
    return [manual('State requests and limits of CPU and memory in each container, init containers too.', 'developer')];
  }
  const named = new Set([...items.values()].flat());
  const containers = [...named].slice(0, 20).map((name) => ({
    name,
    resources: resourcesOf([...items].filter(([, names]) => names.includes(name)).map(([resource]) => resource)),
  }));
  const own = 'these are examples, put what it needs in their place';
  const stated =
    containers.length === 0
      ? yamlPatch(`In every container, init containers too: ${own}.`, { resources }, 'developer')
      : yamlPatch(
          `In the pod template, with the other fields of each container as they are (one may be an init container): ${own}.`,
          { spec: { template: { spec: { containers } } } },
          'developer',
        );
  const defaults = {
    ...(resources['limits'] === undefined ? {} : { default: resources['limits'] }),
    ...(resources['requests'] === undefined ? {} : { defaultRequest: resources['requests'] }),
  };
  const metadata = { name: 'defaults', namespace };
  const range = {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata,
    spec: { limits: [{ type: 'Container', ...defaults }] },
  };
  return [
    stated,
    {
      ...yamlPatch(
        'Or have a LimitRange give defaults to all containers that state none; the amounts are examples.',
        range,
        'cluster-admin',
        ['apply', '-n', namespace, '-f', 'FILE'],
      ),
      ...(contact === undefined ? {} : { contact }),
    },
  ];
}

function resourcesOf(names: readonly string[]): Record<string, Record<string, string>> {
  const resources: Record<string, Record<string, string>> = {};
  for (const each of names) {
    const example = examples.get(each);
    if (example === undefined) continue;
    const [bound, name, amount] = example;
    resources[bound] = { ...resources[bound], [name]: amount };
  }
  return resources;
}

/** It passes by itself, unless the controller that counts does not run. */
export function unknownSteps(quota: string, about: About): RemediationStep[] {
  const words = ['get', 'resourcequota', { value: quota }, '-n', about.namespace, '-o', 'yaml'];
  return [
    manual('Try again in some seconds: a new or changed quota is counted first.', 'developer'),
    kubectl('See whether its status has used amounts by now.', words, 'developer'),
    ask(about, 'whether kube-controller-manager counts quotas, if it stays like that.', 'cluster-admin'),
  ];
}

/** Something must be counted by a quota to pass. @param resources What is asked for; none where it is the kind of pod. */
export function scopeSteps(
  scopes: readonly ScopeDemand[],
  about: About,
  resources: readonly string[] = [],
): RemediationStep[] {
  const { namespace } = about;
  const classes = scopes.flatMap(({ scopeName, values }) => (scopeName === 'PriorityClass' ? values : []));
  const without =
    classes.length === 0
      ? 'Do without it, or use a namespace that has such a quota.'
      : `Take another priorityClassName than ${listed(classes)}, or a namespace that has such a quota, like kube-system.`;
  const hard = Object.fromEntries((resources.length === 0 ? ['pods'] : resources).map((name) => [name, '10']));
  const matchExpressions = scopes.map(({ scopeName, operator, values }) => ({
    scopeName,
    operator,
    ...(values.length === 0 ? {} : { values }),
  }));
  const patch = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'covering', namespace },
    spec: { hard, ...(matchExpressions.length === 0 ? {} : { scopeSelector: { matchExpressions } }) },
  };
  return [
    manual(without, 'developer'),
    {
      ...yamlPatch('Or have a quota added that counts it; name and amounts are examples.', patch, 'cluster-admin', [
        'apply',
        '-n',
        namespace,
        '-f',
        'FILE',
      ]),
      ...(about.contact === undefined ? {} : { contact: about.contact }),
    },
  ];
}

/** Where the text does not tell the amounts. */
export const uncountedSteps: RemediationStep[] = [
  manual('Paste the whole message: it names the quota, and what was asked, used and allowed.', 'developer'),
];

/** Counting takes too long where there are very many objects, or the API server is busy. */
export const lateSteps: RemediationStep[] = [manual('Try again: the API server had too much to do.', 'developer')];
