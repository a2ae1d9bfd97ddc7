import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { clusterReportObject } from '../testing/objects.ts';
import { runProgram } from './program.ts';
import { testedSurroundings } from './testing/surroundings.ts';

/** What a gateway has: three namespaces, of which one may not be read and one has just gone. */
const refusals: Readonly<Record<string, readonly [number, string]>> = {
  bare: [404, 'CONSTRAINT_NOT_FOUND'],
  hidden: [403, 'FORBIDDEN'],
  gone: [404, 'REPORT_NOT_FOUND'],
};
const constraint = (name: string, severity: string) => ({
  id: `id-${name}`,
  name,
  constraint_type: 'Admission',
  severity,
  effect: 'deny',
  message: `What ${name} says`,
  last_observed: '2026-01-01T00:00:00.000Z',
});
const folder = mkdtempSync(join(tmpdir(), 'potoo-program-'));
afterAll(() => rmSync(folder, { recursive: true }));

let visible: readonly string[] = [];
let server: Server;
let url: string;

const Query = z.object({ namespace: z.string() });
function answerTo(path: string | undefined, body: string): readonly [number, object] {
  if (path === '/tools/potoo_list_namespaces') {
    const namespaces = visible.map((namespace) => ({ namespace, total: namespace === 'empty' ? 0 : 1 }));
    return [200, { namespaces, total: visible.length, returned: visible.length, truncated: false }];
  }
  const { namespace } = Query.parse(JSON.parse(body));
  const [status, code] = refusals[namespace] ?? [200, ''];
  if (status !== 200) return [status, { error: `No ${namespace}.`, code }];
  const constraints = [constraint(`of-${namespace}`, 'Warning')];
  return [200, { namespace, constraints, total: 1, returned: 1, truncated: false }];
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, answer] = answerTo(request.url, body);
      response.writeHead(status).end(JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function run(...args: string[]) {
  const surroundings = testedSurroundings({ POTOO_SERVER: url, POTOO_TOKEN: 'token' });
  await runProgram(args, surroundings);
  return surroundings.written();
}

describe('query -A', () => {
  test('is whole when every namespace answers', async () => {
    visible = ['empty', 'shop', 'web'];
    const { stdout, stderr, code } = await run('query', '-A', '-o', 'name');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('of-shop -n shop\nof-web -n web\n');
  });

  test('says what could not be read, in words, in the document and in the exit code', async () => {
    visible = ['gone', 'hidden', 'shop'];
    const { stdout, stderr, code } = await run('query', '-A', '-o', 'json');
    expect(code).toBe(3);
    expect(stderr).toBe('hidden: No hidden. (FORBIDDEN)\n');
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ namespace: 'shop' }],
      unread: [{ namespace: 'hidden', code: 'FORBIDDEN' }],
    });
  });

  test('fails on what it has found, though there may be more', async () => {
    visible = ['hidden', 'shop'];
    expect(await run('query', '-A', '--fail-on', 'warning')).toMatchObject({ code: 1 });
    expect(await run('query', '-A', '--fail-on', 'critical')).toMatchObject({ code: 3 });
  });

  test('is an error when nothing could be read', async () => {
    visible = ['hidden'];
    expect(await run('query', '-A')).toMatchObject({ code: 2, stdout: '', stderr: 'Error: No hidden. (FORBIDDEN)\n' });
  });
});

test.each([
  ['table', /^Status: {8}not known\n {2}All this is from .*: whether it is up to date is not known\.\n/],
  ['name', /^not known\n$/],
  // The document is that of every source, with its reasons.
  ['json', /^\{"status":"degraded","reasons":\["All this is from /],
])('status from files is not known, as %s', async (form, shown) => {
  const file = join(folder, 'reports.json');
  writeFileSync(file, JSON.stringify(clusterReportObject()));
  const { stdout, code } = await run('status', '--reports', file, '-o', form);
  expect(stdout).toMatch(shown);
  expect(code).toBe(3);
});

test.each([
  [['query', '--reports', '/no/such/file'], /^Error: \/no\/such\/file: ENOENT.* \(\w+\)\n$/],
  [['status', '--kubeconfig', '/no/such/file'], /^Error: .*\/no\/such\/file.*\n$/],
  [['mcp', '--kubeconfig', '/no/such/file'], /^Error: .*\/no\/such\/file.*\n$/],
  [['mcp', '--reports', '/no/such/file'], /^Error: \/no\/such\/file: ENOENT.*\n$/],
  [['proxy', '--server', 'ftp://x'], /^Error: --server must be a URL.*\n$/],
  [['details', 'x', '--reports', '/no/such/file'], /^Error: \/no\/such\/file: ENOENT.*\n$/],
  [['proxy', '--server', 'http://localhost:1', '--certificate-authority', '/no/such'], /^Error: .*\n$/],
])('%j ends in one sentence without a stack, and with 2', async (args, sentence) => {
  const surroundings = testedSurroundings({ HOME: '/nonexistent', POTOO_TOKEN: 'token' });
  await runProgram(args, surroundings);
  expect(surroundings.written()).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
  expect(surroundings.written().stderr.trimEnd()).not.toContain('\n');
});

test('a name that no rule has is told with the way to those that there are', async () => {
  const { stderr, code } = await run('remediate', 'nothing', '-n', 'bare');
  expect(code).toBe(2);
  expect(stderr).toBe(
    'Error: No rule "nothing" binds namespace bare; "potoo query -n bare -o name" lists those that do. (CONSTRAINT_NOT_FOUND)\n',
  );
});

describe('arguments', () => {
  test.each([
    [['quary'], "Error: unknown command 'quary'\n(Did you mean query?)\nUsage: potoo [options] [command]"],
    [['details'], "Error: missing required argument 'constraint'\nUsage: potoo details [options] <constraint>"],
    [
      ['query', '-A', '--limit', '3'],
      "Error: option '--limit <number>' cannot be used with option '-A, --all-namespaces'",
    ],
    [
      ['--server', 'x', '--reports', 'y', 'status'],
      "Error: option '--server <url>' cannot be used with option '--reports <path>'",
    ],
    [['remediate', 'x', '-o', 'name'], 'Error: Steps have no names'],
  ])('%j are refused', async (args, words) => {
    const { stdout, stderr, code } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  test.each([[[]], [['--help']], [['query', '--help']], [['help', 'query']], [['--version']]])(
    '%j are answered',
    async (args) => {
      const { stdout, stderr, code } = await run(...args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toBe('');
    },
  );

  test('what comes with later versions is not promised', async () => {
    const { stdout } = await run('--help');
    expect(stdout).not.toMatch(/check\b|reach|__complete/);
  });
});
