import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import * as z from 'zod';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { at, get } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { isAlive } from '../control-plane/processes.ts';

// A person's way through `npm start`, by the printed lines only.

const main = fileURLToPath(new URL('../demo/main.ts', import.meta.url));
const run = promisify(execFile);
const hasKubectl = spawnSync('kubectl', ['version', '--client']).error === undefined;

/** As clients on a person's machine have it. */
const Configuration = z.object({
  mcpServers: z.object({
    potoo: z.union([
      z.object({ type: z.literal('http'), url: z.url() }),
      z.object({ command: z.string(), args: z.array(z.string()) }),
    ]),
  }),
});

interface Demo {
  readonly pid: number;
  readonly exited: Promise<unknown[]>;
  stdout(): string;
  stderr(): string;
  /** Resolves when the last line of the output stands. Throws when the demo ends before. */
  ready(): Promise<void>;
}

function startDemo(...args: string[]): Demo {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const exited = once(child, 'close');
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const isReady = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\nReady. ')) resolve();
    });
  });
  if (child.pid === undefined) throw new Error('the demo was not started');
  return {
    pid: child.pid,
    exited,
    stdout: () => stdout,
    stderr: () => stderr,
    async ready() {
      await Promise.race([isReady, exited]);
      if (!stdout.includes('\nReady. ')) throw new Error(`the demo ended before it was ready: ${stderr}`);
    },
  };
}

/** A process and all that it started, itself first. */
function processesOf(pid: number): { readonly pid: number; readonly command: string }[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
      } catch {
        return []; // it has ended in between
      }
    });
  const own = new Set([pid]);
  for (const process of parents.toSorted((a, b) => a.pid - b.pid)) if (own.has(process.parent)) own.add(process.pid);
  return parents.filter((process) => own.has(process.pid));
}

