import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createFakeReviews } from '../testing/fixture.ts';
import { callReserve, reviewsBurst, reviewsPerSecond } from './access.ts';
import { allowMs, denyMs } from './decision-cache.ts';
import { type Caller, createIdentities } from './identity.ts';

const question = { verb: 'get', resource: 'constraintreports', namespace: 'shop' } as const;
const everywhere = { verb: 'get', resource: 'constraintreports' } as const;
const inNamespace = (namespace: string) => ({ ...question, namespace });

async function setup(rights: Record<string, string[]> = { ann: ['get constraintreports shop'] }, graceMs = 0) {
  const clock = createVirtualClock();
  const reviews = createFakeReviews(rights);
  const identities = createIdentities({ reviews, clock, graceMs });
  const callerOf = async (header?: string): Promise<Caller> => {
    const caller = await identities.callerOf(header);
    if (!caller.ok) throw new Error(caller.error);
    return caller.value;
  };
  const [ann, bob] = [await callerOf('Bearer ann'), await callerOf('Bearer bob')];
  reviews.asked.length = 0;
  return { clock, reviews, callerOf, ann, bob };
}

test('times are as the contract says', () => {
  expect([allowMs, denyMs]).toEqual([60_000, 5_000]);
});

describe('a right', () => {
  test('is asked for once, also by many at the same time', async () => {
    const { ann, reviews } = await setup();
    const answers = await Promise.all(Array.from({ length: 50 }, async () => ann.may(question)));
    expect(answers).toEqual(Array.from({ length: 50 }, () => true));
    expect(await ann.may(question)).toBe(true);
    expect(reviews.asked).toEqual(['ann get constraintreports', 'ann get constraintreports shop']);
  });

  test('that was withdrawn ends within a minute, one that was given counts within five seconds', async () => {
    const { ann, bob, clock, reviews } = await setup();
    expect([await ann.may(question), await bob.may(question)]).toEqual([true, false]);
    reviews.rights['ann'] = [];
    reviews.rights['bob'] = ['get constraintreports'];
    await clock.advance(denyMs);
    expect([await ann.may(question), await bob.may(question)]).toEqual([true, true]);
    await clock.advance(allowMs - denyMs);
    expect([await ann.may(question), await bob.may(question)]).toEqual([false, true]);
  });

  test('is as old as the question about it, not as the answer', async () => {
    const { ann, clock, reviews } = await setup();
    const travelling = Promise.withResolvers<void>();
    const authorize = reviews.authorize.bind(reviews);
    reviews.authorize = async (user, asked) => {
      const allowed = await authorize(user, asked);
      if (asked.namespace !== undefined) await travelling.promise;
      return allowed;
    };
    const first = ann.may(question);
    await clock.advance(1_000);
    travelling.resolve();
    expect(await first).toBe(true);
    reviews.rights['ann'] = [];
    await clock.advance(allowMs - 1_000);
    expect(await ann.may(question)).toBe(false);
  });

  test('of one caller is not that of another, nor of another namespace, verb or kind', async () => {
    const { ann, bob, callerOf } = await setup();
    expect(await ann.may(question)).toBe(true);
    for (const other of [bob, await callerOf()]) expect(await other.may(question)).toBe(false);
    for (const change of [{ namespace: 'other' }, { verb: 'list' as const }, { resource: 'constraintdetails' }]) {
      expect(await ann.may({ ...question, ...change })).toBe(false);
    }
    expect(await ann.may(everywhere)).toBe(false);
  });
});

describe('one question for the whole cluster', () => {
  test('spares those for each namespace when its answer is yes', async () => {
    const { ann, reviews } = await setup({ ann: ['get constraintreports'] });
    for (let index = 0; index < 100; index += 1) expect(await ann.may(inNamespace(`n${index}`))).toBe(true);
    expect(await ann.may(everywhere)).toBe(true);
    expect(reviews.asked).toEqual(['ann get constraintreports']);
  });

  test('is not asked again for each namespace when its answer is no', async () => {
    const { ann, reviews } = await setup();
    await Promise.all(['a', 'b', 'c', 'shop'].map(async (namespace) => ann.may(inNamespace(namespace))));
    expect(reviews.asked).toEqual([
      'ann get constraintreports',
      ...['a', 'b', 'c', 'shop'].map((namespace) => `ann get constraintreports ${namespace}`),
    ]);
  });

  test('is not asked at all by a caller who is known to have the right in the namespace', async () => {
    const { ann, clock, reviews } = await setup();
    await ann.may(question);
    reviews.asked.length = 0;
    await clock.advance(allowMs - 1);
    expect(await ann.may(question)).toBe(true);
    expect(reviews.asked).toEqual([]);
  });
});

