/**
 * Whether a caller has a right, by SubjectAccessReview on its identity. What RBAC says of the stored objects is all there
 * is: the gateway adds no rule of its own.
 */
import type { Clock } from '../../kube/clock.ts';
import { createDecisionCache } from './decision-cache.ts';
import type { Question, Reviews, User } from './reviews.ts';

export interface Access {
  /** @param key Stands for the credentials: two callers with the same key are the same user. */
  may(key: string, user: User, question: Question): Promise<boolean>;
}

const allowedMax = 100_000;
const deniedMax = 50_000;

/** Asks the API server and remembers: a yes for 60 s, a no for 5 s. */
export function createAccess(options: { readonly reviews: Reviews; readonly clock: Clock }): Access {
  const { reviews, clock } = options;
  const decisions = createDecisionCache<boolean>({
    clock,
    yesMax: allowedMax,
    noMax: deniedMax,
    positive: (allowed) => allowed,
  });
  return {
    async may(key, user, question) {
      const { verb, resource, namespace } = question;
      // A blank occurs in none of the parts, so that no two questions share a key.
      return decisions.get(`${key} ${verb} ${resource} ${namespace ?? ''}`, async () =>
        reviews.authorize(user, question),
      );
    },
  };
}
