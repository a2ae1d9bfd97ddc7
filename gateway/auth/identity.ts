/**
 * From the Authorization header of a request to its caller.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../kube/clock.ts';
import { type Answer, refusal } from '../errors.ts';
import { type Access, createAccess } from './access.ts';
import { createDecisionCache } from './decision-cache.ts';
import type { Question, Reviews, User } from './reviews.ts';
import type { Strangers } from './strangers.ts';

/** Whoever sends a request, as far as tools and resources may know it. */
export interface Caller {
  readonly user: User;
  /** True without a token. Such a caller has the rights that RBAC gives to system:anonymous, none by default. */
  readonly anonymous: boolean;
  /** Throws REVIEW_UNAVAILABLE when nobody can tell. */
  may(question: Question): Promise<boolean>;
}

/** As the API server names a request without credentials. */
export const anonymousUser: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

export interface Identities {
  /** UNAUTHENTICATED for credentials that the API server does not take. Throws REVIEW_UNAVAILABLE. */
  callerOf(authorization: string | undefined): Promise<Answer<Caller>>;
}

const tokenLengthMax = 8_192;
const identitiesMax = 10_000;
const refusedTokensMax = 1_000;

/** Turns the Authorization header of a request into a caller. Tokens are known by a keyed hash alone. */
export function createIdentities(options: {
  readonly reviews: Reviews;
  readonly clock: Clock;
  /** Holds up those whose tokens are refused. */
  readonly strangers?: Strangers | undefined;
}): Identities {
  const { reviews, clock, strangers } = options;
  // Tokens are not kept, and a dump of the heap must not allow to test guesses offline: hence a key of this process.
  const secret = randomBytes(32);
  const keyOf = (token: string) => createHmac('sha256', secret).update(token).digest('base64');
  const users = createDecisionCache<User | undefined>({
    clock,
    yesMax: identitiesMax,
    noMax: refusedTokensMax,
    positive: (user) => user !== undefined,
  });
  const access = createAccess({ reviews, clock });

  async function review(key: string, token: string): Promise<User | undefined> {
    const unknown = users.lastYes(key) === undefined;
    if (unknown) strangers?.admit();
    const user = await reviews.authenticate(token);
    if (unknown && user === undefined) strangers?.refused();
    return user;
  }

  return {
    async callerOf(authorization) {
      if (authorization === undefined) {
        return { ok: true, value: caller(anonymousUser, true, access, 'anonymous') };
      }
      const token = bearerToken(authorization);
      if (token === undefined) {
        return refusal('UNAUTHENTICATED', 'The Authorization header must be "Bearer" and a token.');
      }
      const key = keyOf(token);
      const user = await users.get(key, async () => review(key, token));
      if (user === undefined) {
        return refusal('UNAUTHENTICATED', 'The API server does not accept this token: it is invalid or has expired.');
      }
      return { ok: true, value: caller(user, false, access, key) };
    },
  };
}

function caller(user: User, anonymous: boolean, access: Access, key: string): Caller {
  return { user, anonymous, may: async (question) => access.may(key, user, question) };
}

/** The token of a header, or undefined for anything but `Bearer` and printable ASCII without a blank (RFC 6750, 2.1). */
function bearerToken(header: string): string | undefined {
  if (header.length > tokenLengthMax || header.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = header.slice(7).trim();
  if (token === '') return undefined;
  for (let index = 0; index < token.length; index += 1) {
    const code = token.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f) return undefined;
  }
  return token;
}