describe('what is known without asking', () => {
  test('is what may answers, for as long as it answers from memory', async () => {
    const { ann, bob, clock, reviews } = await setup();
    const denied = { ...question, resource: 'constraintdetails' };
    const known = () =>
      [ann, bob].flatMap((each) => [each.known(question), each.known(everywhere), each.known(denied)]);
    expect(new Set(known())).toEqual(new Set([undefined]));
    for (const each of [ann, bob]) for (const asked of [question, denied]) await each.may(asked);
    const answers = await Promise.all(
      [ann, bob].flatMap((each) => [question, everywhere, denied].map(async (asked) => each.may(asked))),
    );
    reviews.asked.length = 0;
    expect(known()).toEqual(answers);
    expect(answers).toEqual([true, false, false, false, false, false]);
    await clock.advance(denyMs);
    // A yes for the namespace needs no answer for the cluster; a no does.
    expect(known()).toEqual([true, ...Array<undefined>(5).fill(undefined)]);
    await clock.advance(allowMs - denyMs);
    expect(new Set(known())).toEqual(new Set([undefined]));
    expect(reviews.asked).toEqual([]);
  });
});

describe('while nobody can tell', () => {
  test('decisions hold for their minute, a no as well as a yes, and then nothing is allowed', async () => {
    const { ann, clock, reviews } = await setup();
    const denied = { ...question, resource: 'constraintdetails' };
    expect([await ann.may(question), await ann.may(denied)]).toEqual([true, false]);
    reviews.up = false;
    await clock.advance(allowMs - 1);
    expect([await ann.may(question), await ann.may(denied)]).toEqual([true, false]);
    await clock.advance(1);
    for (const each of [question, denied]) {
      await expect(ann.may(each)).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
    }
    // Not kept either: it works again as soon as the API server answers.
    reviews.up = true;
    await clock.advance(1_000);
    expect(await ann.may(question)).toBe(true);
  });

  test('a grace prolongs them, counted from when they were asked', async () => {
    const { ann, clock, reviews } = await setup(undefined, 30_000);
    await ann.may(everywhere);
    await clock.advance(1_000); // the no for the cluster is older than the yes
    expect(await ann.may(question)).toBe(true);
    reviews.up = false;
    await clock.advance(allowMs + 30_000 - 1);
    expect(await ann.may(question)).toBe(true);
    await clock.advance(1);
    await expect(ann.may(question)).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
  });

  test('one question a second finds out whether the API server answers again, and all others fail at once', async () => {
    const { ann, bob, clock, reviews } = await setup();
    reviews.up = false;
    const outcome = { code: 'REVIEW_UNAVAILABLE' };
    for (let index = 0; index < 3; index += 1) {
      await expect(ann.may(inNamespace(`n${index}`))).rejects.toMatchObject(outcome);
    }
    reviews.asked.length = 0;
    for (let ms = 0; ms < 10_000; ms += 100) {
      await expect(bob.may(inNamespace(`n${ms}`))).rejects.toMatchObject(outcome);
      await clock.advance(100);
    }
    expect(reviews.asked.length).toBeGreaterThanOrEqual(8);
    expect(reviews.asked.length).toBeLessThanOrEqual(10);
  });

  test('an outage costs nobody a review', async () => {
    const { ann, clock, reviews } = await setup(undefined, 3_600_000);
    expect(await ann.may(question)).toBe(true);
    reviews.up = false;
    await clock.advance(allowMs);
    for (let index = 0; index < 2 * reviewsBurst; index += 1) expect(await ann.may(question)).toBe(true);
  });
});

