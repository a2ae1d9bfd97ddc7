import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createFakeReviews } from '../testing/fixture.ts';
import { allowMs, denyMs } from './decision-cache.ts';
import { type Caller, createIdentities } from './identity.ts';

const question = { verb: 'get', resource: 'constraintreports', namespace: 'shop' } as const;

function setup() {
  const clock = createVirtualClock();
  const reviews = createFakeReviews({ ann: ['get constraintreports shop'] });
  const identities = createIdentities({ reviews, clock });
  const callerOf = async (header?: string): Promise<Caller> => {
    const caller = await identities.callerOf(header);
    if (!caller.ok) throw new Error(caller.error);
    return caller.value;
  };
  return { clock, reviews, identities, callerOf };
}

describe('who a caller is', () => {
  test('a request without credentials is anonymous, and nobody is asked who that is', async () => {
    const { callerOf, reviews } = setup();
    expect(await callerOf()).toMatchObject({
      anonymous: true,
      user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    });
    expect(reviews.asked).toEqual([]);
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer a\u0001', `Bearer ${'a'.repeat(9_000)}`])(
    'credentials that are no bearer token are refused without asking: %j',
    async (header) => {
      const { identities, reviews } = setup();
      expect(await identities.callerOf(header)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
      expect(reviews.asked).toEqual([]);
    },
  );

  test('the scheme may be written in any case', async () => {
    const { callerOf } = setup();
    expect((await callerOf('bearer ann')).user.username).toBe('ann');
  });

  test('a token is reviewed once, however many requests wait for it', async () => {
    const { callerOf, reviews } = setup();
    await Promise.all(Array.from({ length: 50 }, async () => callerOf('Bearer ann')));
    expect(reviews.asked).toEqual(['token']);
  });

  test('an accepted token is reviewed again after a minute, a refused one after five seconds', async () => {
    const { identities, clock, reviews } = setup();
    for (const [token, holdsMs] of [
      ['ann', allowMs],
      ['stranger', denyMs],
    ] as const) {
      reviews.asked.length = 0;
      await identities.callerOf(`Bearer ${token}`);
      await clock.advance(holdsMs - 1);
      await identities.callerOf(`Bearer ${token}`);
      expect(reviews.asked).toHaveLength(1);
      await clock.advance(1);
      await identities.callerOf(`Bearer ${token}`);
      expect(reviews.asked).toHaveLength(2);
    }
  });
});

describe('what a caller may', () => {
  test('times are as the contract says', () => {
    expect([allowMs, denyMs]).toEqual([60_000, 5_000]);
  });

  test('a right is asked for once, also by many at the same time', async () => {
    const { callerOf, reviews } = setup();
    const caller = await callerOf('Bearer ann');
    reviews.asked.length = 0;
    const answers = await Promise.all(Array.from({ length: 50 }, async () => caller.may(question)));
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(reviews.asked).toEqual(['ann get constraintreports shop']);
  });

  test('a right that was withdrawn is gone after a minute, one that was given works after five seconds', async () => {
    const { callerOf, clock, reviews } = setup();
    const ann = await callerOf('Bearer ann');
    const bob = await callerOf('Bearer bob');
    expect([await ann.may(question), await bob.may(question)]).toEqual([true, false]);
    reviews.rights['ann'] = [];
    reviews.rights['bob'] = ['get constraintreports'];
    await clock.advance(denyMs);
    expect([await ann.may(question), await bob.may(question)]).toEqual([true, true]);
    await clock.advance(allowMs - denyMs);
    expect([await ann.may(question), await bob.may(question)]).toEqual([false, true]);
  });

  test('a decision is as old as its question, not as its answer', async () => {
    const { callerOf, clock, reviews } = setup();
    const ann = await callerOf('Bearer ann');
    const travelling = Promise.withResolvers<void>();
    const authorize = reviews.authorize.bind(reviews);
    reviews.authorize = async (user, asked) => {
      const allowed = await authorize(user, asked);
      await travelling.promise;
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

  test('decisions of one caller are not those of another, nor those of another namespace, verb or kind', async () => {
    const { callerOf, reviews } = setup();
    const ann = await callerOf('Bearer ann');
    const others = [await callerOf('Bearer bob'), await callerOf()];
    expect(await ann.may(question)).toBe(true);
    for (const other of others) expect(await other.may(question)).toBe(false);
    for (const change of [{ namespace: 'other' }, { verb: 'list' as const }, { resource: 'constraintdetails' }]) {
      expect(await ann.may({ ...question, ...change })).toBe(false);
    }
    expect(await ann.may({ verb: 'get', resource: 'constraintreports' })).toBe(false);
    expect(new Set(reviews.asked).size).toBe(reviews.asked.length - 1); // two tokens, and no question twice
  });

  test('while nobody can tell, a no holds as long as a yes, so that a reader keeps what it could read', async () => {
    const { callerOf, clock, reviews } = setup();
    const ann = await callerOf('Bearer ann');
    const denied = { ...question, resource: 'constraintdetails' };
    expect(await ann.may(denied)).toBe(false);
    reviews.up = false;
    await clock.advance(allowMs - 1);
    expect(await ann.may(denied)).toBe(false);
    await clock.advance(1);
    await expect(ann.may(denied)).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
  });

  test('while nobody can tell, kept decisions hold until they run out, and then nothing is allowed', async () => {
    const { callerOf, clock, reviews } = setup();
    const ann = await callerOf('Bearer ann');
    expect(await ann.may(question)).toBe(true);
    reviews.up = false;
    await clock.advance(allowMs - 1);
    expect(await ann.may(question)).toBe(true);
    await clock.advance(1);
    await expect(ann.may(question)).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
    // Not kept either: it works again as soon as the API server answers.
    reviews.up = true;
    expect(await ann.may(question)).toBe(true);
  });
});

describe('junk', () => {
  test('tokens that are refused drive none out that are accepted', async () => {
    const { identities, callerOf, reviews } = setup();
    reviews.authenticate = async (token) => {
      reviews.asked.push(token);
      return token === 'ann' ? { username: 'ann' } : undefined;
    };
    await callerOf('Bearer ann');
    for (let index = 0; index < 11_000; index += 1) await identities.callerOf(`Bearer junk-${index}`);
    reviews.asked.length = 0;
    await callerOf('Bearer ann');
    expect(reviews.asked).toEqual([]);
  });

  test('questions that end in a no drive out no yes', async () => {
    const { callerOf, reviews } = setup();
    const ann = await callerOf('Bearer ann');
    const bob = await callerOf('Bearer bob');
    expect(await ann.may(question)).toBe(true);
    for (let index = 0; index < 101_000; index += 1) await bob.may({ ...question, namespace: `n${index}` });
    reviews.asked.length = 0;
    expect(await ann.may(question)).toBe(true);
    expect(reviews.asked).toEqual([]);
  });

  test('tokens that keep the API server busy leave room for callers who were accepted before', async () => {
    const { identities, callerOf, clock, reviews } = setup();
    await callerOf('Bearer ann');
    await clock.advance(allowMs);
    reviews.authenticate = async (token) => (token === 'ann' ? { username: 'ann' } : new Promise<undefined>(() => {}));
    for (let index = 0; index < 1_000; index += 1) void identities.callerOf(`Bearer junk-${index}`);
    await expect(identities.callerOf('Bearer new')).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
    expect((await callerOf('Bearer ann')).user.username).toBe('ann');
  });
});
