import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import * as z from 'zod';
import { handleOf } from '../../crds/report-line.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createGateway } from '../testing/fixture.ts';
import {
  clusterDetailObject,
  clusterReportObject,
  detailObject,
  entryOf,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
import { createOffline } from './offline.ts';

const folder = mkdtempSync(join(tmpdir(), 'potoo-offline-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const open = (reports: string) =>
  createOffline({ reports, clock: createVirtualClock(), log: pino({ level: 'silent' }), version: '1.2.3' });

const own = networkConstraint('shop', 'web-in');
const foreign = networkConstraint('platform', 'platform-wide', { severity: 'Warning' });
const clusterWide = networkConstraint('-', 'company-wide', {
  severity: 'Info',
  source: { apiVersion: 'policy.example/v1', kind: 'ClusterPolicy', name: 'company-wide' },
});
const report = reportObject('shop', [entryOf(own)], {
  total: 3,
  warning: 1,
  info: 1,
  inherited: [lineOf(foreign), lineOf(clusterWide)],
});
const details = [
  detailObject('shop', 'constraints', [own]),
  detailObject('platform', 'constraints', [foreign]),
  clusterDetailObject('company-wide', [clusterWide]),
];
const list = (items: readonly object[]) => ({ apiVersion: 'v1', kind: 'List', items });

const Answered = z.object({ constraints: z.array(z.object({ name: z.string(), detail_level: z.string() })) });
async function levelsIn(path: string, namespace = 'shop') {
  const answer = await open(path).ask('potoo_query', { namespace });
  return answer.ok
    ? Answered.parse(answer.value).constraints.map((each) => `${each.name} ${each.detail_level}`)
    : answer.error;
}
const full = ['web-in detailed', 'platform-wide full', 'company-wide full'];

describe('files', () => {
  test.each([
    ['a List in YAML, as kubectl prints it', 'list.yaml', stringify(list([report, ...details]))],
    ['a List in JSON', 'list.json', JSON.stringify(list([report, ...details]))],
    [
      'JSON in a file of another name, with a byte order mark',
      'list.txt',
      `\ufeff${JSON.stringify(list([report, ...details]))}`,
    ],
    ['several documents', 'several.yaml', [report, ...details].map((each) => stringify(each)).join('---\n')],
    [
      'documents with nothing between two marks',
      'gaps.yaml',
      `---\n---\n${stringify(list([report, ...details]))}---\n`,
    ],
    [
      'other objects beside, which are not read',
      'mixed.yaml',
      stringify(list([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }, report, ...details])),
    ],
  ])('may be %s', async (_what, name, text) => {
    expect(await levelsIn(file(name, text))).toEqual(full);
  });

  test('may be a folder with folders in it', async () => {
    file('tree/reports/shop.yml', stringify(report));
    file('tree/details.json', JSON.stringify(list(details)));
    file('tree/notes.md', '# not read');
    expect(await levelsIn(join(folder, 'tree'))).toEqual(full);
  });

  test.each([
    ['nothing.yaml', '', /nothing\.yaml: there is nothing of potoo\.io in it/],
    ['broken.yaml', 'a: 1', /broken\.yaml, document 1: is no object with apiVersion and kind/],
    [
      'no-yaml.yaml',
      `${stringify(report)}---\nkind: [`,
      /no-yaml\.yaml, document 2: line \d+, column \d+: this is not YAML/,
    ],
    ['bomb.yaml', 'a: &a [x]\nb: [*a, *a]\n', /bomb\.yaml, document 1: aliases \(\*name\) are not read/],
    ['deep.yaml', `a: ${'['.repeat(50_000)}`, /deep\.yaml, document 1: .* this is not YAML \(RESOURCE_EXHAUSTION\)/],
    ['item.json', JSON.stringify(list([report, { kind: 'ConstraintReport' }])), /document 1, item 2: is no object/],
    [
      'placeless.yaml',
      stringify({ ...report, metadata: { name: 'constraints' } }),
      /ConstraintReport constraints has no metadata\.namespace/,
    ],
    [
      'newer.yaml',
      stringify({ ...report, apiVersion: 'potoo.io/v9' }),
      /apiVersion potoo\.io\/v9 is not potoo\.io\/v1alpha1/,
    ],
    [
      'twice.yaml',
      JSON.stringify(list([report, report])),
      /item 2: ConstraintReport shop\/constraints stands in .*item 1, too/,
    ],
    [
      'bad.yaml',
      stringify({ ...report, status: { total: 'many' } }),
      /ConstraintReport shop\/constraints: status total/,
    ],
  ])('%s is refused with file, document and reason', (name, text, sentence) => {
    const path = file(name, text);
    expect(() => open(path)).toThrow(sentence);
  });

  test('that are not there, or a folder without any, are said', () => {
    expect(() => open(join(folder, 'missing.yaml'))).toThrow(/missing\.yaml: ENOENT/);
    mkdirSync(join(folder, 'empty'));
    expect(() => open(join(folder, 'empty'))).toThrow(/empty: has no files whose names end in/);
  });
});

describe('levels', () => {
  test('are as low as what the files hold', async () => {
    const reportAlone = file('report.yaml', stringify(report));
    expect(await levelsIn(reportAlone)).toEqual([
      'web-in summary',
      `${handleOf(foreign.id)} summary`,
      'company-wide summary',
    ]);
    const read = await open(reportAlone).read('reports', { namespace: 'shop' });
    expect(read).toMatchObject({ ok: true, value: { detailLevel: 'summary' } });
    const withOwn = file('own.yaml', stringify(list([report, ...details.slice(0, 1)])));
    expect((await levelsIn(withOwn))[0]).toBe('web-in detailed');
  });

  test('with all that there is the answers are those of a gateway for who may see it', async () => {
    const objects = [report, ...details, clusterReportObject()];
    const gateway = createGateway({
      objects,
      rights: {
        admin: [
          'list constraintreports',
          'get constraintreports',
          'get constraintdetails',
          'get clusterconstraintdetails',
          'get clusterconstraintreports',
        ],
      },
    });
    const offline = open(file('all.yaml', stringify(list(objects))));
    for (const [tool, input] of [
      ['potoo_query', { namespace: 'shop' }],
      ['potoo_list_namespaces', {}],
      ['potoo_remediation', { namespace: 'shop', constraint_name: 'platform-wide' }],
    ] as const) {
      const answer = await offline.ask(tool, input);
      const theirs = await gateway.post(`/tools/${tool}`, input, 'admin');
      expect(JSON.stringify(answer.ok && answer.value), tool).toBe(await theirs.text());
    }
  });
});

test('what is not in the files is said to be not there', async () => {
  const path = file('only-shop.yaml', stringify(report));
  const offline = open(path);
  expect(await levelsIn(path, 'payments')).toBe(`${path} holds no report of the namespace payments.`);
  expect(await offline.read('health', {})).toMatchObject({
    value: {
      status: 'degraded',
      reasons: [
        `All this is from ${path}: whether it is up to date is not known.`,
        `${path} holds no ClusterConstraintReport with a status.`,
      ],
    },
  });
});

test('the namespace is meant that the files are about, where it is one alone', () => {
  expect(open(file('one.yaml', stringify(list([report, ...details])))).namespace).toBe('shop');
  expect(open(file('two.yaml', stringify(list([report, reportObject('other', [])])))).namespace).toBeUndefined();
});