describe('who asks too much', () => {
  const names = Array.from({ length: 2 * reviewsBurst }, (_, index) => `n${index}`);

  test('is refused with the time to wait, with all its tokens, and nobody else is', async () => {
    const { callerOf, bob, clock, reviews } = await setup();
    reviews.authenticate = async (token) => ({ username: 'ann', uid: '7', extra: { token: [token] } });
    const tokens = await Promise.all(['one', 'two'].map(async (token) => callerOf(`Bearer ${token}`)));
    reviews.asked.length = 0;
    const refused: unknown[] = [];
    for (const [index, name] of names.entries()) {
      await tokens[index % 2]?.may(inNamespace(name)).catch((error: unknown) => refused.push(error));
    }
    expect(reviews.asked).toHaveLength(reviewsBurst);
    expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect(await bob.may(question)).toBe(false);
    await clock.advance(1_000);
    reviews.asked.length = 0;
    for (const name of names) await tokens[0]?.may(inNamespace(name)).catch(() => {});
    expect(reviews.asked).toHaveLength(reviewsPerSecond);
  });

  test('has single calls left when it was a listing', async () => {
    const { ann, reviews } = await setup();
    for (const name of names) await ann.may(inNamespace(name), 'listing').catch(() => {});
    expect(reviews.asked).toHaveLength(reviewsBurst - callReserve);
    expect(await ann.may(question)).toBe(true);
  });

  test('does not prolong a right by it', async () => {
    const { ann, clock, reviews } = await setup(undefined, 3_600_000);
    expect(await ann.may(question)).toBe(true);
    reviews.rights['ann'] = [];
    await clock.advance(allowMs);
    for (const name of names) await ann.may(inNamespace(name)).catch(() => {});
    await expect(ann.may(question)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

test('in a listing a no may be as old as a yes, and what a single call has learned counts there, too', async () => {
  const { ann, clock, reviews } = await setup();
  const other = inNamespace('other');
  expect(await ann.may(other, 'listing')).toBe(false);
  reviews.rights['ann'] = ['get constraintreports other'];
  await clock.advance(denyMs);
  expect(await ann.may(other, 'listing')).toBe(false);
  expect(await ann.may(other)).toBe(true);
  expect(await ann.may(other, 'listing')).toBe(true);
});

/** What happens to one caller; the review API is up or not, the right is there or not. */
type Step = { readonly do: 'ask' | 'list' | 'grant' | 'revoke' | 'up' | 'down'; readonly afterMs: number };

test('no yes is older than a minute and the grace, and none is given after the API server said no', async () => {
  const steps = fc.array(
    fc.record<Step>({
      do: fc.constantFrom('ask', 'ask', 'list', 'grant', 'revoke', 'up', 'down'),
      afterMs: fc.constantFrom(0, 1, 900, 4_999, 5_000, 30_000, 59_999, 60_000, 90_000),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(0, 20_000), async (course, graceMs) => {
      const { ann, clock, reviews } = await setup({}, graceMs);
      let told = { allowed: false, at: 0 };
      const authorize = reviews.authorize.bind(reviews);
      reviews.authorize = async (user, asked) => {
        const allowed = await authorize(user, asked);
        if (asked.namespace !== undefined) told = { allowed, at: clock.monotonic() };
        return allowed;
      };
      for (const step of course) {
        await clock.advance(step.afterMs);
        if (step.do === 'grant') reviews.rights['ann'] = ['get constraintreports shop'];
        else if (step.do === 'revoke') reviews.rights['ann'] = [];
        else if (step.do === 'up' || step.do === 'down') reviews.up = step.do === 'up';
        else {
          const answer = await ann.may(question, step.do === 'list' ? 'listing' : 'call').catch(() => undefined);
          if (answer !== true) continue;
          expect(told.allowed).toBe(true);
          expect(clock.monotonic() - told.at).toBeLessThan(allowMs + graceMs);
        }
      }
    }),
  );
});

test('rights that differ in group, subresource, name or verb are different rights', async () => {
  const { ann, reviews } = await setup({});
  const pod = { verb: 'get', group: '', resource: 'pods', namespace: 'shop', name: 'web' };
  const questions = [
    pod,
    { ...pod, group: 'metrics.k8s.io' },
    { ...pod, subresource: 'log' },
    { ...pod, name: 'db' },
    { ...pod, name: 'web","log' },
    { ...pod, name: undefined },
    { ...pod, verb: 'delete' },
  ];
  for (const each of [...questions, ...questions]) expect(await ann.may(each, 'exact')).toBe(false);
  expect(reviews.asked).toHaveLength(questions.length);
});

test('an exact question is the only one that is asked', async () => {
  const { ann, reviews } = await setup({});
  const asked: object[] = [];
  reviews.authorize = async (_, one) => Promise.resolve(asked.push(one) > 0);
  const pod = { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace: 'shop', name: 'web' };
  expect([await ann.may(pod, 'exact'), await ann.may(pod, 'exact')]).toEqual([true, true]);
  expect(asked).toEqual([pod]);
});
