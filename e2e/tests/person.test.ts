import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as OlderSseTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as OlderStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { constraintProfiles, potooResources } from '../../crds/api.ts';
import { handleOf } from '../../crds/report-line.ts';
import { createPerson, type Person } from '../../gateway/person/person.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { apply, remove } from '../control-plane/admin.ts';
import type { Gateway } from '../programs.ts';
import { callerObjects, constraints, hidden, worldObjects } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

// A person with a kubeconfig, beside a gateway that is asked with the same person's token: the same rights, the same answers.

const cli = fileURLToPath(new URL('../../gateway/cli.ts', import.meta.url));
const log = pino({ level: 'silent' });

let cluster: Cluster;
let gateway: Gateway;
const tokens = new Map<string, string>();
const kubeconfigs = new Map<string, string>();

/** Of the rights that they have in `shop` alone, but for the last two. */
const persons = ['nobody', 'summary', 'viewer', 'detailed', 'owner', 'full', 'keeper'] as const;
type PersonName = (typeof persons)[number];

beforeAll(async () => {
  cluster = await startCluster();
  const { controlPlane } = cluster;
  await apply(controlPlane, [...callerObjects(), ...leaseObjects()]);
  await writeResources(controlPlane, worldObjects());
  const inShop = (role: string) => ({ role, namespace: 'shop' });
  const rolesOf: Partial<Record<PersonName, readonly { role: string; namespace?: string }[]>> = {
    nobody: [],
    viewer: [inShop('potoo-view')],
    owner: [inShop('potoo-view'), inShop('potoo-admin')],
    full: [{ role: 'potoo-cluster-view' }],
    keeper: [{ role: 'potoo-cluster-view' }, { role: 'lease-reader' }],
  };
  for (const name of persons) {
    const roles = rolesOf[name];
    const token =
      roles === undefined
        ? await controlPlane.serviceAccountToken('callers', name)
        : await cluster.caller(`person-${name}`, roles);
    tokens.set(name, token);
    kubeconfigs.set(name, await kubeconfigIn('shop', await controlPlane.kubeconfigFor(`person-${name}`, token)));
  }
  gateway = await cluster.startGateway();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** An operator that lives for as long as this takes, and a right to see that it does. */
function leaseObjects(): object[] {
  const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
  return [
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'potoo-operator', namespace: 'potoo-system' },
      spec: { holderIdentity: 'somebody', leaseDurationSeconds: 3_600, renewTime },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'lease-reader' },
      rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] }],
    },
  ];
}

const Kubeconfig = z.looseObject({ contexts: z.tuple([z.looseObject({ context: z.looseObject({}) })]) });

/** Sets the namespace of the only context of the file. */
async function kubeconfigIn(namespace: string, path: string): Promise<string> {
  const config = Kubeconfig.parse(parse(await readFile(path, 'utf8')));
  const [context] = config.contexts;
  const contexts = [{ ...context, context: { ...context.context, namespace } }];
  await writeFile(path, stringify({ ...config, contexts }));
  return path;
}

function personOf(name: string): Person {
  const kubeconfig = [kubeconfigs.get(name) ?? ''];
  return createPerson({ kubeconfig, environment: {}, clock, random: Math.random, log, version: '0.1.0' });
}

/**
 * Without what the gateway adds to a summary of its own knowledge: the API version of the policy, and the command that needs
 * it. Reports do not hold that, so a person who may not read the policy's full form cannot know it.
 */
function comparable(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    const summary = SummaryOf.safeParse(value);
    if (summary.success) return { ...summary.data, source_api_version: '' };
    const steps = Steps.safeParse(value);
    return steps.success ? steps.data.filter(({ description }) => !description.startsWith('See the policy')) : value;
  });
}
const SummaryOf = z.looseObject({ detail_level: z.literal('summary'), source_api_version: z.string() });
const Steps = z.array(z.looseObject({ description: z.string(), automated: z.boolean() }));

