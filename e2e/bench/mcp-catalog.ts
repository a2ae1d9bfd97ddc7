/**
 * What MCP costs with a large catalog: `node e2e/bench/mcp-catalog.ts [--namespaces N]`. Each namespace has 50 policies of its own
 * with their full forms and 50 that bind the whole cluster; one has 1,000. Two callers ask: one who may see all, and one with
 * rights in a few namespaces.
 *
 * The gateway runs in this process, without sockets, and rights are decided here, too: so the CPU of one answer can be told, and
 * is that of the answer with its garbage and not of HTTP. What reviews cost is in bench:listing, and HTTP in bench:load. One JSON
 * line a figure on stdout, progress on stderr.
 */
import { randomUUID } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { pino } from 'pino';
import * as z from 'zod';
import { createIdentities } from '../../gateway/auth/identity.ts';
import { createChanges } from '../../gateway/catalog/changes.ts';
import { createStreams } from '../../gateway/events/streams.ts';
import { createApp } from '../../gateway/http/app.ts';
import { createArrivals } from '../../gateway/http/arrival.ts';
import { createHostPolicy } from '../../gateway/http/hosts.ts';
import { catalogOver, createFakeReviews, fillStore, type Gateway, type Right } from '../../gateway/testing/fixture.ts';
import {
  type McpAnswer,
  type McpMessage,
  mcpRequest,
  readMcpAnswer,
  type Revision,
} from '../../gateway/testing/mcp-call.ts';
import { tools } from '../../gateway/tools/all.ts';
import { potooResources } from '../../crds/api.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { readObject } from '../../kube/object.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';
import { type Figure, machineFigure, percentiles, rounded } from './figures.ts';
import { clusterObjects, clusterPolicy, namespaceObjects } from './gateway-objects.ts';

const [own, inherited, large] = [50, 50, 950];
const bytesMax = 48_000;
const cpuMsAim = 50;
/** Namespaces that each caller asks about one after the other; for all of them it is the first question. */
const asked = 300;
const mineMax = 40;
/** Namespaces with which it warms up. */
const warmedUp = 37;
const revisions: readonly Revision[] = ['2026-07-28', '2025-03-26'];

const usage = `Usage: node e2e/bench/mcp-catalog.ts [--namespaces N]

--namespaces N  each with ${own} policies of its own and ${inherited} cluster-wide ones; 10000 unless told`;

const say = (line: string) => void process.stderr.write(`mcp-catalog  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

const numbers = orUsage(() =>
  readNumbers(process.argv.slice(2), usage, { namespaces: { ifAbsent: 10_000, min: 100, max: 100_000 } }),
);
setFlagsFromString('--expose-gc');
const Collector = z.custom<() => void>((value) => typeof value === 'function');
const collect = Collector.parse(runInNewContext('gc'));

async function run(namespaces: number): Promise<void> {
  print(machineFigure());
  const names = Array.from({ length: namespaces }, (_, index) => `team-${String(index).padStart(5, '0')}`);
  const [big = ''] = names;
  // So that each has one page of its own in every list.
  const mine = [big, ...names.filter((_, index) => index % Math.ceil(namespaces / (mineMax - 1)) === 1)];
  const gateway = gatewayOf(names, mine);

  // What is measured is not how code becomes fast.
  for (const revision of revisions) {
    for (const namespace of spread(names.slice(1), warmedUp)) {
      await warmUp(gateway, revision, namespace);
    }
  }
  for (const revision of revisions) {
    for (const user of ['admin', 'few']) {
      const theirs = user === 'admin' ? names : mine;
      const ask = asking(gateway, user, revision);
      const about = spread(theirs, asked);
      const tool = (name: string, input: object): McpMessage => ({
        method: 'tools/call',
        params: { name, arguments: input },
      });
      const read = (uri: string): McpMessage => ({ method: 'resources/read', params: { uri } });

      await ask.each(
        'query',
        about.map((namespace) => tool('potoo_query', { namespace, limit: 1_000 })),
      );
      await ask.each(
        'report',
        about.map((namespace) => read(`potoo://reports/${namespace}`)),
      );
      await ask.each(
        'completion-of-namespaces',
        prefixes(theirs).map((value) => completion('namespace', value)),
      );
      await ask.each(
        'completion-of-names',
        about.map((namespace) => completion('name', '', namespace)),
      );

      const paged = (input: object) => (cursor: string | undefined) =>
        tool('potoo_query', { namespace: big, ...input, ...(cursor !== undefined && { cursor }) });
      const entries = large + inherited;
      await ask.walk('query', entries, paged({ limit: 1_000 }), queryPage);
      await ask.walk('query-small-pages', entries, paged({ limit: 7 }), queryPage);
      const report = (cursor = '') => read(`potoo://reports/${big}${cursor === '' ? '' : `?cursor=${cursor}`}`);
      await ask.walk('report', entries, report, reportPage);
      const list = (cursor?: string) =>
        tool('potoo_list_namespaces', { limit: 1_000, ...(cursor !== undefined && { cursor }) });
      // Rights are asked for at a pace: to walk again would take minutes and say the same.
      if (user === 'few' && revision !== revisions[0]) continue;
      await ask.walk('list', theirs.length, list, listPage);
      const resources = (cursor?: string) => ({
        method: 'resources/list',
        params: cursor === undefined ? {} : { cursor },
      });
      await ask.walk('resources', theirs.length + 2, resources, resourcesPage);
    }
  }
}

