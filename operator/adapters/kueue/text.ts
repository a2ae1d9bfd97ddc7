/**
 * The sentences about capacity that workloads wait for.
 */
import { compareText } from '../../../crds/constraint.ts';
import type { CapacityAmount, CapacityRule } from '../../../crds/rules/capacity.ts';
import { labelSelectorText } from '../../../kube/label-selector.ts';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import { parseQuantity } from '../../../kube/quantity.ts';
import { selectsAll } from '../fields.ts';
import { boundedList, boundedListOf, sentence } from '../text.ts';

/** Resources of which nothing can ever be had, neither of its own nor borrowed. Sorted. */
export function resourcesWithoutAny({ groups, cohorts }: Pick<CapacityRule, 'groups' | 'cohorts'>): string[] {
  const none = groups.flatMap(({ resources, flavors }) => {
    const some = flavors.flatMap(({ amounts }) => amounts.filter((amount) => !isNothing(amount, cohorts.length > 0)));
    const names = new Set(some.map((amount) => amount.resource));
    return resources.filter((resource) => !names.has(resource));
  });
  return [...new Set(none)].toSorted(compareText);
}

function isNothing({ nominal, borrow }: CapacityAmount, borrows: boolean): boolean {
  if ((parseQuantity(nominal)?.nano ?? 1n) > 0n) return false;
  return !borrows || (borrow !== undefined && (parseQuantity(borrow)?.nano ?? 1n) <= 0n);
}

/** Whether no workload that asks for anything can ever start. */
export function hasNothing(rule: Pick<CapacityRule, 'groups' | 'cohorts'>): boolean {
  const all = new Set(rule.groups.flatMap(({ resources }) => resources));
  return resourcesWithoutAny(rule).length === all.size;
}

function resourcesOf({ groups }: Pick<CapacityRule, 'groups'>): string[] {
  return [...new Set(groups.flatMap(({ resources }) => resources))].toSorted(compareText);
}

const words = { separator: ', ', lengthMax: 100, noun: 'resource' } as const;

/** For every reader of a namespace: no amounts of a pool that others share, no queues of other namespaces. */
export function capacitySummary(rule: CapacityRule): string {
  if (rule.blocked === 'stopped') {
    return `Queued workloads do not start: their queue is stopped${rule.drains === true ? ', and what runs is stopped, too' : ''}`;
  }
  if (rule.blocked === 'notAdmitted') return 'Queued workloads do not start: their queue does not take this namespace';
  if (rule.blocked === 'missing') return 'Queued workloads do not start: what their queue leads to is not there';
  if (rule.unread !== undefined) {
    return 'Queued workloads start only within a shared capacity, parts of which are not understood';
  }
  if (hasNothing(rule)) return 'Queued workloads do not start: there is no capacity for them';
  const none = resourcesWithoutAny(rule);
  const some = resourcesOf(rule).filter((resource) => !none.includes(resource));
  const parts = [
    `Queued workloads start only within a shared capacity of ${boundedList(some, words)}`,
    ...(none.length === 0 ? [] : [`there is no ${boundedList(none, { ...words, lengthMax: 60 })} for them`]),
    ...(rule.checks === undefined ? [] : ['other checks must consent']),
  ];
  return parts.join('; ');
}

/** The same with queues, flavors and amounts. */
export function capacityMessage(
  rule: CapacityRule,
  { name, namespaces }: { readonly name: string; readonly namespaces: LabelSelector },
): string {
  const queue = `ClusterQueue ${sentence(name, 80)}`;
  const parts = [
    `Workloads that come in by ${queuesText(rule)} ${startText(rule, queue)}`,
    ...(rule.groups.length === 0 ? [] : ['one that asks for another resource waits for ever']),
    ...(rule.cohorts.length === 0
      ? []
      : [
          `unused capacity is shared in cohort ${boundedList(
            rule.cohorts.map((cohort) => sentence(cohort.name, 63)),
            { separator: ' of ', lengthMax: 120, noun: 'cohort' },
          )}`,
        ]),
    ...(rule.strategy === 'StrictFIFO' ? ['one that does not fit keeps back those behind it'] : []),
    ...preemptionTexts(rule),
    ...(rule.checks === undefined
      ? []
      : [
          `these checks must consent: ${boundedList(
            rule.checks.map((check) => sentence(check.name, 63)),
            { separator: ', ', lengthMax: 120, noun: 'check' },
          )}`,
        ]),
    ...(selectsAll(namespaces) ? [] : [sentence(`only from namespaces with ${labelSelectorText(namespaces)}`, 160)]),
    ...(rule.unread === undefined
      ? []
      : [`what is not understood: ${boundedList(rule.unread, { separator: ', ', lengthMax: 120, noun: 'part' })}`]),
  ];
  return parts.join('; ');
}

function startText(rule: CapacityRule, queue: string): string {
  if (rule.blocked === 'stopped') {
    return `do not start: ${queue} is stopped${rule.drains === true ? ', and what runs is stopped, too' : ''}`;
  }
  if (hasNothing(rule)) return `do not start: ${queue} has no capacity`;
  return `start only within the capacity of ${queue}: ${groupsText(rule)}`;
}

function queuesText({ queues }: CapacityRule): string {
  const names = queues.map(
    ({ namespace, name, stopped }) =>
      `${sentence(namespace, 63)}/${sentence(name, 63)}${stopped === true ? ' (stopped)' : ''}`,
  );
  const noun = queues.length === 1 ? 'LocalQueue' : 'LocalQueues';
  return `${noun} ${boundedList(names, { separator: ', ', lengthMax: 160, noun: 'queue' })}`;
}

/** Of each flavor in the order in which they are tried; resources of another group come beside them. */
function groupsText({ groups, cohorts }: CapacityRule): string {
  const texts = groups
    .slice(0, 20)
    .map(({ flavors }) =>
      boundedListOf(
        flavors,
        ({ name, amounts }) =>
          `${boundedListOf(amounts, (amount) => amountText(amount, cohorts.length > 0), { ...words, lengthMax: 150 })} in flavor ${sentence(name, 63)}`,
        { separator: ', or else ', lengthMax: 350, noun: 'flavor' },
      ),
    );
  return boundedList(texts, { separator: '; and ', lengthMax: 450, noun: 'group' });
}

function amountText({ resource, nominal, borrow, lend }: CapacityAmount, shared: boolean): string {
  const details = [
    ...(shared && borrow !== undefined ? [`borrowing at most ${borrow}`] : []),
    ...(shared && lend !== undefined ? [`lending at most ${lend}`] : []),
  ];
  return `${sentence(resource, 63)} ${nominal}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

function preemptionTexts({ preemption }: CapacityRule): string[] {
  if (preemption === undefined) return [];
  const { withinQueue, reclaim, whileBorrowing } = preemption;
  const within = {
    Never: [],
    LowerPriority: ['it may push out those of lower priority in its queue'],
    LowerOrNewerEqualPriority: ['it may push out those of lower priority, or newer ones of the same, in its queue'],
  }[withinQueue];
  const others = {
    Never: [],
    LowerPriority: ['it may take back what those of lower priority borrow'],
    Any: ['it may take back what others borrow'],
  }[reclaim];
  return [...within, ...others, ...(whileBorrowing === 'Never' ? [] : ['also while it borrows itself'])];
}
