import { expect, test } from 'vitest';
import { clusterDetailName } from '../../crds/detail.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { clusterConstraint, testConstraint } from '../testing/constraints.ts';
import { createClusterDetailWriter } from './cluster-detail-writer.ts';

const constraint = clusterConstraint('p', {});
const name = clusterDetailName(constraint.source);
const { signal } = new AbortController();

function setUp() {
  const writes: PromiseWithResolvers<void>[] = [];
  const writer = createClusterDetailWriter(createVirtualClock(), () => {
    const write = Promise.withResolvers<void>();
    writes.push(write);
    return write.promise;
  });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  const finish = async (index: number, error?: Error) => {
    if (error === undefined) writes[index]?.resolve();
    else writes[index]?.reject(error);
    await settle();
  };
  return { writes, writer, settle, finish };
}

test('however many wait, what has changed is written once', async () => {
  const { writes, writer, settle, finish } = setUp();
  writer.changed(name);
  const waiting = [writer.ahead([constraint], signal), writer.write(name, signal), writer.ahead([constraint], signal)];
  await settle();
  expect(writes).toHaveLength(1);
  await finish(0);
  await Promise.all(waiting);
  await writer.ahead([constraint], signal);
  await writer.write(name, signal);
  expect(writes).toHaveLength(1);
});

test('of many that have changed, a few are written at a time', async () => {
  const { writes, writer, settle, finish } = setUp();
  const many = Array.from({ length: 10 }, (_, index) => clusterConstraint(`p${index}`, {}));
  for (const { source } of many) writer.changed(clusterDetailName(source));
  const waiting = writer.ahead(many, signal);
  await settle();
  expect(writes).toHaveLength(4);
  for (let index = 0; index < 10; index += 1) await finish(index);
  await waiting;
  expect(writes).toHaveLength(10);
});

test('who asks is told when nothing is in flight any more', async () => {
  const { writer, settle, finish } = setUp();
  let idle = false;
  await writer.idle();
  writer.changed(name);
  const waiting = [writer.ahead([constraint], signal), writer.idle().then(() => void (idle = true))];
  await settle();
  expect(idle).toBe(false);
  await finish(0);
  await Promise.all(waiting);
  expect(idle).toBe(true);
});

test('what changes while it is written is written again, and who came later waits for that', async () => {
  const { writes, writer, settle, finish } = setUp();
  writer.changed(name);
  const first = writer.write(name, signal);
  await settle();
  writer.changed(name);
  let done = false;
  const second = writer.ahead([constraint], signal).then(() => {
    done = true;
  });
  await finish(0);
  await first;
  expect([writes.length, done]).toEqual([2, false]);
  await finish(1);
  await second;
  expect(done).toBe(true);
});

test('a failure stops no report, is told to whoever writes, and is tried again', async () => {
  const { writes, writer, settle, finish } = setUp();
  writer.changed(name);
  const ahead = writer.ahead([constraint], signal);
  await settle();
  await finish(0, new Error('denied'));
  await ahead;
  await writer.ahead([constraint], signal);
  expect(writes).toHaveLength(1);
  const again = writer.write(name, signal);
  await settle();
  expect(writes).toHaveLength(2);
  await finish(1, new Error('denied again'));
  await expect(again).rejects.toThrow('denied again');
});

test('details that a report does not refer to hold nothing up', async () => {
  const { writes, writer } = setUp();
  writer.changed(name);
  await writer.ahead([clusterConstraint('other', {}), testConstraint('shop', 'q')], signal);
  expect(writes).toEqual([]);
});