async function warmUp(gateway: Pick<Gateway, 'fetch'>, revision: Revision, namespace: string): Promise<void> {
  const params = { name: 'potoo_query', arguments: { namespace } };
  for (const message of [
    { method: 'tools/call', params },
    { method: 'resources/read', params: { uri: `potoo://reports/${namespace}` } },
    completion('name', '', namespace),
    completion('namespace', namespace),
    { method: 'resources/list' },
  ]) {
    await (await gateway.fetch(mcpRequest('admin', revision, message))).text();
  }
}

/** A gateway that has read all this, and what it takes to keep it. */
function gatewayOf(names: readonly string[], mine: readonly string[]): Pick<Gateway, 'fetch'> {
  const policies = Array.from({ length: inherited }, (_, index) => clusterPolicy(index));
  const { store, put } = fillStore([]);
  // As they come from the API server: nothing in them is shared with another.
  const putParsed = (object: KubeObject) => {
    const resource = potooResources.find(({ kind }) => kind === object.kind);
    if (resource === undefined) throw new Error(`${object.kind} is no kind of Potoo`);
    put(readObject(JSON.parse(JSON.stringify(object)), resource, 'bench'));
  };
  const before = usedBytes();
  for (const object of clusterObjects(policies)) putParsed(object);
  for (const [index, name] of names.entries()) {
    for (const object of namespaceObjects(name, index === 0 ? large : own, policies)) putParsed(object);
    if (index % 1_000 === 999) say(`${index + 1} namespaces read`);
  }
  const { reports, forms } = store.sizes();
  const bytes = usedBytes() - before;
  print({ figure: 'mcp-catalog-memory', unit: 'MiB', value: rounded(bytes / 2 ** 20), reports, forms });
  print({ figure: 'mcp-catalog-memory-per-namespace', unit: 'KiB', value: rounded(bytes / 2 ** 10 / names.length) });

  const right = (resource: string): Right[] => [`get ${resource}`, `list ${resource}`];
  const reviews = createFakeReviews({
    admin: ['constraintreports', 'constraintdetails', 'clusterconstraintdetails', 'clusterconstraintreports'].flatMap(
      right,
    ),
    few: mine.flatMap((namespace) => [`get constraintreports ${namespace}`, `get constraintdetails ${namespace}`]),
  });
  const identities = createIdentities({ reviews, clock });
  const log = pino({ level: 'silent' });
  return createApp({
    catalog: catalogOver(store),
    identities,
    streams: createStreams({ identities, changes: createChanges({ store, clock }), clock, log }),
    clock,
    tools,
    hosts: createHostPolicy({ systemNamespace: 'potoo-system', allowed: [] }),
    log,
    gateway: { version: '1.2.3', port: 8_090 },
    arrivals: createArrivals(),
    random: Math.random,
    newSessionId: randomUUID,
  });
}

function usedBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Page {
  readonly items: readonly string[];
  readonly next: string | undefined;
}

