/**
 * The two questions the gateway may ask the API server about callers. Tokens travel in the body of a TokenReview and
 * nowhere else: they are never used to call upstream, and never logged.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
 */
import * as z from 'zod';
import { apiGroup } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import type { Transport } from '../../kube/transport.ts';
import { GatewayError } from '../errors.ts';

/** Who the API server says a caller is. */
export const User = z.object({
  username: z.string(),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
});
export type User = z.infer<typeof User>;

/** A right. Without `namespace` it is asked for the whole cluster, without `name` for all objects there. */
export interface Question {
  readonly verb: string;
  /** `''` for the core group; Potoo's own unless told. */
  readonly group?: string | undefined;
  /** A plural. */
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** A question as reviews of every kind put it. What is undefined is left out of the JSON. */
export function resourceAttributesOf({ verb, group = apiGroup, ...rest }: Question): object {
  const { resource, subresource, namespace, name } = rest;
  return { group, resource, subresource, verb, namespace, name };
}

export type ReviewKind = 'tokenreview' | 'subjectaccessreview';
export type ReviewOutcome = 'allowed' | 'denied' | 'failed';

export interface Reviews {
  /** The user of a token; undefined when the API server does not take it. Throws REVIEW_UNAVAILABLE. */
  authenticate(token: string): Promise<User | undefined>;
  /** Whether the user has the right. Throws REVIEW_UNAVAILABLE. */
  authorize(user: User, question: Question): Promise<boolean>;
}

/**
 * Twice this fits into the time in which a call is answered. One that needs more rounds of slow reviews is ended by its own
 * deadline; that is why questions that do not depend on each other are asked side by side.
 */
const reviewMsMax = 1_500;

const TokenReviewStatus = z.object({
  status: z.object({ authenticated: z.boolean().default(false), user: z.unknown() }),
});
/** What any review of a right says. */
export const AccessReviewStatus = z.object({ status: z.object({ allowed: z.boolean() }) });

/** @param options.onReview For metrics: once a review, when it has ended. */
export function createReviews(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly onReview?: ((kind: ReviewKind, outcome: ReviewOutcome) => void) | undefined;
}): Reviews {
  const { transport, clock, onReview } = options;

  async function review<T>(kind: ReviewKind, path: string, body: unknown, read: (answer: unknown) => T): Promise<T> {
    const timeout = new AbortController();
    const cancel = clock.after(reviewMsMax, () => timeout.abort(new Error(`no answer within ${reviewMsMax} ms`)));
    try {
      const answer = await transport.request({ method: 'POST', path, body, signal: timeout.signal });
      const result = read(answer);
      onReview?.(kind, result === undefined || result === false ? 'denied' : 'allowed');
      return result;
    } catch (error) {
      onReview?.(kind, 'failed');
      throw new GatewayError('REVIEW_UNAVAILABLE', `The API server did not answer a ${kind}.`, {
        cause: withoutEcho(error),
      });
    } finally {
      cancel();
    }
  }

  return {
    async authenticate(token) {
      return review(
        'tokenreview',
        '/apis/authentication.k8s.io/v1/tokenreviews',
        // No audiences: then the API server's own are meant, so a token made for another service is refused.
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
        (answer) => {
          const { status } = TokenReviewStatus.parse(answer);
          return status.authenticated ? User.parse(status.user) : undefined;
        },
      );
    },
    async authorize(user, question) {
      return review(
        'subjectaccessreview',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: user.username,
            uid: user.uid,
            groups: user.groups,
            extra: user.extra,
            resourceAttributes: resourceAttributesOf(question),
          },
        },
        (answer) => AccessReviewStatus.parse(answer).status.allowed,
      );
    },
  };
}

/** What failed, for the log: without what the server, or a proxy before it, said of a request that held a token. */
function withoutEcho(error: unknown): unknown {
  return error instanceof KubeError && error.status !== 0 ? new Error(`${error.code}: HTTP ${error.status}`) : error;
}