const handle = handleOf(constraints.foreign.id);
const questions: readonly (readonly [string, Record<string, unknown>])[] = [
  ...['shop', 'payments', 'no-such-namespace'].map((namespace) => ['potoo_query', { namespace }] as const),
  ['potoo_query', { namespace: 'shop', workload_name: 'checkout' }],
  ['potoo_query', { namespace: 'shop', workload_labels: { tier: 'own-tier' }, include_remediation: false }],
  ['potoo_query', { namespace: 'shop', limit: 1 }],
  ['potoo_query', { namespace: 'SHOP' }],
  ['potoo_list_namespaces', {}],
  ...['checkout-in', 'company-wide', handle, 'foreign-name', 'nothing'].map(
    (constraint_name) => ['potoo_remediation', { namespace: 'shop', constraint_name }] as const,
  ),
  ['reports', { namespace: 'shop' }],
  ['reports', { namespace: 'shop', limit: 2 }],
  ['reports', { namespace: 'payments' }],
  ...['checkout-in', 'company-wide', handle, 'foreign-name'].map(
    (name) => ['constraints', { namespace: 'shop', name }] as const,
  ),
  ['capabilities', {}],
];

async function askGateway(name: string, what: string, input: object): Promise<string> {
  const isTool = what.startsWith('potoo_');
  const response = await fetch(`${gateway.url}${isTool ? `/tools/${what}` : '/resources'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.get(name) ?? ''}` },
    body: JSON.stringify(isTool ? input : { resource: what, params: input }),
  });
  return response.text();
}

async function askPerson(person: Person, what: string, input: Record<string, unknown>): Promise<string> {
  const answer = await (what.startsWith('potoo_') ? person.ask(what, input) : person.read(what, input));
  return JSON.stringify(answer.ok ? answer.value : { error: answer.error, code: answer.code });
}

describe.each(persons)('%s', (name) => {
  test('is answered by its own reads as the gateway answers it', async () => {
    const person = personOf(name);
    try {
      for (const [what, input] of questions) {
        const [ours, theirs] = await Promise.all([askPerson(person, what, input), askGateway(name, what, input)]);
        const isPlace = what === 'capabilities' && name !== 'keeper';
        // Whether the operator lives is for those who may see its Lease.
        if (isPlace && theirs.includes('"status"')) continue;
        expect(comparable(ours), `${what} ${JSON.stringify(input)}`).toEqual(comparable(theirs));
        if (name === 'full' || name === 'keeper') expect(ours, what).toBe(theirs);
      }
    } finally {
      await person.close();
    }
  });
});

test('what is hidden at a level is in no answer of a person either', async () => {
  const person = personOf('viewer');
  const told: string[] = [];
  for (const [what, input] of questions) {
    const text = await askPerson(person, what, input);
    const asked = Object.values(input).map(String);
    const words = Object.values(hidden)
      .flat()
      .filter((word) => !asked.includes(word) && text.includes(word));
    told.push(...words.map((word) => `${what} ${JSON.stringify(input)}: ${word}`));
  }
  await person.close();
  expect(told).toEqual([]);
});

