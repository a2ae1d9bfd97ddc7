import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../../gateway/cli/program.ts';
import { testedSurroundings } from '../../gateway/cli/testing/surroundings.ts';
import { widthOf } from '../../gateway/cli/width.ts';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import { apply } from '../control-plane/admin.ts';
import type { Gateway } from '../programs.ts';
import { callerObjects, worldObjects } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

// The program as a person has it, with a real cluster, a gateway and files. To start a process of its own for each question
// takes a second of CPU, so only what a process adds is asked of one: exit codes, signals, pipes, terminals, kubectl.

const bin = fileURLToPath(new URL('../../gateway/bin', import.meta.url));
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

let cluster: Cluster;
let gateway: Gateway;
let home: string;
/** Of each caller a kubeconfig with its token, whose context has the namespace shop. */
const kubeconfigs = new Map<string, string>();
const tokens = new Map<string, string>();
let reports: string;

beforeAll(async () => {
  cluster = await startCluster();
  const { controlPlane } = cluster;
  await apply(controlPlane, callerObjects());
  await writeResources(controlPlane, worldObjects());
  home = `${controlPlane.folder}/home`;
  mkdirSync(home);
  for (const name of ['full', 'detailed', 'summary', 'nobody']) {
    const token = await controlPlane.serviceAccountToken('callers', name);
    tokens.set(name, token);
    kubeconfigs.set(name, await controlPlane.kubeconfigFor(`cli-${name}`, token));
  }
  gateway = await cluster.startGateway();
  const dump = await run('kubectl', ['--kubeconfig', kubeconfigOf('full'), 'get', 'potoo', '-A', '-o', 'yaml']);
  reports = `${home}/reports.yaml`;
  writeFileSync(reports, dump.stdout);
  await eventually('the gateway has read the reports', async () => {
    const { code } = await potoo(['query', '-n', 'shop', ...through('gateway')]);
    return code === 0;
  });
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const process = spawn(program, args, { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  process.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  process.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(process, 'close');
  return { code: process.exitCode, stdout, stderr };
}

/** Nothing of the person who runs the tests. */
function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: `${bin}:${process.env['PATH']}`, HOME: home, TERM: 'xterm', LANG: 'C.UTF-8', ...env };
}

/** @param columns Of a terminal; a pipe unless told. */
async function potoo(args: readonly string[], env: NodeJS.ProcessEnv = {}, columns?: number): Promise<Ended> {
  const surroundings = testedSurroundings(environment(env), columns);
  await runProgram(args, surroundings);
  return surroundings.written();
}
const kubeconfigOf = (name: string) => kubeconfigs.get(name) ?? '';

const ways = ['kubeconfig', 'gateway', 'files'] as const;
/** Options by which a caller asks each way; files hold what `full` may see. */
function through(way: (typeof ways)[number], caller = 'full'): string[] {
  if (way === 'files') return ['--reports', reports];
  const kubeconfig = ['--kubeconfig', kubeconfigOf(caller)];
  return way === 'gateway' ? [...kubeconfig, '--server', gateway.url] : kubeconfig;
}

async function rest(path: string, body?: object): Promise<string> {
  const headers = { authorization: `Bearer ${tokens.get('full')}`, 'content-type': 'application/json' };
  const sent = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${gateway.url}${path}`, sent)).text();
}

describe('the same answer by kubeconfig, through a gateway and from files', () => {
  const questions = [
    {
      args: ['query', '-n', 'shop'],
      asked: async () => rest('/tools/potoo_query', { namespace: 'shop', limit: 1_000 }),
    },
    {
      args: ['query', '-n', 'shop', '--severity', 'warning', '--no-remediation'],
      asked: async () =>
        rest('/tools/potoo_query', { namespace: 'shop', severity: 'Warning', include_remediation: false }),
    },
    {
      args: ['query', '-n', 'shop', '--limit', '1'],
      asked: async () => rest('/tools/potoo_query', { namespace: 'shop', limit: 1 }),
    },
    { args: ['namespaces'], asked: async () => rest('/tools/potoo_list_namespaces', {}) },
    {
      args: ['remediate', 'checkout-in', '-n', 'shop'],
      asked: async () => rest('/tools/potoo_remediation', { constraint_name: 'checkout-in', namespace: 'shop' }),
    },
    {
      args: ['details', 'company-wide', '-n', 'shop'],
      asked: async () => rest('/resources/constraints/shop/company-wide'),
    },
  ];

  test.each(questions)('$args', async ({ args, asked }) => {
    const expected = await asked();
    for (const way of ways) {
      const { code, stdout, stderr } = await potoo([...args, '-o', 'json', ...through(way)]);
      expect({ way, code, stdout }).toEqual({ way, code: 0, stdout: `${expected}\n` });
      if (!args.includes('--limit')) expect(stderr).toBe('');
    }
  });

  test('yaml holds the same data', async () => {
    const { stdout } = await potoo(['query', '-n', 'shop', '-o', 'yaml', ...through('gateway')]);
    expect(parse(stdout)).toEqual(JSON.parse(await rest('/tools/potoo_query', { namespace: 'shop' })));
  });

  test.each(['kubeconfig', 'gateway'] as const)('a caller with fewer rights sees less by %s', async (way) => {
    const { code, stdout } = await potoo(['query', '-n', 'shop', '-o', 'wide', ...through(way, 'summary')]);
    expect(code).toBe(0);
    expect(stdout).toContain('Some pods accept ingress only from listed peers on listed ports');
    expect(stdout).not.toMatch(/foreign-name|own-tier|23333/);
  });
});

describe('what a person sees', () => {
  test('a table that scripts can read', async () => {
    const { stdout } = await potoo(['query', '-n', 'shop', ...through('gateway', 'summary')]);
    const [head = '', first = ''] = stdout.split('\n');
    expect(head).toMatch(/^NAME {3,}SEVERITY {3,}TYPE {3,}EFFECT {3,}MESSAGE$/);
    expect(first).toMatch(/^checkout-in {3,}Critical {3,}NetworkIngress {3,}restrict {3,}Some pods accept/);
  });

  test('names are arguments again, also of all namespaces', async () => {
    const { stdout } = await potoo(['query', '-A', '-o', 'name', ...through('gateway')]);
    const lines = stdout.trim().split('\n');
    expect(lines).toContain('ledger-in/Ingress -n payments');
    for (const line of lines) {
      const { code } = await potoo(['details', ...line.split(' '), ...through('gateway')]);
      expect([line, code]).toEqual([line, 0]);
    }
  });

  test('all namespaces in one table and in one document', async () => {
    const table = await potoo(['query', '-A', '--no-headers', ...through('files')]);
    const namespaces = table.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect([...new Set(namespaces)]).toEqual(['payments', 'platform', 'shop']);
    const { stdout } = await potoo(['query', '-A', '-o', 'json', ...through('files')]);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ namespace: 'payments' }, {}, { namespace: 'shop' }],
      unread: [],
    });
  });

  test('the namespace of the context is meant where none is named', async () => {
    const kubeconfig = `${home}/context.kubeconfig`;
    writeFileSync(kubeconfig, (await run('cat', [kubeconfigOf('full')])).stdout);
    const set = await run('kubectl', [
      '--kubeconfig',
      kubeconfig,
      'config',
      'set-context',
      '--current',
      '--namespace',
      'payments',
    ]);
    expect(set.code).toBe(0);
    for (const server of [[], ['--server', gateway.url]]) {
      const { stdout } = await potoo(['query', ...server], { KUBECONFIG: `${home}/is-not-there:${kubeconfig}` });
      expect(stdout).toContain('ledger-in');
    }
  });

  test('status', async () => {
    const { code, stdout } = await potoo(['status', ...through('gateway')]);
    // Nobody renews a Lease here.
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Status: {3,}unhealthy\n {2}The operator's Lease is not renewed/);
    expect(stdout).toMatch(/^networkpolicy {3,}on /m);
  });
});

test('a link to the program starts it, from wherever it is called', async () => {
  mkdirSync(`${home}/bin`);
  symlinkSync(`${bin}/kubectl-potoo`, `${home}/bin/absolute`);
  symlinkSync('absolute', `${home}/bin/relative`);
  const { code, stdout } = await run(`${home}/bin/relative`, ['--help']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: kubectl potoo ')]);
});

describe('exit codes', () => {
  test.each([
    ['what binds, and nothing that was asked to fail', ['query', '-n', 'shop'], 0],
    ['something as grave binds', ['query', '-n', 'shop', '--fail-on', 'critical'], 1],
    ['nothing as grave binds', ['query', '-n', 'platform', '--severity', 'info', '--fail-on', 'warning'], 0],
    ['no such constraint', ['details', 'no-such', '-n', 'shop'], 2],
    ['no report', ['query', '-n', 'no-such'], 2],
    ['an unknown command', ['explane'], 2],
    ['an unknown option', ['query', '--sevrity', 'info'], 2],
    ['a word that is no choice', ['query', '-o', 'xml'], 2],
    ['no such file', ['query', '--reports', '/no/such/file'], 2],
    ['help', ['query', '--help'], 0],
    ['version', ['--version'], 0],
  ])('%s', async (_, args, code) => {
    const ended = await potoo(args.includes('--reports') ? args : [...args, ...through('files')]);
    expect(ended.code).toBe(code);
    if (code === 2) expect(ended.stderr).toMatch(/^[Ee]rror: /);
    if (code === 2) expect(ended.stdout).toBe('');
  });

  test('are those of the process', async () => {
    for (const [args, code] of [
      [['--severity', 'info', '--fail-on', 'warning'], 0],
      [['--fail-on', 'critical'], 1],
      [['-o', 'xml'], 2],
    ] as const) {
      const ended = await run('potoo', ['query', '-n', 'shop', ...args, ...through('files')]);
      expect([args, ended.code]).toEqual([args, code]);
    }
  });

  test.each(['kubeconfig', 'gateway'] as const)('no right by %s', async (way) => {
    const { code, stderr, stdout } = await potoo(['query', '-n', 'shop', ...through(way, 'nobody')]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Error: .*\(FORBIDDEN\)\n$/);
  });

  test('no token', async () => {
    const { code, stderr } = await potoo(['query', '-n', 'shop', '--server', gateway.url]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Error: .*POTOO_TOKEN.*\(UNAUTHENTICATED\)\n$/);
  });

  test('no gateway', async () => {
    const { code, stderr } = await potoo(['query', '--server', 'http://127.0.0.1:1']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Error: http:\/\/127\.0\.0\.1:1 cannot be asked: .*ECONNREFUSED/);
  });

  test('nothing binds, which is said beside the answer', async () => {
    const { code, stdout, stderr } = await potoo(['query', '-n', 'shop', '-t', 'MeshPolicy', ...through('files')]);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe('No rule of those asked about binds namespace shop.\n');
  });
});

describe('a server that is no good gateway', () => {
  let server: Server;
  let origin: string;
  const seen: (string | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      if (request.url?.startsWith('/moved/') === true)
        response.writeHead(307, { location: `${origin}/elsewhere` }).end();
      else if (request.url?.startsWith('/page/') === true) response.end('<html>');
      else if (request.url?.startsWith('/busy/') === true) {
        const isFirst = seen.filter((line) => line?.startsWith('/busy/')).length === 1;
        if (isFirst) response.writeHead(429, { 'retry-after': '1' }).end('{"error": "slowly", "code": "RATE_LIMITED"}');
        else response.end('{"namespaces": [], "total": 0, "returned": 0, "truncated": false}');
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('is not followed elsewhere', async () => {
    const { code, stderr } = await potoo(['namespaces', '--server', `${origin}/moved`], {
      POTOO_TOKEN: 'secret-token',
    });
    expect(code).toBe(2);
    expect(stderr).toContain(`sends on to ${origin}/elsewhere`);
    expect(seen).toContain('/moved/tools/potoo_list_namespaces Bearer secret-token');
    expect(seen.some((line) => line?.startsWith('/elsewhere'))).toBe(false);
  });

  test('is told from a gateway', async () => {
    const { code, stderr } = await potoo(['namespaces', '--server', `${origin}/page`]);
    expect([code, stderr]).toEqual([2, `Error: What ${origin} answers is no JSON: is it a Potoo gateway?\n`]);
  });

  test('is asked again when it says when', async () => {
    const { code, stdout } = await potoo(['namespaces', '-o', 'json', '--server', `${origin}/busy`]);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { namespaces: [] }]);
  });

  test('is given up after the time that was given', async () => {
    const { code, stderr } = await potoo(['namespaces', '--timeout', '300ms', '--server', `${origin}/silent`]);
    expect([code, stderr]).toEqual([2, 'Error: There was no answer within 0.3 s; --timeout gives it more.\n']);
  });

  test('is left when the person has had enough', async () => {
    const before = seen.length;
    const process = spawn('potoo', ['namespaces', '--server', `${origin}/silent`], {
      env: environment({}),
      stdio: 'pipe',
    });
    let output = '';
    for (const stream of [process.stdout, process.stderr]) stream.on('data', (text) => (output += String(text)));
    await eventually('it has asked', async () => Promise.resolve(seen.length > before));
    process.kill('SIGINT');
    await once(process, 'close');
    expect([process.exitCode, output]).toEqual([130, '']);
  });

  test('is given no token of the kubeconfig without TLS', async () => {
    const args = ['namespaces', '--kubeconfig', kubeconfigOf('full'), '--server', 'http://potoo.example'];
    const { code, stderr } = await potoo(args);
    expect(code).toBe(2);
    expect(stderr).toContain('is not sent to http://potoo.example without TLS');
  });
});

describe('a pipe', () => {
  test('that is closed ends the program without a word', async () => {
    const process = spawn('potoo', ['query', '-n', 'shop', ...through('files')], {
      env: environment({}),
      stdio: 'pipe',
    });
    process.stdout.destroy();
    let errors = '';
    process.stderr.on('data', (text) => (errors += String(text)));
    await once(process, 'close');
    expect([process.exitCode, errors]).toEqual([0, '']);
  });

  test('gets no colours and no line that is cut', async () => {
    const { stdout } = await potoo(['query', '-n', 'shop', ...through('files')], { COLUMNS: '40' });
    expect(stdout).not.toMatch(/\p{Cc}\[|…/u);
  });

  test('gets colours when it is told to', async () => {
    const { stdout } = await potoo(['query', '-n', 'shop', '--color=always', ...through('files')], { NO_COLOR: '1' });
    expect(stdout).toContain('\u{1b}[31mCritical\u{1b}[39m');
  });
});

const plain = (text: string) => text.replaceAll(/\p{Cc}\[\d+m/gu, '');
function expectLines(shown: string, columns: number): void {
  expect(shown).toContain('\u{1b}[31mCritical');
  const lines = plain(shown).trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  expect(lines.join('\n')).toContain('…');
}

describe('a terminal', () => {
  const onTerminal = async (args: readonly string[], columns: number, env: NodeJS.ProcessEnv = {}) =>
    (await potoo([...args, '-n', 'shop'], env, columns)).stdout;
  const query = () => ['query', '--reports', reports];

  test.skipIf(!has('script'))('of its own shows the process a line for each rule, in colours', async () => {
    const line = `stty cols 50 rows 50; potoo query -n shop --reports ${reports}`;
    const { stdout } = await run('script', ['-qec', line, '/dev/null']);
    expectLines(stdout.replaceAll('\r\n', '\n'), 50);
  });

  test.each([40, 60, 100])('of %i columns shows a line for each rule, in colours', async (columns) => {
    expectLines(await onTerminal(query(), columns), columns);
  });

  test('shows all with -o wide', async () => {
    expect(await onTerminal([...query(), '-o', 'wide'], 40)).toContain('on TCP 21111');
  });

  test('has no colours where NO_COLOR is set', async () => {
    expect(await onTerminal(query(), 80, { NO_COLOR: '1' })).not.toContain('\u{1b}');
  });

  test.each(['details', 'remediate'])('breaks the sentences of %s', async (command) => {
    const shown = await onTerminal([command, 'company-wide', '--reports', reports], 60, { NO_COLOR: '1' });
    const sentences = shown.split('\n').filter((line) => !line.startsWith('      '));
    expect(sentences.length).toBeGreaterThan(5);
    for (const line of sentences) expect(widthOf(line)).toBeLessThanOrEqual(60);
  });

  test.each(['table', 'wide', 'json', 'yaml'])('gets nothing of a policy that would steer it, as %s', async (form) => {
    const evil = '\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}31m\u{200b}';
    const file = `${home}/evil.json`;
    const full = networkConstraint('shop', 'evil', { summary: `Pods ${evil} are limited`, key: evil });
    writeFileSync(file, JSON.stringify(reportObject('shop', [entryOf(full)])));
    for (const command of [['query'], ['details', 'evil']]) {
      const shown = await onTerminal([...command, '--color', 'never', '-o', form, '--reports', file], 80);
      expect(shown).toContain('evil');
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe.skipIf(!has('kubectl'))('kubectl', () => {
  test('finds the plugin and runs it', async () => {
    const listed = await run('kubectl', ['plugin', 'list']);
    expect(listed.stdout).toContain('/kubectl-potoo');
    const { code, stdout } = await run('kubectl', ['potoo', 'query', '-n', 'shop'], {
      KUBECONFIG: kubeconfigOf('full'),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('checkout-in');
    const wrong = await run('kubectl', ['potoo', 'quary']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Usage: kubectl potoo ')]);
  });

  test('completes what the plugin takes', async () => {
    const complete = async () =>
      run('kubectl', ['__complete', 'potoo', 'details', '-n', 'shop', ''], { KUBECONFIG: kubeconfigOf('full') });
    // On a busy machine there may be no answer in the time that a TAB has.
    await eventually('names of rules are completed', async () => {
      const { stdout } = await complete();
      return /^checkout-in\/Ingress\tCritical: Pods /m.test(stdout) && /^:4$/m.test(stdout);
    });
  });
});
