import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import { apply } from '../control-plane/admin.ts';
import type { Gateway } from '../programs.ts';
import { worldObjects, writeWorld } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { hasPython, pythonWithRequirements } from './python.ts';
import { writeResources } from './written-resources.ts';

// The clients that people copy, run as they stand.

const run = promisify(execFile);
const clients = fileURLToPath(new URL('../clients', import.meta.url));
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

let cluster: Cluster;
let gateway: Gateway;
let token: string;
let python: string;

beforeAll(async () => {
  cluster = await startCluster();
  await writeWorld(cluster);
  token = await cluster.controlPlane.serviceAccountToken('callers', 'summary');
  gateway = await cluster.startGateway();
  if (hasPython) python = await pythonWithRequirements();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const environment = (given: string | undefined): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  POTOO_URL: gateway.url,
  ...(given === undefined ? {} : { POTOO_TOKEN: given }),
});

const rules = [
  ['python', () => [python, `${clients}/python/rules.py`]],
  ['typescript', () => [process.execPath, `${clients}/typescript/rules.ts`]],
] as const;

const isMissing = (client: string) => client === 'python' && !hasPython;

describe.each(rules)('the %s client', (client, command) => {
  const list = async (namespace: string, given: string | undefined) => {
    const [program = '', ...args] = command();
    return run(program, [...args, namespace], { env: environment(given) });
  };

  test.skipIf(isMissing(client))('prints what binds the namespace', async () => {
    const { stdout } = await list('shop', token);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('Critical checkout-in: Some pods accept ingress only from listed peers on listed ports');
    expect(lines).toHaveLength(3);
  });

  test.skipIf(isMissing(client))('says what the gateway says when it refuses', async () => {
    await expect(list('payments', token)).rejects.toThrow(/403 FORBIDDEN: You may not do this here/);
    await expect(list('shop', undefined)).rejects.toThrow(/401 UNAUTHENTICATED/);
  });
});

describe('the steps of the workflow', () => {
  const Workflow = z.object({
    jobs: z.object({
      rules: z.object({
        env: z.object({ NAMESPACE: z.string() }),
        steps: z.array(z.object({ shell: z.literal('bash'), run: z.string() })),
      }),
    }),
  });
  const { env, steps } = Workflow.parse(parse(readFileSync(`${clients}/github-actions/rules.yaml`, 'utf8'))).jobs.rules;

  test.skipIf(!has('jq') || !has('curl'))('list the rules, and fail when a quota is nearly used up', async () => {
    const folder = mkdtempSync(`${process.env['POTOO_E2E_RUN_FOLDER'] ?? tmpdir()}/workflow-`);
    const summary = `${folder}/summary.md`;
    // As a runner starts them: bash with -e and pipefail.
    const step = async (script: string) =>
      run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
        cwd: folder,
        env: { ...environment(token), ...env, GITHUB_STEP_SUMMARY: summary },
      });
    for (const { run: script } of steps) await step(script);
    expect(readFileSync(summary, 'utf8')).toMatch(/^\| Critical \| checkout-in: .* \| .{10,} \|$/m);

    const full = networkConstraint('shop', 'compute', { type: 'ResourceLimit', effect: 'limit' });
    await writeResources(cluster.controlPlane, [
      reportObject('shop', [entryOf(full, { metrics: { 'requests.cpu': { hard: '4', used: '3.9' } } })]),
    ]);
    await eventually('the quota is in the answer', async () => {
      await step(steps[0]?.run ?? '');
      return readFileSync(`${folder}/rules.json`, 'utf8').includes('3.9');
    });
    await expect(step(steps[1]?.run ?? '')).rejects.toMatchObject({
      code: 1,
      stdout: 'compute: requests.cpu is used to 97.5 %\n',
    });
    await writeResources(cluster.controlPlane, worldObjects());
    rmSync(folder, { recursive: true });
  });
});

describe('the python reader of /sse', () => {
  test.skipIf(!hasPython)('hears of changes after more than the five seconds that httpx waits', async () => {
    const reader = spawn(python, [`${clients}/python/events.py`, 'shop'], {
      env: environment(token),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(reader, 'close');
    let output = '';
    let errors = '';
    reader.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    reader.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    try {
      await eventually('it is connected', async () => output.startsWith('connected\n'));
      // What httpx takes for a dead connection is five seconds of silence, so nothing may happen for longer than that.
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      expect([output, errors]).toEqual(['connected\n', '']);
      const added = networkConstraint('shop', 'web-in', { severity: 'Warning' });
      await writeResources(cluster.controlPlane, [reportObject('shop', [entryOf(added)])]);
      await eventually('it hears of the change', async () => output.includes('added shop Warning web-in\n'));
      expect(output).toContain('removed shop Critical checkout-in\n');
    } finally {
      reader.kill();
      await ended;
      await writeResources(cluster.controlPlane, worldObjects());
    }
  });
});

describe('where anonymous callers have the right', () => {
  beforeAll(async () => {
    await apply(cluster.controlPlane, [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'anonymous' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'potoo-mcp-client' },
        subjects: [{ kind: 'User', name: 'system:anonymous', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    ]);
    const url = `${gateway.url}/resources/reports/shop`;
    await eventually('anonymous may read', async () => (await fetch(url)).ok);
  });

  test.each(rules)('the %s client needs no token', async (client, command) => {
    if (isMissing(client)) return;
    const [program = '', ...args] = command();
    const { stdout } = await run(program, [...args, 'shop'], { env: environment(undefined) });
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });

  test.skipIf(!hasPython)('nor does the reader of /sse', async () => {
    const reader = spawn(python, [`${clients}/python/events.py`], { env: environment(undefined), stdio: 'pipe' });
    const ended = once(reader, 'close');
    try {
      const [first] = await Promise.race([once(reader.stdout, 'data'), ended]);
      expect(String(first)).toBe('connected\n');
    } finally {
      reader.kill();
      await ended;
    }
  });
});
