import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createFakeReviews } from '../testing/fixture.ts';
import { allowMs, denyMs } from './decision-cache.ts';
import {
  type Caller,
  createIdentities,
  type IdentitiesOptions,
  newTokensBurst,
  newTokensPerSecond,
} from './identity.ts';
import { parseStaticTokens } from './static-tokens.ts';

const question = { verb: 'get', resource: 'constraintreports', namespace: 'shop' } as const;

function setup(options: Partial<IdentitiesOptions> = {}) {
  const clock = createVirtualClock();
  const reviews = createFakeReviews({ ann: ['get constraintreports shop'] });
  const identities = createIdentities({ reviews, clock, ...options });
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
      const bad = header.startsWith('Bearer') && header !== 'Bearer' ? { badToken: true } : {};
      expect(await identities.callerOf(header)).toEqual({
        ok: false,
        code: 'UNAUTHENTICATED',
        error: expect.stringContaining('"Bearer"'),
        ...bad,
      });
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

describe('the identity of a caller', () => {
  test('is the user and no token of it, and whoever is made anew under an old name is another', async () => {
    const { callerOf, reviews } = setup();
    const users: Record<string, { username: string; uid?: string; groups?: string[] }> = {
      one: { username: 'ann', uid: '7', groups: ['a'] },
      two: { username: 'ann', uid: '7', groups: ['b'] },
      other: { username: 'ann', uid: '8' },
      named: { username: 'anonymous' },
      spaced: { username: 'ann","7' },
    };
    reviews.authenticate = async (token) => users[token];
    const identities = await Promise.all(Object.keys(users).map(async (token) => callerOf(`Bearer ${token}`)));
    const [one, two, ...others] = [...identities, await callerOf()].map(({ identity }) => identity);
    expect(one).toBe(two);
    expect(new Set([one, ...others]).size).toBe(others.length + 1);
  });
});

describe('a token that was good', () => {
  test('is noticed to be gone by whoever asks for its caller again, after a minute at the latest', async () => {
    const { identities, callerOf, clock, reviews } = setup();
    await callerOf('Bearer ann');
    reviews.authenticate = async () => undefined;
    await clock.advance(allowMs - 1);
    expect((await identities.callerOf('Bearer ann')).ok).toBe(true);
    await clock.advance(1);
    expect(await identities.callerOf('Bearer ann')).toMatchObject({ ok: false, badToken: true });
  });

  test('takes the rights of a group with it that its user has left', async () => {
    const { callerOf, clock, reviews } = setup();
    let groups = ['owners'];
    reviews.authenticate = async () => ({ username: 'ann', groups });
    reviews.authorize = async (user) => user.groups?.includes('owners') === true;
    await callerOf('Bearer ann');
    await clock.advance(allowMs - 1);
    expect(await (await callerOf('Bearer ann')).may(question)).toBe(true);
    groups = [];
    await clock.advance(1);
    expect(await (await callerOf('Bearer ann')).may(question)).toBe(false);
  });
});

describe('while the API server answers no reviews', () => {
  test('a token that was accepted is good for its minute, and for the grace if there is one', async () => {
    for (const graceMs of [0, 30_000]) {
      const { identities, callerOf, clock, reviews } = setup({ graceMs });
      await callerOf('Bearer ann');
      reviews.up = false;
      await clock.advance(allowMs + graceMs - 1);
      expect((await callerOf('Bearer ann')).user.username).toBe('ann');
      await clock.advance(1);
      await expect(identities.callerOf('Bearer ann')).rejects.toMatchObject({ code: 'REVIEW_UNAVAILABLE' });
    }
  });

  test('a token that was refused has no grace', async () => {
    const { identities, callerOf, clock, reviews } = setup({ graceMs: 3_600_000 });
    await callerOf('Bearer ann');
    const authenticate = reviews.authenticate.bind(reviews);
    reviews.authenticate = async () => undefined;
    await clock.advance(allowMs);
    expect((await identities.callerOf('Bearer ann')).ok).toBe(false);
    reviews.authenticate = authenticate;
    reviews.up = false;
    await clock.advance(denyMs);
    expect((await identities.callerOf('Bearer ann')).ok).toBe(false);
  });
});

describe('junk', () => {
  test('tokens that are refused drive none out that are accepted', async () => {
    const { identities, callerOf, clock, reviews } = setup();
    reviews.authenticate = async (token) => (token === 'ann' ? { username: 'ann' } : undefined);
    await callerOf('Bearer ann');
    for (let index = 0; index < 2_000; index += 1) {
      await identities.callerOf(`Bearer junk-${index}`);
      await clock.advance(10);
    }
    reviews.up = false;
    expect((await callerOf('Bearer ann')).user.username).toBe('ann');
  });

  test('only so many tokens a second are reviewed that were not accepted before, and good ones go on', async () => {
    const { identities, callerOf, clock, reviews } = setup();
    reviews.authenticate = async (token) => {
      reviews.asked.push(token);
      return token === 'ann' ? { username: 'ann' } : undefined;
    };
    await callerOf('Bearer ann');
    await clock.advance(allowMs);
    reviews.asked.length = 0;
    const flood = async (name: string) =>
      Promise.allSettled(
        Array.from({ length: 2_000 }, async (_, index) => identities.callerOf(`Bearer ${name}-${index}`)),
      );
    const first = await flood('first');
    expect(reviews.asked).toHaveLength(newTokensBurst);
    expect(first.at(-1)).toMatchObject({ reason: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } });
    expect((await callerOf('Bearer ann')).user.username).toBe('ann');
    await clock.advance(1_000);
    reviews.asked.length = 0;
    await flood('second');
    expect(reviews.asked).toHaveLength(newTokensPerSecond);
  });

  test('tokens whose reviews hang stop none that were accepted before', async () => {
    const { identities, callerOf, clock, reviews } = setup();
    await callerOf('Bearer ann');
    await clock.advance(allowMs);
    reviews.authenticate = async (token) => (token === 'ann' ? { username: 'ann' } : new Promise<undefined>(() => {}));
    const junk = Array.from({ length: 1_000 }, async (_, index) => identities.callerOf(`Bearer junk-${index}`));
    const settled = Promise.allSettled(junk.slice(newTokensBurst));
    for (const each of junk) each.catch(() => {}); // what hangs never settles
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
    expect((await callerOf('Bearer ann')).user.username).toBe('ann');
  });
});