describe('health', () => {
  const portless = (text: string) => text.replace(/"port":\d+/, '"port":0');

  test('is that of the gateway for who may see the Lease of the operator', async () => {
    const person = personOf('keeper');
    const [ours, theirs] = await Promise.all([askPerson(person, 'health', {}), askGateway('keeper', 'health', {})]);
    await person.close();
    expect(portless(ours)).toBe(portless(theirs));
    expect(ours).toContain('"status":"healthy"');
  });

  test('says what could not be looked at for who may not', async () => {
    for (const [name, unread] of [
      ['full', /^\{"status":"degraded","reasons":\["You may not get the operator's Lease/],
      ['viewer', /^\{"status":"degraded","reasons":\[.*clusterconstraintreports: whether all is read/],
    ] as const) {
      const person = personOf(name);
      expect(await askPerson(person, 'health', {}), name).toMatch(unread);
      await person.close();
    }
  });
});

const Structured = z.object({ constraints: z.array(z.object({ name: z.string(), detail_level: z.string() })) });

/** As the program that an agent starts. */
const processOf = (name: string) => ({
  command: process.execPath,
  args: [cli, 'mcp', '--kubeconfig', kubeconfigs.get(name) ?? ''],
  env: {},
  stderr: 'ignore' as const,
});
const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };
const seenBy = {
  full: ['checkout-in detailed', 'company-wide full', 'foreign-name full'],
  viewer: ['checkout-in summary', 'company-wide summary', `${handle} summary`],
};
const seen = (structured: unknown) =>
  Structured.parse(structured)
    .constraints.map((each) => `${each.name} ${each.detail_level}`)
    .toSorted();

describe('potoo mcp over stdio', () => {
  test.each([
    ['auto', 'full'],
    ['legacy', 'viewer'],
  ] as const)('the official client in mode %s gets what %s may see', async (mode, name) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StdioClientTransport(processOf(name)));
    try {
      expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('potoo_query');
      expect(seen((await client.callTool(query)).structuredContent)).toEqual(seenBy[name].toSorted());
      const read = await client.readResource({ uri: 'potoo://reports/shop' });
      expect(JSON.stringify(read.contents)).toContain('checkout-in');
      expect(client.getServerCapabilities()?.resources?.subscribe).toBeUndefined();
    } finally {
      await client.close();
    }
  });

  test('the client of the older SDK is refused as the gateway refuses', async () => {
    const client = new OlderClient({ name: 'test', version: '1' });
    await client.connect(new OlderStdioTransport(processOf('nobody')));
    try {
      const { isError, content } = await client.callTool(query);
      expect(isError).toBe(true);
      const { error, code } = z
        .object({ error: z.string(), code: z.string() })
        .parse(JSON.parse(await askGateway('nobody', 'potoo_query', query.arguments)));
      expect(content).toEqual([{ type: 'text', text: `${code}: ${error}` }]);
    } finally {
      await client.close();
    }
  });
});

describe('potoo mcp on a port', () => {
  test('serves programs on this machine, and no page of a browser', async () => {
    const { command, args } = processOf('viewer');
    const child = spawn(command, [...args, '--sse-port', '0'], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'close');
    try {
      const [line] = await Promise.race([once(child.stderr, 'data'), ended]);
      const [sse = ''] = /http:\/\/127\.0\.0\.1:\d+\/sse/.exec(String(line)) ?? [];
      const client = new OlderClient({ name: 'test', version: '1' });
      await client.connect(new OlderSseTransport(new URL(sse)));
      expect(seen((await client.callTool(query)).structuredContent)).toEqual(seenBy.viewer.toSorted());
      await client.close();
      const url = new URL('/mcp', sse);
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: query };
      const post = async (headers: Record<string, string>) =>
        fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(message),
        });
      expect(await (await post({})).text()).toContain('checkout-in');
      for (const origin of ['http://localhost:3000', 'https://pages.example', 'null']) {
        const response = await post({ origin });
        expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      }
      const tools = await fetch(new URL('/tools/potoo_query', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(query.arguments),
      });
      expect(comparable(await tools.text())).toEqual(
        comparable(await askGateway('viewer', 'potoo_query', query.arguments)),
      );
    } finally {
      child.kill();
      await ended;
    }
  });
});

describe('what is wrong is said', () => {
  const ask = async (kubeconfig: string, changes: { context?: string } = {}) => {
    const person = createPerson({
      kubeconfig: [kubeconfig],
      environment: {},
      clock,
      random: Math.random,
      log,
      version: '0',
      ...changes,
    });
    const answer = await person.ask('potoo_query', { namespace: 'shop' });
    await person.close();
    return answer;
  };

  test('with file and context, when the credentials are not accepted', async () => {
    const path = await cluster.controlPlane.kubeconfigFor('expired', 'no.such.token');
    expect(await ask(path)).toMatchObject({
      code: 'UNAUTHENTICATED',
      error: expect.stringContaining(`does not accept the credentials of context "expired" of ${path}`),
    });
  });

  test('with the server, when it cannot be reached', async () => {
    const path = await cluster.controlPlane.kubeconfigFor('far', 'token', 'https://127.0.0.1:1');
    expect(await ask(path)).toMatchObject({
      code: 'REVIEW_UNAVAILABLE',
      error: expect.stringContaining('https://127.0.0.1:1 cannot be reached (context "far"'),
    });
  });

  test('with the contexts that there are, when there is no such context', async () => {
    const path = kubeconfigs.get('viewer') ?? '';
    await expect(ask(path, { context: 'other' })).rejects.toThrow(
      `${path}: credentials cannot be read: there is no context "other"; the contexts are: person-viewer`,
    );
  });
});

test('a cluster without Potoo is said to be one, whatever the person may do', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const { plural } of [...potooResources, constraintProfiles]) {
    await remove(cluster.controlPlane, `${definitions}/${plural}.potoo.io`);
  }
  for (const name of ['full', 'nobody']) {
    await eventually(`${name} is told`, async () => {
      const person = personOf(name);
      const answer = await person.ask('potoo_query', { namespace: 'shop' });
      await person.close();
      return (
        !answer.ok && answer.code === 'NOT_FOUND' && answer.error.startsWith('Potoo is not installed in the cluster')
      );
    });
  }
});
