import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { worldObjects } from './callers-world.ts';
import { eventually } from './cluster.ts';

// The scripts in real shells on terminals of their own: what is typed has TABs in it, and what is run says what came of them.

const bin = fileURLToPath(new URL('../../gateway/bin', import.meta.url));
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

let home: string;
let reports: string;

beforeAll(() => {
  home = mkdtempSync(`${process.env['POTOO_E2E_RUN_FOLDER'] ?? tmpdir()}/completion-`);
  reports = `${home}/reports.json`;
  writeFileSync(reports, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: worldObjects() }));
  const contexts = ['near', 'far-away', 'with $(touch owned)'].map((name) => ({
    name,
    context: { cluster: 'c', user: 'u' },
  }));
  writeFileSync(`${home}/kubeconfig`, JSON.stringify({ apiVersion: 'v1', kind: 'Config', contexts }));
});
afterAll(() => rmSync(home, { recursive: true }));

const environment = () => ({
  PATH: `${bin}:${process.env['PATH']}`,
  HOME: home,
  KUBECONFIG: `${home}/kubeconfig`,
  TERM: 'xterm',
  LANG: 'C.UTF-8',
});

const starts = {
  bash: { command: 'bash --norc --noprofile -i', ready: 'source <(potoo completion bash)' },
  zsh: { command: 'zsh -f -i', ready: 'autoload -U compinit && compinit -u -D && source <(potoo completion zsh)' },
  fish: { command: 'fish --no-config -i', ready: 'potoo completion fish | source' },
} as const;

let sessions = 0;

/** Types lines into a shell; each writes what it was completed to into a file of its own. */
async function typed(shell: keyof typeof starts, lines: readonly string[]): Promise<string[]> {
  const { command, ready } = starts[shell];
  const terminal = spawn('script', ['-qec', `stty cols 200 rows 50; ${command}`, '/dev/null'], {
    env: environment(),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(terminal, 'close');
  sessions += 1;
  const session = `${home}/${shell}-${sessions}`;
  const file = (name: string | number) => `${session}-${name}`;
  // A whole file, and not one that is being written.
  const isWritten = (path: string) => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n');
  try {
    terminal.stdin.write(`${ready}; echo >${file('ready')}\n`);
    await eventually(`${shell} has read the script`, async () => Promise.resolve(isWritten(file('ready'))));
    for (const [index, line] of lines.entries()) {
      terminal.stdin.write(`echo ${line} >${file(index)}\n`.replace(/^echo potoo/, 'potoo'));
      await eventually(`${shell}: ${line}`, async () => Promise.resolve(isWritten(file(index))));
    }
    return lines.map((_, index) => readFileSync(file(index), 'utf8').trimEnd());
  } finally {
    terminal.stdin.end('exit\n');
    await ended;
  }
}

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  test.skipIf(!has(shell) || !has('script'))(
    'completes commands, options, their values, namespaces and names',
    async () => {
      const lines = [
        `potoo --reports ${reports} det\t-n sh\tche\t-o na\t`,
        `potoo --reports ${reports} namesp\t--outp\tna\t`,
        `potoo --reports ${home}/rep\tquery -n pay\t--no-head\t--severity Cri\t-o na\t`,
      ];
      const [details, namespaces, query] = await typed(shell, lines);
      expect(details).toBe('checkout-in/Ingress');
      expect(namespaces).toBe('payments\nplatform\nshop');
      expect(query).toBe('ledger-in/Ingress');
    },
  );
});

test.skipIf(!has('bash') || !has('script'))('bash completes what stands after an equals sign', async () => {
  const [names] = await typed('bash', [`potoo --reports ${reports} namespaces --output=na\t`]);
  expect(names).toBe('payments\nplatform\nshop');
});

describe('what the scripts ask', () => {
  const complete = (...words: string[]) =>
    spawnSync('potoo', ['__complete', '--', ...words], { env: environment(), encoding: 'utf8' });

  test('names that a shell would run are left out', () => {
    expect(complete('query', '--context', '').stdout).toBe('near\nfar-away\n');
  });

  test.each([
    ['what cannot be read', ['--reports', '/no/such/file', 'details', '']],
    ['an option that does not exist', ['query', '--no-such', '']],
    ['a word that is no choice', ['-o', 'xml', 'details', '']],
    ['nothing', []],
  ])('%s is no error', (_, words) => {
    const { status, stderr } = complete(...words);
    expect([status, stderr]).toEqual([0, '']);
  });
});
