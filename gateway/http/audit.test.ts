import { pino } from 'pino';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { Caller } from '../auth/identity.ts';
import { createAudit } from './audit.ts';
import type { CallRecord } from './calls.ts';

const Line = z.record(z.string(), z.unknown());

function lineOf(changes: Partial<CallRecord>): { text: string; line: Record<string, unknown> } {
  let text = '';
  const log = pino({ base: {}, timestamp: false }, { write: (line: string) => void (text += line) });
  createAudit({ log, clock: createVirtualClock() })({
    name: 'potoo_query',
    caller: undefined,
    namespace: 'shop',
    level: 'summary',
    outcome: 'OK',
    status: 200,
    bytes: 4_096,
    ms: 1.234_567,
    peer: '192.0.2.7',
    traceId: 'a'.repeat(32),
    ...changes,
  });
  return { text, line: Line.parse(JSON.parse(text)) };
}
const callerOf = (username: string, uid?: string): Caller => ({
  user: { username, groups: ['secret-group'], ...(uid === undefined ? {} : { uid }) },
  identity: JSON.stringify([username, uid ?? '']),
  anonymous: false,
  may: async () => true,
  known: () => true,
});

test('a line says who asked for what, and what came of it', () => {
  expect(lineOf({ caller: callerOf('ann', 'u-1') }).line).toEqual({
    level: 30,
    audit: true,
    user: 'ann',
    uid: 'u-1',
    tool: 'potoo_query',
    namespace: 'shop',
    detailLevel: 'summary',
    decision: 'allowed',
    outcome: 'OK',
    status: 200,
    bytes: 4_096,
    ms: 1.23,
    peer: '192.0.2.7',
    traceId: 'a'.repeat(32),
    msg: 'call',
  });
});

test.each([
  ['FORBIDDEN', 'denied'],
  ['UNAUTHENTICATED', 'denied'],
  ['REVIEW_UNAVAILABLE', 'unknown'],
  ['INVALID_REQUEST', 'none'],
  ['RATE_LIMITED', 'none'],
  ['CONSTRAINT_NOT_FOUND', 'allowed'],
] as const)('%s means that the right was %s', (outcome, decision) => {
  expect(lineOf({ outcome }).line).toMatchObject({ outcome, decision });
});

test.each(['Bearer eyJhbGciOi', 'a.b', '../x', 'x'.repeat(64), 'Shop', ''])(
  '%j can be no namespace, and does not stand in the line',
  (namespace) => {
    expect(lineOf({ namespace }).line).not.toHaveProperty('namespace');
  },
);

test('a name cannot end the line, turn it around or fill the disk', () => {
  const { text, line } = lineOf({ caller: callerOf(`Jörg 田\n\u2028\u202e\u0007\ud800${'x'.repeat(100_000)}`) });
  expect(text.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(text.length).toBeLessThan(1_000);
  expect(line.user).toContain('Jörg 田<U+000A><U+2028><U+202E><U+0007>\ufffdxxx');
});

test('calls that are refused for nothing do not fill the log, and hide no others', async () => {
  const clock = createVirtualClock();
  const users: unknown[] = [];
  const log = pino({}, { write: (line: string) => void users.push(Line.parse(JSON.parse(line)).user) });
  const audit = createAudit({ log, clock });
  const call = { name: 'potoo_query', namespace: undefined, level: undefined, bytes: 0, ms: 1, peer: '192.0.2.7' };
  const refused = { ...call, caller: callerOf('ann'), outcome: 'RATE_LIMITED', status: 429 } as const;
  for (let asked = 0; asked < 1_000; asked += 1) audit(refused);
  expect(users).toHaveLength(60);
  audit({ ...refused, outcome: 'OK', status: 200 });
  audit({ ...refused, caller: callerOf('bob') });
  await clock.advance(1_000);
  for (let asked = 0; asked < 1_000; asked += 1) audit(refused);
  expect(users.slice(60)).toEqual(['ann', 'bob', 'ann']);
});
