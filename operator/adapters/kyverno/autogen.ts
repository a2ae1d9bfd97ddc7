/**
 * Rules on pods that Kyverno applies to what makes pods, too.
 *
 * - Only where no rule of the whole policy generates anything, patches by patchesJson6902, names objects, goes by their labels
 *   or annotations, or lists Pod together with other kinds; and where some rule names Pod or a controller in plain words.
 * - Then each rule on pods whose `exclude` names either no kinds or pods gets two more: one for controllers with the template
 *   at `spec.template`, one for CronJobs. Rules on manifests get none.
 * - The annotation says for which controllers; `none` for none.
 * - For controllers only the kinds of filters on pods are replaced, for CronJobs those of all filters.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/autogen/v1/autogen.go
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/autogen/v1/rule.go
 */
import type { GeneratedRule } from '../../../crds/rules/pattern.ts';
import { parseKind } from './kind-selector.ts';
import type { Block, ResourceFilter } from './match-fields.ts';

export const controllersAnnotation = 'pod-policies.kyverno.io/autogen-controllers';

/** With their groups. The version is left open: rules that older releases of Kyverno generate name nothing but the kind. */
const controllers: ReadonlyMap<string, string> = new Map([
  ['CronJob', 'batch/*/CronJob'],
  ['DaemonSet', 'apps/*/DaemonSet'],
  ['Deployment', 'apps/*/Deployment'],
  ['Job', 'batch/*/Job'],
  ['ReplicaSet', 'apps/*/ReplicaSet'],
  ['ReplicationController', '*/ReplicationController'],
  ['StatefulSet', 'apps/*/StatefulSet'],
]);

/** What of a rule decides about this. */
export interface AutogenRule {
  readonly name: string;
  readonly match: Block;
  readonly exclude: Block;
  /** It generates, or patches by patchesJson6902: then no rule of its policy is extended. */
  readonly forbids: boolean;
  /** Of a form that has no generated one. */
  readonly isPlain: boolean;
}

/** A generated rule with the kinds that stand in its filters. */
export interface Generated extends GeneratedRule {
  readonly of: 'controllers' | 'cronJobs';
}

/** The kinds that the policy is extended to. */
export function autogenKinds(rules: readonly AutogenRule[], annotation: string | undefined): readonly string[] {
  const filters = rules.flatMap(({ match, exclude }) => [...match.filters, ...exclude.filters]);
  if (rules.some(({ forbids }) => forbids) || filters.some(isUnfit)) return [];
  const named = filters.flatMap(({ kinds = [] }) => kinds);
  if (!named.some((kind) => kind === 'Pod' || controllers.has(kind))) return [];
  if (annotation === undefined) return [...controllers.keys()];
  if (annotation === 'all') return [...controllers.keys()];
  // CronJob counts wherever it stands, the others only where nothing stands beside them, not even a blank.
  const hasCronJob = annotation.includes('CronJob') || annotation.includes('all');
  const asked = new Set(annotation.split(',', 50));
  return [...controllers.keys()].filter((kind) => (kind === 'CronJob' ? hasCronJob : asked.has(kind)));
}

function isUnfit({ isPersonal, kinds = [] }: ResourceFilter): boolean {
  return isPersonal || (kinds.length > 1 && kinds.some(isPod));
}

function isPod(kind: string): boolean {
  return parseKind(kind)?.kind === 'Pod';
}

/** The rules that are made of one. */
export function generatedFrom(rule: AutogenRule, kinds: readonly string[]): Generated[] {
  const { name, match, exclude } = rule;
  const excluded = exclude.filters.flatMap((filter) => filter.kinds ?? []);
  const onPods = match.filters.some((filter) => filter.kinds?.some(isPod) === true);
  const fits = onPods && (excluded.length === 0 || excluded.some(isPod));
  if (rule.isPlain || !fits || name.startsWith('autogen-')) return [];
  const others = kinds.filter((kind) => kind !== 'CronJob');
  return [
    ...(others.length === 0
      ? []
      : [{ name: cut(`autogen-${name}`), kinds: others, template: 'spec.template', of: 'controllers' as const }]),
    ...(kinds.includes('CronJob')
      ? [
          {
            name: cut(`autogen-cronjob-${name}`),
            kinds: ['CronJob'],
            template: 'spec.jobTemplate.spec.template',
            of: 'cronJobs' as const,
          },
        ]
      : []),
  ];
}

function cut(name: string): string {
  return name.slice(0, 63);
}

/** The kinds of a filter in the generated rule. */
export function kindsIn({ of, kinds }: Generated, filter: ResourceFilter): readonly string[] | undefined {
  if (of === 'controllers' && filter.kinds?.some(isPod) !== true) return filter.kinds;
  return kinds.map((kind) => controllers.get(kind) ?? kind);
}
