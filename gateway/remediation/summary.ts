/**
 * Steps for who sees the summary of a constraint: from its type, effect, kind and figures, and from nothing else.
 */
import { apiGroup, clusterConstraintDetails, constraintDetails } from '../../crds/api.ts';
import type { Effect } from '../../crds/constraint.ts';
import { disruptionRemediation } from './disruption.ts';
import { limitRangeRemediation } from './limit-range.ts';
import { podSecurityRemediation } from './pod-security.ts';
import { quotaRemediation } from './quota.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, isNamed, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';

/** Of kinds of Kubernetes itself more is known than their type says. */
export function summaryRemediation(subject: Subject): Remediation {
  switch (subject.home === undefined ? '' : subject.kind) {
    case 'ResourceQuota':
      return quotaRemediation(subject, undefined);
    case 'LimitRange':
      return limitRangeRemediation(subject, undefined);
    case 'PodDisruptionBudget':
      return disruptionRemediation(subject, undefined);
    case 'Namespace':
      return podSecurityRemediation(subject, undefined);
    default:
      return byType(subject);
  }
}

function byType(subject: Subject): Remediation {
  const steps = [
    ...(isQuiet(subject) && subject.type !== 'Admission' ? [] : ownSteps(subject)),
    ...look(subject, 'See the policy, if your rights allow it.'),
    ...(isQuiet(subject) ? [] : [ask(subject, `${whatToAsk(subject)}${reference(subject)}.`, ownerOf(subject))]),
  ];
  return { summary: summaryOf(subject), steps: steps.length === 0 ? [manual('Nothing needs to be done.')] : steps };
}

const quietEffects: ReadonlySet<Effect> = new Set(['allow', 'audit', 'generate', 'mutate', 'warn']);

/** What is neither refused nor cut off needs no help. */
function isQuiet({ effect }: Subject): boolean {
  return quietEffects.has(effect);
}

function summaryOf(subject: Subject): string {
  const title = titleOf(subject);
  switch (subject.effect) {
    case 'allow':
      return `Nothing needs to be done: ${title} refuses nothing.`;
    case 'audit':
      return `Nothing needs to be done: ${title} only notes what does not meet it.`;
    case 'mutate':
      return `Nothing needs to be done: ${title} changes objects as they are written.`;
    case 'generate':
      return `Nothing needs to be done: ${title} creates further objects.`;
    case 'warn':
      return `Requests pass; to be rid of the warnings, meet what ${title} asks for.`;
    case 'deny':
    case 'restrict':
    case 'limit':
    case 'require':
    case 'unknown':
      return blocked(subject, title);
    default:
      return subject.effect satisfies never;
  }
}

function blocked(subject: Subject, title: string): string {
  switch (subject.type) {
    case 'NetworkIngress':
      return connection(subject, `${title} lets in`, `${title} by itself lets nothing in`);
    case 'NetworkEgress':
      return connection(subject, `${title} lets out`, `${title} by itself lets nothing out`);
    case 'MeshPolicy':
      return `Use a connection that ${title} of the service mesh allows, or have one more allowed.`;
    case 'Admission':
      return `Change the manifest to what ${title} asks for, or ask for an exception.`;
    case 'ResourceLimit':
      return `Stay within the limits of ${title}, or ask for higher ones.`;
    case 'MissingResource':
      return `Create what ${title} expects, or ask for it.`;
    case 'Unknown':
      return `What ${title} demands is not known beyond its message: ask whoever owns it.`;
    default:
      return subject.type satisfies never;
  }
}

function connection(subject: Subject, some: string, none: string): string {
  return isClosed(subject)
    ? `${none}: use a connection that another policy allows, or have one allowed.`
    : `Use a connection that ${some}, or have one more allowed.`;
}

/** NetworkPolicies have no rules that deny: it has none at all. Policies of other engines may deny some connections. */
function isClosed({ kind, apiVersion, effect }: Subject): boolean {
  return kind === 'NetworkPolicy' && apiVersion.startsWith('networking.k8s.io/') && effect === 'deny';
}

function ownSteps(subject: Subject): RemediationStep[] {
  switch (subject.type) {
    case 'NetworkIngress':
    case 'NetworkEgress':
    case 'MeshPolicy':
      if (isClosed(subject)) {
        return [manual('What another NetworkPolicy of the same pods lets through passes all the same.', 'developer')];
      }
      return [manual(`Which peers and ports pass is told to those who may get ${detailsOf(subject)}.`, 'developer')];
    case 'Admission':
      return [dryRun(subject, 'See what the API server says to a manifest; nothing is stored.')];
    case 'ResourceLimit':
      return [manual('Ask for less in each workload, or remove what is not needed any more.', 'developer')];
    case 'MissingResource':
      return [manual('Create what is missing, or change the workload so that it does without.', 'developer')];
    case 'Unknown':
      return [manual('Potoo does not decode its kind: beyond its message it may demand anything.', 'developer')];
    default:
      return subject.type satisfies never;
  }
}

/** What stores the full form: see README, Who may ask what. */
function detailsOf(subject: Subject): string {
  if (subject.home !== undefined) return `${constraintDetails.plural}.${apiGroup} here`;
  return isNamed(subject)
    ? `${clusterConstraintDetails.plural}.${apiGroup}`
    : `${constraintDetails.plural}.${apiGroup} where the policy lives`;
}

function whatToAsk({ type }: Subject): string {
  switch (type) {
    case 'NetworkIngress':
    case 'NetworkEgress':
    case 'MeshPolicy':
      return 'to let the connection through: say from where, to where and on which port';
    case 'Admission':
      return 'for an exception, with the reason';
    case 'ResourceLimit':
      return 'for a higher limit';
    case 'MissingResource':
      return 'for what is missing';
    case 'Unknown':
      return 'what it demands';
    default:
      return type satisfies never;
  }
}

/** Administrators find a policy by its handle, where its name is not for the reader. */
function reference(subject: Subject): string {
  return isNamed(subject) ? '' : `; it is known as ${subject.name}`;
}

function ownerOf({ home, namespace }: Subject): 'namespace-admin' | 'cluster-admin' {
  return home === namespace ? 'namespace-admin' : 'cluster-admin';
}