function asking(gateway: Pick<Gateway, 'fetch'>, user: string, revision: Revision) {
  const caller = { caller: user, revision };

  async function ask(
    message: McpMessage,
  ): Promise<{ readonly answer: McpAnswer; readonly cpuMs: number; readonly threadMs: number }> {
    const request = mcpRequest(user, revision, message);
    const [start, thread] = [process.cpuUsage(), process.threadCpuUsage()];
    const response = await gateway.fetch(request);
    const text = await response.text();
    const [used, onThread] = [process.cpuUsage(start), process.threadCpuUsage(thread)].map(
      ({ user: inProgram, system }) => (inProgram + system) / 1_000,
    );
    const answer = readMcpAnswer(response.status, text);
    if (answer.result === undefined) throw new Error(`${user} ${JSON.stringify(message)}: ${text.slice(0, 300)}`);
    return { answer, cpuMs: used ?? 0, threadMs: onThread ?? 0 };
  }

  function printCalls(figure: string, answers: readonly Awaited<ReturnType<typeof ask>>[], details: object = {}): void {
    const cpu = percentiles(answers.map(({ cpuMs }) => cpuMs));
    const bytes = Math.max(...answers.map(({ answer }) => answer.bytes));
    // The collector works on threads of its own, and a round of it that falls into one answer is of many before it.
    const { p50, max } = percentiles(answers.map(({ threadMs }) => threadMs));
    const aims = { onMainThread: { p50, max }, fits: bytes <= bytesMax, fast: max < cpuMsAim };
    print({
      figure: `mcp-${figure}`,
      unit: 'ms of CPU an answer',
      ...caller,
      ...cpu,
      bytesMax: bytes,
      ...aims,
      ...details,
    });
  }

  return {
    async each(figure: string, messages: readonly McpMessage[]): Promise<void> {
      const answers = [];
      for (const message of messages) answers.push(await ask(message));
      printCalls(figure, answers);
    },
    async walk(
      figure: string,
      expected: number,
      message: (cursor: string | undefined) => McpMessage,
      pageOf: (result: unknown) => Page,
    ): Promise<void> {
      const answers = [];
      const items: string[] = [];
      let cursor: string | undefined;
      do {
        const answered = await ask(message(cursor));
        answers.push(answered);
        const page = pageOf(answered.answer.result);
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      const distinct = new Set(items).size;
      const [lost, repeated] = [expected - distinct, items.length - distinct];
      printCalls(`${figure}-walk`, answers, { pages: answers.length, items: items.length, lost, repeated });
    },
  };
}

const Structured = z.object({
  structuredContent: z.object({
    constraints: z.array(z.object({ id: z.string() })).optional(),
    namespaces: z.array(z.object({ namespace: z.string() })).optional(),
    next_cursor: z.string().optional(),
  }),
});
const Contents = z.object({ contents: z.tuple([z.object({ text: z.string() })]) });
const Report = z.object({ constraints: z.array(z.object({ id: z.string() })), nextCursor: z.string().optional() });
const Resources = z.object({ resources: z.array(z.object({ uri: z.string() })), nextCursor: z.string().optional() });

function queryPage(result: unknown): Page {
  const { constraints = [], next_cursor: next } = Structured.parse(result).structuredContent;
  return { items: constraints.map(({ id }) => id), next };
}

function listPage(result: unknown): Page {
  const { namespaces = [], next_cursor: next } = Structured.parse(result).structuredContent;
  return { items: namespaces.map(({ namespace }) => namespace), next };
}

function reportPage(result: unknown): Page {
  const [{ text }] = Contents.parse(result).contents;
  const { constraints, nextCursor: next } = Report.parse(JSON.parse(text));
  return { items: constraints.map(({ id }) => id), next };
}

function resourcesPage(result: unknown): Page {
  const { resources, nextCursor: next } = Resources.parse(result);
  return { items: resources.map(({ uri }) => uri), next };
}

function completion(name: 'namespace' | 'name', value: string, namespace?: string): McpMessage {
  const ref = { type: 'ref/resource', uri: 'potoo://constraints/{namespace}/{name}' };
  const context = namespace === undefined ? {} : { context: { arguments: { namespace } } };
  return { method: 'completion/complete', params: { ref, argument: { name, value }, ...context } };
}

/** As somebody types each of some names, letter by letter. */
function prefixes(names: readonly string[]): string[] {
  return spread(names, 20).flatMap((name) => Array.from(name, (_, index) => name.slice(0, index)));
}

/** Every nth of them, at most so many. */
function spread(names: readonly string[], count: number): string[] {
  const step = Math.max(1, Math.floor(names.length / count));
  return names.filter((_, index) => index % step === 0).slice(0, count);
}

await run(numbers('namespaces'));
