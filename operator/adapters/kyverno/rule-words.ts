/**
 * Summary and message of a rule: whom it is about, what it demands or does, and what follows.
 */
import type { Effect, Severity } from '../../../crds/constraint.ts';
import type { RequestNamespace } from '../../../crds/scope.ts';
import { isJsonObject } from '../../../kube/object.ts';
import { sentence } from '../text.ts';
import type { Region } from './action.ts';
import { conditionWords } from './condition-words.ts';
import { type Demand, generatedTexts, imagesDemand, mutationTexts, validateDemand } from './demand-words.ts';
import { exceptionsText, filtersText, kindsText, matchesText, meansSome } from './filter-words.ts';
import type { Policy, PolicyRule } from './policy-fields.ts';
import type { RuleScope } from './rule-scope.ts';

/** All that is told of. */
export interface Told {
  readonly policy: Policy;
  readonly rule: PolicyRule;
  readonly region: Region;
  readonly scope: RuleScope;
  readonly effect: Effect;
  readonly severity: Severity;
  readonly changesOthers: boolean;
}

/** Safe for every reader: kinds, names of fields, and no text of the policy. */
export function summaryOf(told: Told): string {
  const inGeneral = generalWhom(told);
  const whom = capitalized(inGeneral);
  if (told.effect === 'unknown')
    return `${whom} may be checked or changed by a rule that is not understood in all parts`;
  const { rule } = told;
  switch (rule.does) {
    case 'validate':
      return judged(told, whom, validateDemand(rule.body), 'summary', operationsAsked(told));
    case 'verifyImages':
      return judged(told, whom, imagesDemand(rule.body), 'summary');
    case 'mutate': {
      const { summary } = mutationTexts(rule.body);
      return told.changesOthers
        ? `${capitalized(targetKinds(rule))} are changed${summary} when ${inGeneral} are written`
        : `${whom} are changed${summary} as they are written`;
    }
    case 'generate':
      return `For ${inGeneral} the following is generated: ${generatedTexts(rule.body).summary}`;
    default:
      return rule.does satisfies never;
  }
}

/** In full: with values, names, conditions, exceptions, and what the policy says itself. */
export function messageOf(told: Told): string {
  return [lead(told), ...saidBy(told), ...onlyWhere(told), ...notFor(told), ...limits(told)].join('; ');
}

function lead(told: Told): string {
  const whom = capitalized(whomOf(told, filtersText));
  const { rule, effect } = told;
  const doubt = effect === 'unknown' ? ', as far as the rule is understood' : '';
  switch (rule.does) {
    case 'validate':
      return `${judged(told, whom, validateDemand(rule.body), 'message')}${doubt}`;
    case 'verifyImages': {
      const demand = imagesDemand(rule.body);
      const rewritten = demand.rewrites ? '; their tags are replaced by digests' : '';
      return `${judged(told, whom, demand, 'message')}${doubt}${rewritten}`;
    }
    case 'mutate': {
      const { message } = mutationTexts(rule.body);
      return told.changesOthers
        ? `When ${whomOf(told, filtersText)} are written ${targetKinds(rule)} are changed${doubt}${message}`
        : `${whom} are changed as they are written${doubt}${message}`;
    }
    case 'generate':
      return `For ${whomOf(told, filtersText)} the following is generated${doubt}: ${generatedTexts(rule.body).message}`;
    default:
      return rule.does satisfies never;
  }
}

/** Whether it is about all objects of the kinds, or only some of them, which the message tells. */
function generalWhom(told: Told): string {
  const kinds = whomOf(told, kindsText);
  return told.scope.matches.some(meansSome) ? `some ${lowered(kinds).replace(/^all objects/, 'objects')}` : kinds;
}

function whomOf(
  { rule, scope: { matches } }: Told,
  word: (filters: RuleScope['matches'][number], extended: readonly string[]) => string,
): string {
  const extended = [...new Set(rule.generated.flatMap(({ kinds }) => kinds))].toSorted();
  return matchesText(matches, (filters) => word(filters, extended));
}

