import { describe, expect, test } from 'vitest';
import { isTest, readSources } from './sources.ts';

const sources = readSources();
const product = sources.filter(({ path }) => !isTest(path) && !path.startsWith('e2e/') && path.includes('/'));

/** Which folders of the tree each may import, and which packages. What is missing here belongs somewhere else. */
const mayImport: Readonly<
  Record<string, { readonly folders: readonly string[]; readonly packages: readonly string[] }>
> = {
  crds: { folders: ['crds'], packages: ['zod'] },
  kube: { folders: ['crds', 'kube'], packages: ['zod', 'undici', 'yaml', '@kubernetes/client-node'] },
  operator: {
    folders: ['crds', 'kube', 'operator'],
    packages: ['zod', 'pino', 'hono', '@hono/node-server', 'prom-client', '@dot-i/k8s-operator'],
  },
  gateway: {
    folders: ['crds', 'kube', 'gateway'],
    // yaml reads the file of tokens and writes the patches of steps, which are never put together as text.
    packages: [
      'zod',
      'pino',
      'hono',
      '@hono/node-server',
      'prom-client',
      'lru-cache',
      'yaml',
      '@modelcontextprotocol/server',
      'commander',
    ],
  },
};

const folderOf = (path: string) => path.slice(0, path.indexOf('/'));
const isLocal = (imported: string) => /^[a-z0-9-]+\/.*\.(ts|json)$/.test(imported) || imported === 'package.json';
const packageOf = (imported: string) =>
  imported
    .split('/')
    .slice(0, imported.startsWith('@') ? 2 : 1)
    .join('/');

describe.each(Object.entries(mayImport))('%s', (folder, { folders, packages }) => {
  const files = product.filter(({ path }) => folderOf(path) === folder);

  test('imports no folder that it may not know', () => {
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((imported) => isLocal(imported) && imported !== 'package.json' && !folders.includes(folderOf(imported)))
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('imports no package beside those it is meant to use', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(
          (imported) => !isLocal(imported) && !imported.startsWith('node:') && !packages.includes(packageOf(imported)),
        )
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });
});

/** Pure parts: data in, data out. The parts of kube/ that do not talk to anybody are theirs to use. */
const pureFolders = [
  'operator/adapters/',
  'operator/scope/',
  'gateway/answer/',
  'gateway/explain/',
  'gateway/remediation/',
  'gateway/tools/',
  'gateway/resources/',
  'crds/',
];
const pureFiles = [
  'operator/reports/compose-report.ts',
  'operator/reports/compose-details.ts',
  'operator/reports/compose-totals.ts',
  'operator/reports/content.ts',
];
const talking = [
  'kube/transport.ts',
  'kube/client.ts',
  'kube/reflector.ts',
  'kube/lease.ts',
  'kube/credentials.ts',
  'kube/kubeconfig.ts',
];
const ioPackages = ['pino', 'prom-client', 'undici', 'node:fs', 'node:http', 'node:net', 'node:child_process'];

test('what decides imports nothing that talks, stores or logs', () => {
  const pure = product.filter(
    ({ path }) => pureFiles.includes(path) || pureFolders.some((folder) => path.startsWith(folder)),
  );
  const wrong = pure.flatMap(({ path, imports }) =>
    imports
      .filter((imported) => talking.includes(imported) || ioPackages.includes(packageOf(imported)))
      .map((imported) => `${path} imports ${imported}: take what it gives as an argument`),
  );
  expect(wrong).toEqual([]);
});

/** Pattern, the only files that may have it, and what to do instead. */
const banned: readonly (readonly [RegExp, readonly string[], string])[] = [
  [
    /\bprocess\.env\b/,
    ['operator/main.ts', 'gateway/main.ts', 'gateway/cli.ts', 'gateway/stdio.ts'],
    'read configuration in main.ts and pass it on',
  ],
  [/\b(Date\.now|performance\.now|new Date\(\)|set(Timeout|Interval)\()/, ['kube/clock.ts'], 'take a Clock'],
  [/\bMath\.random\b/, ['operator/main.ts', 'gateway/main.ts', 'gateway/cli.ts'], 'take a Random'],
  [/\bnew RegExp\(/, [], 'no pattern is made from input'],
  [/\bconsole\./, [], 'take a logger'],
  [
    /\bprocess\.exit\b/,
    ['operator/main.ts', 'gateway/main.ts', 'gateway/cli.ts', 'gateway/stdio.ts'],
    'throw, or report to main.ts',
  ],
];

test.each(banned)('%s stands only where it belongs', (pattern, allowed, instead) => {
  const wrong = product
    .filter(({ path, text }) => !allowed.includes(path) && pattern.test(text))
    .map(({ path }) => `${path}: ${instead}`);
  expect(wrong).toEqual([]);
});
