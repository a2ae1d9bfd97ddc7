/**
 * What a person may do, as the API server says of the person itself. Answers hold as long as they do in the gateway: a yes for
 * a minute, a no for some seconds.
 */
import { apiGroup } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { createDecisionCache } from '../auth/decision-cache.ts';
import type { Question } from '../auth/reviews.ts';
import type { ClusterReader } from './cluster-reader.ts';

export interface OwnRights {
  may(question: Question): Promise<boolean>;
  /** What `may` answers without asking; undefined where it asks. */
  known(question: Question): boolean | undefined;
}

const rightsMax = 10_000;

/** Asks by SelfSubjectAccessReview, which every user may create (ClusterRole system:basic-user). */
export function createOwnRights({
  reader,
  clock,
}: {
  readonly reader: ClusterReader;
  readonly clock: Clock;
}): OwnRights {
  const decisions = createDecisionCache<boolean>({
    clock,
    yesMax: rightsMax,
    noMax: rightsMax,
    positive: (allowed) => allowed,
  });
  return {
    async may(question) {
      const attributes = attributesOf(question);
      return decisions.get(JSON.stringify(attributes), async () => reader.mayI(attributes));
    },
    known: (question) => decisions.kept(JSON.stringify(attributesOf(question)))?.answer,
  };
}

/** As the API server takes them: of Potoo's own group unless the question names another one. */
function attributesOf(question: Question): Readonly<Record<string, string>> {
  const fields: Readonly<Record<string, string | undefined>> = { group: apiGroup, ...question };
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  );
}
