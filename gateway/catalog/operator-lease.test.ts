import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { KubeRequest, Transport } from '../../kube/transport.ts';
import { untilAborted } from '../../kube/until-aborted.ts';
import { createOperatorLease } from './operator-lease.ts';

function setup(request: (request: KubeRequest) => Promise<unknown>) {
  const clock = createVirtualClock();
  const problems: string[] = [];
  const transport: Transport = {
    request,
    stream: async () => {
      throw new Error('a Lease is not watched');
    },
    close: async () => {},
  };
  const onProblem = ({ message }: { message: string }) => void problems.push(message);
  return { clock, problems, lease: createOperatorLease({ transport, clock, namespace: 'potoo-system', onProblem }) };
}
const silence = async ({ signal }: KubeRequest) => untilAborted(new Promise(() => {}), signal);

test('a question under way ends when the gateway stops', async () => {
  const { clock, lease } = setup(silence);
  const stop = new AbortController();
  const ended = lease.run(stop.signal).catch((error: unknown) => error);
  await clock.settle();
  stop.abort('stopping');
  expect(await ended).toBe('stopping');
  expect(clock.waiting).toBe(0);
});

test('silence is told and asked again; a mistake of ours is neither', async () => {
  const silent = setup(silence);
  const stop = new AbortController();
  const ended = silent.lease.run(stop.signal).catch((error: unknown) => error);
  await silent.clock.advance(20_000);
  expect(silent.problems).toEqual(['no answer within 5000 ms']);
  stop.abort('stopping');
  await ended;

  const mistake = new TypeError('x is not a function');
  const broken = setup(async () => Promise.reject(mistake));
  await expect(broken.lease.run(new AbortController().signal)).rejects.toBe(mistake);
});
