import { expect, test } from 'vitest';
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