function judged(
  { policy, rule, effect, region }: Told,
  whom: string,
  demand: Demand,
  field: 'summary' | 'message',
  operations: readonly string[] = [],
): string {
  const outcome = outcomeText(policy, effect, region);
  const said = demand[field];
  const { preconditions, celPreconditions } = rule.settings;
  const isConditional = field === 'summary' && said === '' && (preconditions ?? celPreconditions) !== undefined;
  const under = isConditional ? ' under certain conditions' : '';
  const verbs = operations.map((operation) => verbsOf[operation] ?? operation).join(' or ');
  const requests = verbs === '' ? 'Requests for' : `Requests to ${verbs}`;
  if (demand.violators === 'they') {
    const isPlain = said === '' || verbs !== '';
    return `${isPlain ? `${requests} ${lowered(whom)}${said}` : `${whom}${said}`} are ${outcome}${under}`;
  }
  const when = verbs === '' || operations.includes('CREATE') ? '' : ` at requests to ${verbs} them`;
  return whom.startsWith('Some ')
    ? `${whom}${said}${when}, or are ${outcome}`
    : `${whom}${said}${when}; others are ${outcome}`;
}

const verbsOf: Readonly<Record<string, string>> = {
  CREATE: 'create',
  UPDATE: 'update',
  DELETE: 'delete',
  CONNECT: 'connect to',
};

/** Where the rule itself says which: all that it can be about, through any of its filters. */
function operationsAsked({ rule: { match }, scope: { matches } }: Told): readonly string[] {
  const isSaid =
    match.way === 'any'
      ? match.filters.every(({ operations }) => operations !== undefined)
      : match.filters.some(({ operations }) => operations !== undefined);
  if (!isSaid) return [];
  const asked = matches.map((filters) => new Set(filters.flatMap(({ operations = [] }) => operations)));
  return Object.keys(verbsOf).filter((operation) => asked.every((some) => some.has(operation)));
}

function outcomeText({ admission }: Policy, effect: Effect, { action }: Region): string {
  if (effect === 'deny' || (effect === 'unknown' && action === 'Enforce')) return 'refused';
  if (effect === 'warn') return 'answered with a warning';
  return admission ? 'reported and not refused' : 'reported later on and not refused';
}

function targetKinds({ body }: PolicyRule): string {
  const targets = isJsonObject(body) && Array.isArray(body['targets']) ? body['targets'].filter(isJsonObject) : [];
  const kinds = targets.map(({ kind }) =>
    typeof kind === 'string' && /^[A-Za-z][A-Za-z0-9]*$/.test(kind) ? kind : 'objects',
  );
  return `existing objects (${sentence([...new Set(kinds)].join(', '), 100)})`;
}

function saidBy({ rule: { body } }: Told): string[] {
  const entries = isJsonObject(body) ? [body['message']] : [];
  const [text] = entries.filter((entry) => typeof entry === 'string' && entry.trim() !== '');
  return typeof text === 'string' ? [`it says ${JSON.stringify(sentence(text.trim(), 300))}`] : [];
}

function onlyWhere({ rule: { settings }, policy }: Told): string[] {
  const own = conditionWords(settings.preconditions, 220);
  const named = [...policy.matchConditions, ...(settings.celPreconditions ?? [])].map(({ name }) => name);
  return [
    ...(own === undefined ? [] : [`only where ${own}`]),
    ...(named.length === 0 ? [] : [`only where these conditions are true: ${sentence(named.join(', '), 160)}`]),
  ];
}

function notFor({ rule, scope: { exceptions } }: Told): string[] {
  const extended = [...new Set(rule.generated.flatMap(({ kinds }) => kinds))].toSorted();
  return exceptions.length === 0 ? [] : [`except for ${exceptionsText(exceptions, extended)}`];
}

/** Of a rule whose action differs by namespace. */
function limits({ region: { within, without }, policy }: Told): string[] {
  const home = policy.head.metadata.namespace;
  return [
    ...(home === undefined ? [] : [`only in namespace ${home}`]),
    ...(within === undefined ? [] : [`this action only${placeText(within)}`]),
    ...(without.length === 0
      ? []
      : [`not${without.map(placeText).join(' or')}, for which the policy sets the action apart`]),
  ];
}

/** ` in namespaces a, b`, or ` in namespaces with env=prod`. */
function placeText(namespace: RequestNamespace): string {
  return filtersText([{ namespace }], []).replace(/^all objects/, '');
}

function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function lowered(text: string): string {
  return text.startsWith('All ') || text.startsWith('Some ')
    ? `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`
    : text;
}
