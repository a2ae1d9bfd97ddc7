import { expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { createArrivals } from './http/arrival.ts';
import { createLog } from './log.ts';

test('a line that is written on account of a request names its trace, whatever it says', async () => {
  const arrivals = createArrivals();
  const lines: unknown[] = [];
  const log = createLog({
    level: 'info',
    traceId: () => arrivals.current()?.trace.id,
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  await arrivals.run({ peer: '192.0.2.7', trace: { id: 'abc', caller: undefined } }, async () => {
    await Promise.resolve();
    log.error({ err: new Error('broken') }, 'a call failed');
  });
  log.info('listening');
  log.debug('not wanted');
  expect(lines).toMatchObject([
    { level: 'error', program: 'gateway', msg: 'a call failed', traceId: 'abc', err: { message: 'broken' } },
    { level: 'info', program: 'gateway', msg: 'listening' },
  ]);
  expect(lines[1]).not.toHaveProperty('traceId');
});

const Line = z.object({ time: z.string() });

test('lines say when they were written, to the millisecond', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const times: unknown[] = [];
  const destination = { write: (line: string) => void times.push(Line.parse(JSON.parse(line)).time) };
  const log = createLog({ level: 'info', traceId: () => undefined, destination });
  const moments = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.007Z', '2026-12-31T23:59:59.999Z'];
  // Also when the clock is set back.
  for (const moment of [...moments, ...moments]) {
    vi.setSystemTime(moment);
    log.info('now');
  }
  expect(times).toEqual([...moments, ...moments]);
});
