import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createFakeReviews } from '../testing/fixture.ts';
import { createIdentities } from './identity.ts';
import { createStrangers } from './strangers.ts';

function setup() {
  const clock = createVirtualClock();
  const reviews = createFakeReviews({});
  reviews.authenticate = async (token) => {
    reviews.asked.push('token');
    return token.startsWith('junk') ? undefined : { username: token };
  };
  let peer = '192.0.2.7';
  const strangers = createStrangers({ clock, peer: () => peer });
  const identities = createIdentities({ reviews, clock, strangers });
  const callerOf = async (token: string) => identities.callerOf(`Bearer ${token}`);
  return { clock, reviews, callerOf, from: (address: string) => void (peer = address) };
}

test('made-up tokens cause so many reviews and no more, until time has passed', async () => {
  const { clock, reviews, callerOf } = setup();
  for (let made = 0; made < 60; made += 1) expect((await callerOf(`junk-${made}`)).ok).toBe(false);
  await expect(callerOf('junk-60')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
  expect(reviews.asked).toHaveLength(60);
  await clock.advance(1_000);
  expect((await callerOf('junk-61')).ok).toBe(false);
  await expect(callerOf('junk-62')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
});

test('whoever was accepted before is not held up by them, also when the token is reviewed again', async () => {
  const { clock, callerOf, from } = setup();
  expect((await callerOf('ann')).ok).toBe(true);
  await clock.advance(61_000);
  for (let made = 0; made < 60; made += 1) await callerOf(`junk-${made}`);
  expect((await callerOf('ann')).ok).toBe(true);
  await expect(callerOf('bob')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  from('192.0.2.8');
  expect((await callerOf('bob')).ok).toBe(true);
});

test('one token that is refused again and again costs a review every five seconds, and holds nobody up', async () => {
  const { clock, reviews, callerOf } = setup();
  for (let second = 0; second < 300; second += 1) {
    for (let asked = 0; asked < 5; asked += 1) await callerOf('junk');
    await clock.advance(1_000);
  }
  expect(reviews.asked).toHaveLength(60);
  expect((await callerOf('bob')).ok).toBe(true);
});
