/**
 * From the Authorization header of a request to its caller.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../kube/clock.ts';
import { type Answer, type Refusal, refusal } from '../errors.ts';
import { type Access, createAccess, type Holder, type Purpose } from './access.ts';
import { createBuckets } from './buckets.ts';
import { createDecisionCache } from './decision-cache.ts';
import { createKeyedHash } from './keyed-hash.ts';
import { createReviewGate } from './review-gate.ts';
import type { Question, Reviews, User } from './reviews.ts';
import type { StaticTokens } from './static-tokens.ts';
import type { Strangers } from './strangers.ts';
import { createTurns } from './turns.ts';

/** Whoever sends a request, as far as tools and resources may know it. */
export interface Caller {
  readonly user: User;
  /** The same for all tokens of one user, in every replica: for limits and for what is bound to a caller. */
  readonly identity: string;
  /** True without a token. Such a caller has the rights that RBAC gives to system:anonymous, none by default. */
  readonly anonymous: boolean;
  /**
   * Throws REVIEW_UNAVAILABLE when nobody can tell, RATE_LIMITED when this caller has asked too much.
   * @param purpose `call` unless told.
   */
  may(question: Question, purpose?: Purpose): Promise<boolean>;
  /** What `may` would answer to a call without asking the API server; undefined where it would ask. */
  known(question: Question): boolean | undefined;
}

/** As the API server names a request without credentials. */
export const anonymousUser: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
export const anonymousIdentity = 'anonymous';

export interface Identities {
  /**
   * UNAUTHENTICATED for credentials that are not accepted. Throws REVIEW_UNAVAILABLE and RATE_LIMITED.
   * Whoever holds a stream calls this again with the same header to learn whether the token is still good: while the last
   * review of it is fresh, that costs a hash.
   */
  callerOf(authorization: string | undefined): Promise<Answer<Caller>>;
}

export interface IdentitiesOptions {
  readonly reviews: Reviews;
  readonly clock: Clock;
  /** Whether the API server is asked about tokens; true unless told. */
  readonly tokenReviews?: boolean | undefined;
  /** Tokens that the gateway knows by itself. They come first. */
  readonly staticTokens?: StaticTokens | undefined;
  /** For how long beyond its minute a yes holds while the API server answers no reviews; 0 unless told. */
  readonly graceMs?: number | undefined;
  /** Holds up those whose tokens are refused; nobody is unless told. */
  readonly strangers?: Strangers | undefined;
}

const tokenLengthMax = 8_192;
const identitiesMax = 10_000;
const refusedTokensMax = 1_000;
/**
 * Tokens that have not been accepted before are reviewed in one lane, whoever sends them, and this many a second. Tokens that
 * have been are reviewed in the lane of their user: made-up ones take nothing from these.
 */
export const newTokensPerSecond = 100;
export const newTokensBurst = 200;
const newTokensLane = 'new tokens';

/** Turns the Authorization header of a request into a caller. Tokens are known by a keyed hash alone. */
export function createIdentities(options: IdentitiesOptions): Identities {
  const { reviews, clock, tokenReviews = true, staticTokens, graceMs, strangers } = options;
  // Tokens themselves are not kept.
  const keyOf = createKeyedHash();
  const turns = createTurns(clock);
  const access = createAccess({ reviews, clock, turns, graceMs });
  const known = createReviewGate({ clock, turns });
  const unknown = createReviewGate({
    clock,
    turns,
    budget: createBuckets({ clock, perSecond: newTokensPerSecond, burst: newTokensBurst, keysMax: 1 }),
  });
  const callers = createDecisionCache<Caller | undefined>({
    clock,
    yesMax: identitiesMax,
    noMax: refusedTokensMax,
    positive: (caller) => caller !== undefined,
    graceMs,
  });
  const anonymous = callerWith(anonymousUser, anonymousIdentity, access);

  /** The same for each call, as users of a file are the same objects until it is read anew. */
  const fromFile = new WeakMap<User, Caller>();
  function ofFile(user: User): Caller {
    const kept = fromFile.get(user);
    if (kept !== undefined) return kept;
    const caller = callerWith(user, identityOf(user), access);
    fromFile.set(user, caller);
    return caller;
  }

  async function review(key: string, token: string): Promise<Caller | undefined> {
    const before = callers.lastYes(key);
    if (before === undefined) strangers?.admit();
    const authenticate = async () => reviews.authenticate(token);
    const user = await (before === undefined
      ? unknown.ask(newTokensLane, authenticate)
      : known.ask(before.identity, authenticate));
    if (before === undefined && user === undefined) strangers?.refused();
    return user === undefined ? undefined : callerWith(user, identityOf(user), access);
  }

  return {
    async callerOf(authorization) {
      if (authorization === undefined) return { ok: true, value: anonymous };
      const token = bearerToken(authorization);
      if (typeof token !== 'string') return token;
      const user = staticTokens?.userOf(token);
      if (user !== undefined) return { ok: true, value: ofFile(user) };
      if (!tokenReviews) return notAccepted;
      const key = keyOf(token);
      const kept = callers.kept(key);
      const caller = kept === undefined ? await callers.get(key, async () => review(key, token)) : kept.answer;
      return caller === undefined ? notAccepted : { ok: true, value: caller };
    },
  };
}

/** One sentence for all of it: what is wrong with a token is nothing that whoever found it should learn. */
const notAccepted: Refusal = {
  ...refusal(
    'UNAUTHENTICATED',
    'This token is not accepted: it is invalid, has expired, or was made for something else.',
  ),
  badToken: true,
};

/** Not the name alone: whoever is made anew under an old name is somebody else. */
function identityOf({ username, uid = '' }: User): string {
  return JSON.stringify([username, uid]);
}

function callerWith(user: User, identity: string, access: Access): Caller {
  // All that a review is made of. So a user who leaves a group is somebody else from the next TokenReview on, and no right
  // that the group gave outlives it.
  const { username, uid, groups, extra } = user;
  const key = hash('sha256', JSON.stringify([username, uid, groups, extra]), 'base64');
  const holder: Holder = { user, identity, key };
  return {
    user,
    identity,
    anonymous: identity === anonymousIdentity,
    may: async (question, purpose) => access.may(holder, question, purpose),
    known: (question) => access.known(holder, question),
  };
}

const noToken = refusal('UNAUTHENTICATED', 'The Authorization header must be "Bearer" and a token.');

/** The token of a header; a refusal for anything but `Bearer` and printable ASCII without a blank (RFC 6750, 2.1). */
function bearerToken(header: string): string | Refusal {
  if (header.slice(0, 7).toLowerCase() !== 'bearer ') return noToken;
  if (header.length > tokenLengthMax) return { ...noToken, badToken: true };
  const token = header.slice(7).trim();
  return /^[!-~]+$/.test(token) ? token : { ...noToken, badToken: true };
}
