import { expect, test } from 'vitest';
import { KubeError } from '../../kube/errors.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { KubeRequest, Transport } from '../../kube/transport.ts';
import { untilAborted } from '../../kube/until-aborted.ts';
import { createReviews } from './reviews.ts';

function setup(answer: (request: KubeRequest) => Promise<unknown>) {
  const clock = createVirtualClock();
  const requests: KubeRequest[] = [];
  const outcomes: string[] = [];
  const transport: Transport = {
    request: async (request) => {
      requests.push(request);
      return answer(request);
    },
    stream: async () => {
      throw new Error('reviews do not watch');
    },
    close: async () => {},
  };
  const onReview = (kind: string, outcome: string) => void outcomes.push(`${kind} ${outcome}`);
  return { clock, requests, outcomes, reviews: createReviews({ transport, clock, onReview }) };
}

test('a token is reviewed for the audience of the API server itself', async () => {
  const user = { username: 'ann', uid: '7', groups: ['dev'], extra: { scope: ['a'] } };
  const { reviews, requests, outcomes } = setup(async () => ({ status: { authenticated: true, user } }));
  expect(await reviews.authenticate('secret')).toEqual(user);
  expect(requests).toMatchObject([
    {
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'secret' } },
    },
  ]);
  expect(outcomes).toEqual(['tokenreview allowed']);
});

test('a token that the API server does not take is nobody', async () => {
  const { reviews, outcomes } = setup(async () => ({ status: { error: 'token has expired', user: {} } }));
  expect(await reviews.authenticate('secret')).toBeUndefined();
  expect(outcomes).toEqual(['tokenreview denied']);
});

test('a right is asked for with all that the API server said of the user', async () => {
  const { reviews, requests, outcomes } = setup(async () => ({ status: { allowed: true } }));
  const user = { username: 'ann', uid: '7', groups: ['dev'], extra: { scope: ['a'] } };
  const question = { verb: 'get', resource: 'constraintreports', namespace: 'shop' } as const;
  expect(await reviews.authorize(user, question)).toBe(true);
  expect(requests).toMatchObject([
    {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'ann',
          uid: '7',
          groups: ['dev'],
          extra: { scope: ['a'] },
          resourceAttributes: { group: 'potoo.io', resource: 'constraintreports', verb: 'get', namespace: 'shop' },
        },
      },
    },
  ]);
  expect(outcomes).toEqual(['subjectaccessreview allowed']);
});

test('an error on the way to a decision is no decision', async () => {
  const refused = new KubeError('KUBE_FORBIDDEN', { status: 403, request: 'POST /x' });
  const failures = [
    async () => Promise.reject(refused),
    async () => ({ status: {} }),
    async () => 'no review at all',
    async () => ({ status: { allowed: 'yes' } }),
  ];
  for (const failure of failures) {
    const { reviews, outcomes } = setup(failure);
    const question = { verb: 'list', resource: 'constraintreports' } as const;
    await expect(reviews.authorize({ username: 'ann' }, question)).rejects.toMatchObject({
      code: 'REVIEW_UNAVAILABLE',
    });
    expect(outcomes).toEqual(['subjectaccessreview failed']);
  }
});

test('a review that gets no answer is given up in time for the caller to hear of it', async () => {
  const { reviews, clock } = setup(async ({ signal }) => untilAborted(new Promise(() => {}), signal));
  const outcome = reviews.authenticate('secret').catch((error: unknown) => error);
  await clock.advance(1_500);
  expect(await outcome).toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
  expect(clock.waiting).toBe(0);
});