describe('static tokens', () => {
  const file = (tokens: readonly string[]) =>
    parseStaticTokens(
      JSON.stringify({
        tokens: tokens.map((token) => ({ sha256: createHash('sha256').update(token).digest('hex'), username: 'ci' })),
      }),
    );

  test('come first, and nobody is asked who that is, but what it may is asked as of everyone', async () => {
    const { callerOf, reviews } = setup({ staticTokens: file(['known']) });
    reviews.rights['ci'] = ['get constraintreports shop'];
    const caller = await callerOf('Bearer known');
    expect(caller).toMatchObject({
      anonymous: false,
      user: { username: 'ci', groups: ['system:authenticated'] },
    });
    expect(await caller.may(question)).toBe(true);
    expect(reviews.asked).toEqual(['ci get constraintreports', 'ci get constraintreports shop']);
    expect((await callerOf('Bearer ann')).user.username).toBe('ann');
  });

  test('without TokenReviews every other token is refused with the same words, and nobody is asked', async () => {
    const both = setup({ staticTokens: file(['known']) });
    const alone = setup({ staticTokens: file(['known']), tokenReviews: false });
    expect((await alone.callerOf('Bearer known')).user.username).toBe('ci');
    const refused = await alone.identities.callerOf('Bearer ann');
    expect(alone.reviews.asked).toEqual([]);
    expect(refused).toEqual(await both.identities.callerOf('Bearer stranger'));
  });
});
