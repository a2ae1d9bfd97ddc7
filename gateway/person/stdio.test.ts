import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { Asking } from '../mcp/asking.ts';
import { createSurface } from '../mcp/product.ts';
import { resources } from '../resources/all.ts';
import { tools } from '../tools/all.ts';
import { serveOverStdio } from './stdio.ts';

const surface = createSurface({ tools, resources, version: '1' });
const Message = z.object({ id: z.number(), result: z.unknown().optional() });

/** Serves these messages, then the end of stdin; what is asked is answered when the test says so. */
function serve(messages: readonly object[], stop = new AbortController().signal) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answers: PromiseWithResolvers<void>[] = [];
  const asking: Asking = {
    caller: {
      user: { username: 'test' },
      identity: 'test',
      anonymous: false,
      may: async () => Promise.resolve(true),
      known: () => true,
    },
    async answer() {
      const answer = Promise.withResolvers<void>();
      answers.push(answer);
      await answer.promise;
      return { ok: false, code: 'NOT_FOUND', error: 'Nothing.' };
    },
  };
  const written: string[] = [];
  output.on('data', (chunk: Buffer) => written.push(...String(chunk).trim().split('\n')));
  const served = serveOverStdio({ surface, asking, input, output, log: pino({ level: 'silent' }), stop });
  input.end(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
  return { served, answers, ids: () => written.map((line) => Message.parse(JSON.parse(line)).id) };
}

const initialize = {
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const initialized = { method: 'notifications/initialized' };
const call = { id: 2, method: 'tools/call', params: { name: 'potoo_query', arguments: { namespace: 'shop' } } };
const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('what was asked before stdin ended is answered', async () => {
  const { served, answers, ids } = serve([initialize, initialized, call]);
  await turns();
  expect([ids(), answers.length]).toEqual([[1], 1]);
  answers[0]?.resolve();
  await served;
  expect(ids()).toEqual([1, 2]);
});

test('what was taken back is not waited for', async () => {
  const cancelled = { method: 'notifications/cancelled', params: { requestId: 2 } };
  const { served, ids } = serve([initialize, initialized, call, cancelled]);
  await served;
  expect(ids()).toEqual([1]);
});

test('nothing at all ends at once', async () => {
  const { served, ids } = serve([]);
  await served;
  expect(ids()).toEqual([]);
});

test('it ends when it is stopped, whatever is asked', async () => {
  const stop = new AbortController();
  const { served, answers } = serve([initialize, initialized, call], stop.signal);
  await turns();
  expect(answers).toHaveLength(1);
  stop.abort();
  await served;
});
