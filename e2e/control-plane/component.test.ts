import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Component, createComponent } from './component.ts';
import { isAlive } from './processes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'potoo-component-'));
});
afterAll(() => rm(folder, { recursive: true }));

const notReady = () => Promise.reject(new Error('not yet'));

const shell = (script: string, ready = () => Promise.resolve()): { component: Component; said: string[] } => {
  const said: string[] = [];
  const log = (line: string) => void said.push(line);
  const options = { name: 'sh', program: '/bin/sh', args: ['-c', script], logFile: join(folder, 'sh.log'), ready, log };
  return { component: createComponent(options), said };
};

test('a component runs under its own process id, and again after stop and kill', async () => {
  const { component, said } = shell('exec sleep 1000');
  expect(() => component.pid).toThrow('sh does not run');
  await component.start();
  const first = component.pid;
  expect(isAlive(first)).toBe(true);
  await expect(component.start()).rejects.toThrow(`runs already with process id ${first}`);
  await component.stop();
  expect(isAlive(first)).toBe(false);
  await component.start();
  const second = component.pid;
  await component.kill();
  expect(isAlive(second)).toBe(false);
  await component.stop();
  expect(said).toEqual([]);
});

test('a paused component is stopped all the same', async () => {
  const { component } = shell('exec sleep 1000');
  await component.start();
  const { pid } = component;
  component.pause();
  await component.stop();
  expect(isAlive(pid)).toBe(false);
});

test('a component that ends before it is ready fails with the end of its log', async () => {
  await expect(shell('echo the reason >&2; exit 3', notReady).component.start()).rejects.toThrow('the reason');
});

test('a component that ends by itself is reported', async () => {
  const { component, said } = shell('exec sleep 1000');
  await component.start();
  process.kill(component.pid, 'SIGTERM');
  await expect.poll(() => said).toEqual([expect.stringContaining('sh ended by itself (SIGTERM)')]);
});

test('CPU time and memory are those of the component', async () => {
  const { component } = shell('i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exec sleep 1000');
  await component.start();
  await expect.poll(() => component.cpuSeconds()).toBeGreaterThan(0);
  expect(component.rssBytes()).toBeGreaterThan(100_000);
  await component.stop();
});

test('components do not outlive a parent that is killed, paused or not', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', parentProgram(folder)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
  const pids = String(line).trim().split(' ').map(Number);
  expect(pids.map(isAlive)).toEqual([true, true]);
  parent.kill('SIGKILL');
  await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
});

function parentProgram(logs: string): string {
  return `
    import { createComponent } from ${JSON.stringify(new URL('./component.ts', import.meta.url))};
    const start = async (name) => {
      const logFile = ${JSON.stringify(logs)} + '/' + name + '.log';
      const options = { name, program: '/bin/sleep', args: ['1000'], logFile, ready: async () => {}, log: () => {} };
      const component = createComponent(options);
      await component.start();
      return component;
    };
    const [one, two] = [await start('one'), await start('two')];
    two.pause();
    console.log(one.pid, two.pid);
  `;
}
