/**
 * Policies of Kyverno held against what a message of Kyverno names.
 */
import type { Effect } from '../../../crds/constraint.ts';
import type { Candidate } from '../candidates.ts';
import { type About, noSuspects, type Suspect, type Suspects } from '../finding.ts';
import type { KyvernoTold } from '../signatures/kyverno-told.ts';
import { celKinds, ruleKinds } from './kyverno-kinds.ts';

const kinds: ReadonlySet<string> = new Set([...ruleKinds, ...celKinds]);
const suspectsMax = 8;

/** Policies that bind what is in their own namespace alone. */
function isNamespaced({ kind }: Candidate): boolean {
  return kind === 'Policy' || kind.startsWith('Namespaced');
}

/**
 * By name, kind and rule, as far as they are shown; nothing similar. One of which the rule is not shown may be any of the
 * policy.
 */
export function kyvernoSuspects(
  told: Pick<KyvernoTold, 'policy' | 'rule' | 'kinds' | 'object' | 'outcome'>,
): (candidates: readonly Candidate[], about: About) => Suspects {
  return (candidates, about) => {
    const elsewhere = told.object !== undefined && told.object.namespace !== about.namespace;
    const all = candidates.filter(
      (candidate) =>
        candidate.type === 'Admission' &&
        kinds.has(candidate.kind) &&
        told.kinds.includes(candidate.kind) &&
        !(elsewhere && isNamespaced(candidate)) &&
        isOfKyverno(candidate),
    );
    if (told.policy === undefined) return { certain: [], possible: unnamed(all, told) };
    const { policy } = told;
    const ofPolicy = all.filter(({ name }) => name === policy || policy.endsWith(`/${name}`));
    if (ofPolicy.length === 0) return noSuspects;
    const ofRule = ofPolicy.filter((candidate) => hasRule(candidate, told.rule));
    // The first kind that has the name: others may have it as well.
    const kind = told.kinds.find((each) => ofRule.some((candidate) => candidate.kind === each));
    const sameKinds = told.kinds.every((each) => isRuleKind(each));
    const exact = sameKinds ? ofRule : ofRule.filter((candidate) => candidate.kind === kind);
    if (exact.length > 0) return { certain: fitting(exact, told.outcome), possible: [] };
    return { certain: [], possible: ofPolicy.slice(0, suspectsMax).map(ofOtherRule) };
  };
}

function isRuleKind(kind: string): boolean {
  return kind === 'ClusterPolicy' || kind === 'Policy';
}

/** Where it can be seen: other projects have kinds of the same names. */
function isOfKyverno({ full }: Candidate): boolean {
  if (full === undefined) return true;
  const { apiVersion } = full.source;
  return apiVersion.startsWith('kyverno.io/') || apiVersion.startsWith('policies.kyverno.io/');
}

function ofOtherRule(candidate: Candidate): Suspect {
  return { candidate, reason: 'It is of the policy that the message names, which has no such rule here now' };
}

/**
 * Whether it is the rule. Where that is not shown it may be any of the policy.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/autogen/v1/rule.go (names of generated rules)
 */
function hasRule(candidate: Candidate, rule: string | undefined): boolean {
  if (rule === undefined || rule === '' || !isRuleKind(candidate.kind)) return true;
  const { full, key } = candidate;
  const names: string[] = [];
  if (full?.rule.form === 'pattern') {
    names.push(full.rule.name, ...(full.rule.generated ?? []).map(({ name }) => name));
  }
  if (key !== undefined) names.push(ruleOfKey(key));
  return names.length === 0 || names.some((name) => namesOf(name).includes(rule));
}

function namesOf(name: string): readonly string[] {
  return [name, `autogen-${name}`.slice(0, 63), `autogen-cronjob-${name}`.slice(0, 63)];
}

/** Without what tells constraints of one rule apart: `/Enforce`, and a number behind `#`. */
function ruleOfKey(key: string): string {
  const number = key.lastIndexOf('#');
  const whole = number > 0 && /^[0-9]+$/.test(key.slice(number + 1)) ? key.slice(0, number) : key;
  const slash = whole.lastIndexOf('/');
  return slash > 0 && ['Enforce', 'Audit'].includes(whole.slice(slash + 1)) ? whole.slice(0, slash) : whole;
}

const refusing: readonly Effect[] = ['deny', 'unknown'];
/** What refuses nothing whatever happens: to change or make objects may fail, and that refuses. */
const quiet: readonly Effect[] = ['audit', 'warn', 'allow'];

/** Of those that are named the ones that do what the text tells of; where none does, all, and it is said. */
function fitting(named: readonly Candidate[], outcome: KyvernoTold['outcome']): readonly Suspect[] {
  const effects: readonly Effect[] = outcome === 'refused' ? refusing : outcome === 'warned' ? ['warn'] : [];
  const fit = named.filter(({ effect }) => effects.includes(effect));
  if (fit.length > 0) return fit.map((candidate) => ({ candidate, reason: 'The message names it' }));
  return named.map((candidate) => ({
    candidate,
    reason: otherEffect(candidate, outcome),
    ...(outcome === 'refused' && quiet.includes(candidate.effect) ? { doubt: 'it refuses nothing' } : {}),
  }));
}

function otherEffect({ effect }: Candidate, outcome: KyvernoTold['outcome']): string {
  if (outcome === 'noted') {
    return effect === 'deny' ? 'The message names it' : 'The message names it; it reports and refuses nothing';
  }
  if (effect === 'mutate' || effect === 'generate') {
    return 'The message names it; it changes or makes objects, and an error in it can refuse a request';
  }
  if (outcome === 'warned' && effect === 'deny') {
    return 'The message names it; it refuses now, and may have been changed since';
  }
  return 'The message names it; it refuses nothing now, and may have been changed since';
}

/** Of what the text does not name: rules of the name that it gives, else all that refuse. */
function unnamed(all: readonly Candidate[], { rule, outcome }: Pick<KyvernoTold, 'rule' | 'outcome'>): Suspect[] {
  const isKnown = rule !== undefined && rule !== '';
  const fit = all.filter(
    (candidate) =>
      hasRule(candidate, rule) && (outcome === 'noted' || refusing.includes(candidate.effect) || outcome === 'warned'),
  );
  const reason = isKnown
    ? 'It may have the rule that the message names'
    : 'It is a policy of Kyverno that judges requests';
  return fit.slice(0, suspectsMax).map((candidate) => ({ candidate, reason }));
}
