/**
 * Whether a caller has a right, by SubjectAccessReview on its identity. What RBAC says of the stored objects is all there
 * is: the gateway adds no rule of its own.
 *
 * A right that is held everywhere is held in each namespace (RBAC only adds, and to the API server a review without a
 * namespace means all of them), so the question for the whole cluster comes first and its yes spares all others. Its no is
 * kept like any other: a caller with rights in one namespace pays one more review in 5 s for it, however many namespaces it
 * asks about.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';
import { createBuckets } from './buckets.ts';
import { allowMs, createDecisionCache, denyMs } from './decision-cache.ts';
import { createReviewGate } from './review-gate.ts';
import type { Question, Reviews, User } from './reviews.ts';
import type { Turns } from './turns.ts';

/** Whose right it is. */
export interface Holder {
  readonly user: User;
  /** Who pays for the review. */
  readonly identity: string;
  /** Two holders with the same key are the same to the API server in all that it says of them. */
  readonly key: string;
}

/**
 * What a right is asked for. A `listing` asks for many: a no may be as old as a yes, so that a listing that is repeated asks
 * nothing again, and it leaves the caller some reviews for single calls. `exact` asks this very question and no wider one
 * before it: for what is read in the caller's stead from the cluster itself, where others than RBAC may decide, too.
 */
export type Purpose = 'call' | 'listing' | 'exact';

export interface Access {
  /** Throws REVIEW_UNAVAILABLE when nobody can tell, RATE_LIMITED when the caller has caused too many reviews. */
  may(holder: Holder, question: Question, purpose?: Purpose): Promise<boolean>;
  /** What `may` answers to a call from memory alone; undefined where it would ask. */
  known(holder: Holder, question: Question): boolean | undefined;
}

const allowedMax = 100_000;
const deniedMax = 100_000;
/**
 * Reviews that one identity may cause a second, in the long run. One costs the API server 2 ms of CPU (e2e/bench/listing.ts),
 * so this is a fifth of one core; 5,000 namespaces are asked about in less than the minute for which the answers hold.
 */
export const reviewsPerSecond = 100;
/** And at once: all namespaces of most clusters. */
export const reviewsBurst = 1_000;
/** Of these, how many a listing leaves. */
export const callReserve = 100;
const identitiesMax = 10_000;

/** Asks the API server and remembers: a yes for 60 s, a no for 5 s. */
export function createAccess(options: {
  readonly reviews: Reviews;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly graceMs?: number | undefined;
}): Access {
  const { reviews, clock, turns, graceMs } = options;
  const budget = createBuckets({
    clock,
    perSecond: reviewsPerSecond,
    burst: reviewsBurst,
    keysMax: identitiesMax,
  });
  const gate = createReviewGate({ clock, turns, budget });
  const decisions = createDecisionCache<boolean>({
    clock,
    yesMax: allowedMax,
    noMax: deniedMax,
    positive: (allowed) => allowed,
    graceMs,
  });

  async function decide(holder: Holder, question: Question, purpose: Purpose): Promise<boolean> {
    const { user, identity } = holder;
    const [noHoldsMs, reserve] = purpose === 'listing' ? [allowMs, callReserve] : [denyMs, 0];
    const ask = async () => gate.ask(identity, async () => reviews.authorize(user, question), reserve);
    return decisions.get(keyOf(holder, question), ask, noHoldsMs);
  }

  return {
    async may(holder, question, purpose = 'call') {
      if (question.namespace === undefined || purpose === 'exact') return decide(holder, question, purpose);
      // A yes that is there needs no other one.
      if (decisions.yes(keyOf(holder, question)) === true) return true;
      try {
        if (await decide(holder, everywhereOf(question), purpose)) return true;
      } catch (error) {
        // In an outage the yes for the namespace may hold for longer than the no for the cluster, which is older.
        const outage = error instanceof GatewayError && error.code === 'REVIEW_UNAVAILABLE';
        if (outage && (await decide(holder, question, purpose))) return true;
        throw error;
      }
      return decide(holder, question, purpose);
    },
    known(holder, question) {
      const everywhere = decisions.kept(keyOf(holder, everywhereOf(question)))?.answer;
      if (question.namespace === undefined || everywhere === true) return everywhere;
      const there = decisions.kept(keyOf(holder, question))?.answer;
      // A no for the namespace counts once the cluster-wide question was answered, too.
      return there === true || everywhere === false ? there : undefined;
    },
  };
}

function everywhereOf(question: Question): Question {
  return { ...question, namespace: undefined };
}

/** A blank occurs in none of the first parts, so that no two questions share a key; what follows may hold anything. */
function keyOf({ key }: Holder, { verb, group, resource, subresource, namespace, name }: Question): string {
  const own = `${key} ${verb} ${resource} ${namespace ?? ''}`;
  if (group === undefined && subresource === undefined && name === undefined) return own;
  return `${own} ${JSON.stringify([group, subresource, name])}`;
}