const indented = (text: string) => [...text.matchAll(/^ {2}(\S.*)$/gm)].map(([, line = '']) => line);
const linesOf = (demo: Demo) =>
  indented(demo.stdout()).filter((line) => /^(curl|kubectl|potoo|export|sleep|\(timeout) /.test(line));

/** What a line prints in a shell in which the first lines have been pasted before; fails when the line fails. */
async function paste(demo: Demo, line: string): Promise<string> {
  const exports = linesOf(demo).filter((each) => each.startsWith('export '));
  const { stdout } = await run('/bin/sh', ['-ec', [...exports, line].join('\n')], { cwd: '/' });
  return stdout;
}

function onlyLine(demo: Demo, ...parts: readonly string[]): string {
  const found = new Set(linesOf(demo).filter((line) => parts.every((part) => line.includes(part))));
  const [line] = found;
  if (line === undefined || found.size > 1) {
    throw new Error(`${found.size} lines instead of one with ${parts.join(' and ')}:
${demo.stdout()}`);
  }
  return line;
}

/** The cells of a row of a table but for the last one, which is an age. */
const cellsOf = (row: string) => row.split(/ +/).slice(0, -1);
const withoutAges = (table: string) => table.replaceAll(/ +\S+$/gm, '').trim();

describe('npm start', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = startDemo();
    await demo.ready();
  });
  afterAll(async () => {
    if (!isAlive(demo.pid)) return;
    process.kill(demo.pid, 'SIGTERM');
    await demo.exited;
  });

  test('every line that only reads works as printed, with the status that its title promises', async () => {
    const reading = linesOf(demo)
      .filter((line) => line.startsWith('curl '))
      .map((line) => line.replace('curl ', 'curl -o /dev/null ').replace(String.raw`'\n'`, '%{http_code}'));
    expect(reading.length).toBeGreaterThan(10);
    for (const line of reading) {
      expect([line, await paste(demo, line)]).toEqual([line, line.includes(' -i ') ? '403' : '200']);
    }
  });

  test.skipIf(!hasKubectl)('the table is what kubectl prints', async () => {
    const printed = /^NAMESPACE[^]*?(?=\n\n)/m.exec(demo.stdout())?.[0] ?? '';
    const { stdout } = await run('/bin/sh', [
      '-c',
      `${onlyLine(demo, 'export KUBECONFIG')}; kubectl get constraintreports -A`,
    ]);
    expect(withoutAges(printed)).toBe(withoutAges(stdout));
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const told = [...readme.matchAll(/^\w+ +constraints +\d.*$/gm)].map(([row]) => cellsOf(row));
    expect(told).toHaveLength(8);
    expect(printed.split('\n').map(cellsOf)).toEqual(expect.arrayContaining(told));
    expect(printed).toMatch(/^shop +constraints +21 +11 +4 +6 +\d+s$/m);
    expect(printed).toMatch(/^sandbox +constraints +9 +0 +5 +4 +\d+s$/m);
  });

  test.skipIf(!hasKubectl)('kubectl explains the fields and shows the report', async () => {
    expect(await paste(demo, onlyLine(demo, 'kubectl explain'))).toContain('gravest');
    const report = onlyLine(demo, 'get creport constraints -o yaml');
    expect(await paste(demo, report)).toContain('message: All pods accept no ingress');
  });

  test('what is a summary to a developer holds ports and peers for an admin', async () => {
    const [developer, admin] = [
      onlyLine(demo, '/shop-developer', 'constraints/shop/checkout'),
      onlyLine(demo, '/shop-admin', 'constraints/shop/checkout'),
    ];
    expect(await paste(demo, developer)).toContain('ingress only from listed peers on listed ports');
    expect(await paste(demo, admin)).toContain('ingress only from pods with app=web in namespace shop on TCP 8080');
  });

  test('steps name who can do them, and hold peers and ports for an admin', async () => {
    const quota = JSON.parse(await paste(demo, onlyLine(demo, '/shop-developer', 'potoo_remediation')));
    expect(quota).toMatchObject({
      summary: expect.stringContaining('pods at 90 % (9 of 10)'),
      steps: expect.arrayContaining([expect.objectContaining({ requires_privilege: 'cluster-admin' })]),
    });
    const network = await paste(demo, onlyLine(demo, '/shop-admin', 'potoo_remediation'));
    expect(network).toContain('from pods with app=ingress in namespaces with team=platform on the TCP port named http');
  });

  test('a developer sees one namespace, the platform team and nobody in particular see all', async () => {
    const namespaces = async (line: string) => at(JSON.parse(await paste(demo, line)), 'total');
    expect(await namespaces(onlyLine(demo, '/shop-developer', 'potoo_list_namespaces'))).toBe(1);
    expect(await namespaces(onlyLine(demo, '/platform-admin', 'potoo_list_namespaces'))).toBe(13);
    expect(await namespaces(onlyLine(demo, "'\\n' -X POST", 'potoo_list_namespaces'))).toBe(13);
  });

  test('the command line says the same, also as a plugin of kubectl', async () => {
    expect(await paste(demo, onlyLine(demo, 'potoo namespaces'))).toMatch(/^shop +21 +11 +4 +6 /m);
    const rules = await paste(demo, onlyLine(demo, 'potoo query'));
    expect(rules.match(/^\S+ +Critical /gm)).toHaveLength(11);
    if (!hasKubectl) return;
    expect(await paste(demo, onlyLine(demo, 'kubectl potoo'))).toContain('pods at 90 % (9 of 10)');
  });

  test('agents have the same tools by curl and by both printed configurations', async () => {
    expect(await paste(demo, onlyLine(demo, 'curl', '/mcp'))).toContain('"structuredContent":{"namespace":"shop"');
    const configurations = indented(demo.stdout())
      .filter((line) => line.startsWith('{'))
      .map((line) => Configuration.parse(JSON.parse(line)).mcpServers.potoo);
    expect(configurations).toHaveLength(2);
    for (const server of configurations) {
      const client = new Client({ name: 'test', version: '1' });
      await client.connect(
        'url' in server
          ? new StreamableHTTPClientTransport(new URL(server.url))
          : new StdioClientTransport({ ...server, stderr: 'pipe' }),
      );
      try {
        const { structuredContent } = await client.callTool({ name: 'potoo_list_namespaces', arguments: {} });
        expect(structuredContent).toMatchObject({ total: 13 });
      } finally {
        await client.close();
      }
    }
  });

  test('cluster tools show pods and plan a change', async () => {
    expect(await paste(demo, onlyLine(demo, 'pods_list_in_namespace'))).toContain('checkout');
    expect(await paste(demo, onlyLine(demo, 'resources_scale'))).toContain('kubectl scale');
  });

  test.skipIf(!hasKubectl)(
    'cluster-wide policies of every kind stand in the reports, and in full in resources',
    async () => {
      const lines = await paste(demo, onlyLine(demo, '.status.inherited'));
      expect(lines).toMatch(/^Critical deny Admission ValidatingAdmissionPolicy\/pinned-images /m);
      expect(lines).toMatch(/^Critical deny Admission ValidatingWebhookConfiguration\/service-review /m);
      expect(lines).toMatch(/^Warning deny Unknown DataResidencyRule\/cardholder-data \w+: The ledger is kept in /m);
      expect(lines).toMatch(/^Info deny Admission ValidatingWebhookConfiguration\/gatekeeper-.* Gatekeeper /m);
      const webhook = JSON.parse(await paste(demo, onlyLine(demo, '/platform-admin', 'service-review')));
      expect(webhook).toMatchObject({ detail_level: 'full', affected_workloads: [] });
      const details = await paste(demo, 'kubectl get ccdetail');
      const mutating = ['MutatingAdmissionPolicy', 'MutatingWebhookConfiguration'];
      for (const kind of [...mutating, 'DataResidencyRule']) expect(details).toContain(` ${kind} `);
    },
  );

  test('policies of engines are answered in the same words, as far as who asks may see them', async () => {
    const said = async (...parts: readonly string[]) => paste(demo, onlyLine(demo, '/platform-admin', ...parts));
    expect(await said('own-registry')).toContain('Images come from the registry of the company.');
    expect(await said('ten-replicas')).toContain('with most: 10');
    expect(JSON.parse(await said('postgres-backups'))).toMatchObject({
      constraint_type: 'NetworkEgress',
      message: expect.stringContaining('backups.example.com'),
      affected_workloads: ['postgres'],
    });
    expect(JSON.parse(await said('charge-by-checkout'))).toMatchObject({ constraint_type: 'MeshPolicy' });
  });

  test.skipIf(!hasKubectl)('what they refuse is refused, with the name that stands in the report', async () => {
    const image = paste(demo, onlyLine(demo, 'shop/tester:latest'));
    await expect(image).rejects.toThrow(/ValidatingAdmissionPolicy 'pinned-images' .* Images need a tag/);
    const service = paste(demo, onlyLine(demo, 'create service'));
    await expect(service).rejects.toThrow('failed calling webhook "service-review.platform.example.com"');
  });

  test('errors are explained: by the name in them, at the level of who asks', async () => {
    expect(JSON.parse(await paste(demo, onlyLine(demo, 'potoo_explain')))).toMatchObject({
      confidence: 'high',
      cause: { category: 'quota', policy: 'team' },
      matching_constraints: [{ name: 'team', source_kind: 'ResourceQuota' }],
    });
    if (!hasKubectl) return;
    const said = await paste(demo, onlyLine(demo, '| potoo explain'));
    expect(said).toMatch(/^Cause: vap pinned-images, confidence high$/m);
    expect(said).toContain('Images need a tag');
  });

  test.skipIf(!hasKubectl)(
    'a kind that may not be read is told with the right, and comes into the report with it',
    async () => {
      expect(await paste(demo, 'kubectl get cprofile')).toMatch(
        /^data-residency +dataresidencyrules +generic .* True /m,
      );
      const reason = await paste(demo, onlyLine(demo, 'get ccreport cluster -o jsonpath'));
      expect(reason).toContain('must allow list and watch on costlimits.finops.example.com');
      await paste(demo, onlyLine(demo, 'create clusterrole'));
      await paste(demo, onlyLine(demo, 'label clusterrole'));
      await paste(demo, onlyLine(demo, 'kubectl wait'));
      expect(await paste(demo, 'kubectl -n shop get creport constraints -o yaml')).toContain('kind: CostLimit');
    },
  );

  test.skipIf(!hasKubectl)('report and answer follow what is changed with kubectl', async () => {
    const report = 'kubectl -n shop get creport';
    expect(linesOf(demo)).toContain(report);
    const stream = await paste(demo, onlyLine(demo, 'patch networkpolicy'));
    const events = stream.split('\n').filter((line) => line.startsWith('data: '));
    expect(events).toEqual([expect.stringMatching(/"updated".*"checkout-from-web".*"Warning"/)]);
    await vi.waitFor(
      async () => {
        expect(await paste(demo, report)).toMatch(/^constraints +22 +10 +5 +7 /m);
        const answer = await paste(demo, onlyLine(demo, '/shop-admin', 'constraints/shop/checkout'));
        expect(JSON.parse(answer)).toMatchObject({ severity: 'Warning', message: expect.stringContaining('any port') });
      },
      { timeout: 120_000 },
    );
    await paste(demo, onlyLine(demo, 'sandbox create deployment'));
    await paste(demo, onlyLine(demo, 'label namespace legacy'));
    await vi.waitFor(
      async () => {
        const table = await paste(demo, onlyLine(demo, 'kubectl get constraintreports'));
        expect(table).toMatch(/^sandbox +constraints +9 +1 +4 +4 /m);
        expect(table).toMatch(/^legacy +constraints +7 +1 +3 +3 /m);
        expect(await paste(demo, onlyLine(demo, 'reports/legacy'))).toContain('Pod Security Standard are refused');
      },
      { timeout: 120_000 },
    );
  });

  test.skipIf(!hasKubectl)('without the ClusterRoleBinding of nobody in particular there is a 401', async () => {
    await paste(demo, onlyLine(demo, 'delete clusterrolebinding'));
    const answer = await paste(demo, onlyLine(demo, 'sleep 60'));
    expect(answer).toMatch(/^HTTP\/1.1 401 [^]*www-authenticate: Bearer/i);
  });

  test('Ctrl-C ends every process and removes the folder', async () => {
    const folder = dirname(dirname(/KUBECONFIG=(\S+)/.exec(demo.stdout())?.[1] ?? ''));
    expect(existsSync(folder)).toBe(true);
    const processes = processesOf(demo.pid);
    const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'operator/main.ts', 'gateway/main.ts'];
    const commands = processes.map(({ command }) => command);
    expect(programs.filter((program) => !commands.some((command) => command.includes(program)))).toEqual([]);
    process.kill(demo.pid, 'SIGINT');
    expect(await demo.exited).toEqual([0, null]);
    // Watchdogs read the end of their line a moment after the end of what they watch.
    await expect.poll(() => processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('npm start -- --kubeconfig FILE', () => {
  let cluster: ControlPlane;
  let kubeconfig: string;
  beforeAll(async () => {
    cluster = await startControlPlane();
    kubeconfig = join(cluster.folder, 'person.kubeconfig');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: cluster.adminToken },
    };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'own', cluster: { server: cluster.server, 'certificate-authority': cluster.caFile } }],
      users: [
        {
          name: 'person',
          user: {
            exec: {
              apiVersion: credential.apiVersion,
              command: 'echo',
              args: [JSON.stringify(credential)],
              interactiveMode: 'Never',
            },
          },
        },
      ],
      contexts: [{ name: 'own', context: { cluster: 'own', user: 'person' } }],
      'current-context': 'own',
    };
    await writeFile(kubeconfig, stringify(config, { lineWidth: 0 }));
  });
  afterAll(() => cluster?.stop());

  test('lists what it would install, and installs nothing where it cannot ask', async () => {
    const demo = startDemo('--kubeconfig', kubeconfig);
    expect(await demo.exited).toEqual([1, null]);
    expect(demo.stdout()).toContain('CustomResourceDefinition constraintreports.potoo.io');
    expect(demo.stderr()).toContain('--yes');
    expect(demo.stderr()).not.toMatch(/^ +at /m);
    expect(await get(cluster, '/api/v1/namespaces/potoo-system')).toBeUndefined();
  });

  test('runs with credentials that a program prints, without samples and without rights for nobody', async () => {
    const demo = startDemo('--kubeconfig', kubeconfig, '--yes');
    try {
      await demo.ready();
      expect(demo.stdout()).toMatch(/^default +constraints +0 +0 +0 +0 /m);
      expect(await get(cluster, '/api/v1/namespaces/shop')).toBeUndefined();
      const lines = linesOf(demo).filter((line) => hasKubectl || !line.includes('kubectl'));
      const answers = await Promise.all(lines.map(async (line) => ({ line, said: await paste(demo, line) })));
      const statuses = answers.filter(({ line }) => line.includes(' -i ')).map(({ said }) => said.slice(0, 12));
      expect(statuses).toEqual(hasKubectl ? ['HTTP/1.1 403', 'HTTP/1.1 401'] : ['HTTP/1.1 401']);

      // The watchdog's command line ends with the same words.
      const isGateway = /^[^\0]*node\0(?:--[^\0]*\0)*[^\0]*gateway\/main.ts/;
      const gateway = processesOf(demo.pid).find(({ command }) => isGateway.test(command));
      // Not by 0 for none: that is the own process group, with the test run in it.
      if (gateway === undefined) throw new Error('no process of the demo runs gateway/main.ts');
      process.kill(gateway.pid, 'SIGKILL');
      expect(await demo.exited).toEqual([1, null]);
      expect(demo.stderr()).toContain('gateway ended by itself (SIGKILL)');
      expect(demo.stdout()).toContain(`kubectl --kubeconfig ${kubeconfig} delete namespace potoo-system`);
    } finally {
      if (isAlive(demo.pid)) process.kill(demo.pid, 'SIGTERM');
      await demo.exited;
    }
  });
});
