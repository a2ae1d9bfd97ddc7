import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createPaces } from '../answer/pace.ts';
import { KubeError } from '../../kube/errors.ts';
import { fitted } from './fit.ts';
import { ListOutput } from './listing.ts';
import { fittedLog } from './log-lines.ts';
import { readFieldSelector, readLabelSelector } from './selectors.ts';
import { readListed, tableText } from './table.ts';
import { credentials } from './testing/credentials.ts';
import { setup, tableOf } from './testing/toolset.ts';

const rights = { ann: ['list pods.', 'get pods.', 'get pods./log', 'list pods.metrics.k8s.io', 'list events.'] };
const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', managedFields: [{ manager: 'kubectl' }] },
  ...more,
});

describe('a list', () => {
  test('is a table as kubectl prints it, with namespaces in front, and the objects pruned and scrubbed', async () => {
    const web = pod('web', { spec: { containers: [{ env: [{ name: 'DB_PASSWORD', value: 'correct-horse' }] }] } });
    const { ask, read } = setup({ rights, answer: () => tableOf([web, pod('a-longer-name')]) });
    const answer = await ask('pods_list', { labelSelector: 'app == web, tier in (b, a)' }, 'ann');
    expect(read.map(({ path, query }) => ({ path, query }))).toEqual([
      {
        path: '/api/v1/pods',
        query: { limit: '250', labelSelector: 'app=web,tier in (b,a)', includeObject: 'Object' },
      },
    ]);
    const { value } = z.object({ value: ListOutput }).parse(answer);
    expect(value.table.split('\n')).toEqual([
      'NAMESPACE   NAME            STATUS',
      'shop        web             Running',
      'shop        a-longer-name   Running',
    ]);
    expect(JSON.stringify(value)).not.toMatch(/managedFields|correct-horse/);
    expect(value).toMatchObject({ returned: 2, returned_items: 2, truncated: false });
  });

  test('of more than fits says so, and is never larger than it may be', async () => {
    const many = Array.from({ length: 250 }, (_, index) => pod(`p${index}`, { spec: { text: 'x'.repeat(3_000) } }));
    for (const bytesMax of [4_000, 18_000, 36_000]) {
      const answer = () => tableOf(many, { continue: 'next', remainingItemCount: 50 });
      const { ask } = setup({ rights, bytesMax, answer });
      const { value } = z.object({ value: ListOutput }).parse(await ask('pods_list', {}, 'ann'));
      expect(Buffer.byteLength(JSON.stringify(value))).toBeLessThanOrEqual(bytesMax);
      expect(value.truncated).toBe(true);
      expect(value.note).toContain('labelSelector');
      expect(value.returned + (value.remaining ?? 0)).toBe(300);
    }
  });

  test('that is too large to read is read in smaller pages, and then refused', async () => {
    const answer = ({ query }: { readonly query?: Readonly<Record<string, string>> | undefined }) =>
      tableOf(
        Array.from({ length: query?.['limit'] === '20' ? 1 : 2 }, () => pod('p', { text: 'x'.repeat(3_000_000) })),
      );
    const small = setup({ rights, answer });
    expect(await small.ask('pods_list', {}, 'ann')).toMatchObject({ ok: true });
    expect(small.read.map(({ query }) => query?.['limit'])).toEqual(['250', '20']);
    const large = setup({ rights, answer: () => 'x'.repeat(5_000_000) });
    expect(await large.ask('pods_list', {}, 'ann')).toMatchObject({ ok: false, error: /more than 4 MiB/ });
  });

  test('of Events begins with the last one', async () => {
    const event = (name: string, lastTimestamp: string) => ({ kind: 'Event', metadata: { name }, lastTimestamp });
    const answer = () => tableOf([event('a', '2026-01-01T00:00:00Z'), event('b', '2026-01-02T00:00:00Z')]);
    const { ask } = setup({ rights, answer });
    const { value } = z.object({ value: ListOutput }).parse(await ask('events_list', {}, 'ann'));
    expect(value.table.split('\n').map((line) => line.split(/ {2,}/)[1])).toEqual(['NAME', 'b', 'a']);
  });

  test('whatever the server answers, is a list or undefined', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (rows, columnDefinitions) => {
        const listed = readListed({ kind: 'Table', rows, columnDefinitions });
        expect(typeof tableText(listed ?? { columns: [], rows: [] }, 1_000).text).toBe('string');
      }),
    );
  });
});

test('an object of any depth and size fits, and says where it was cut', () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
  const large = { metadata: { name: 'x' }, deep, list: Array.from({ length: 5_000 }, (_, index) => `item ${index}`) };
  const small = fitted(large, 3_000);
  expect(small?.cut).toBe(true);
  expect(JSON.stringify(small?.value)).toMatch(/more\)/);
  expect(Buffer.byteLength(JSON.stringify(small?.value))).toBeLessThanOrEqual(3_000);
});

describe('a log', () => {
  test('is asked for in lines and bytes, and comes without credentials', async () => {
    const { ask, read } = setup({ rights, answer: () => 'a line\npassword=correct-horse-battery\n' });
    const answer = await ask('pods_log', { name: 'web', container: 'main', previous: true, tail: '7' }, 'ann');
    expect(read).toMatchObject([
      {
        path: '/api/v1/namespaces/default/pods/web/log',
        query: { container: 'main', previous: 'true', tailLines: '7', limitBytes: '16777216' },
      },
    ]);
    expect(answer).toMatchObject({ ok: true, value: { lines: 2, truncated: false } });
    expect(JSON.stringify(answer)).not.toContain('correct-horse');
  });

  test('that is too long keeps its last lines', () => {
    const text = Array.from({ length: 1_000 }, (_, index) => `line ${index}`).join('\n');
    const { log, lines, truncated } = fittedLog({ text, begun: false, cut: false }, 500);
    expect(log.endsWith('line 998\nline 999')).toBe(true);
    expect([lines < 60, truncated]).toEqual([true, true]);
  });

  test('of one line that is too long shows the end of it, and is no empty log', () => {
    const { log, lines, truncated } = fittedLog(
      { text: `${'é'.repeat(5_000)}the end\n`, begun: false, cut: false },
      500,
    );
    expect([log.startsWith('…'), log.endsWith('the end'), lines, truncated]).toEqual([true, true, 1, true]);
    expect(Buffer.byteLength(JSON.stringify(log))).toBeLessThanOrEqual(510);
  });

  test('of more than is kept ends with its last line, and of more than is read says that it does not', async () => {
    const text = (length: number) => `${`${'x'.repeat(999)}\n`.repeat(length / 1_000)}the last line\n`;
    const long = setup({ rights, answer: () => text(6_000_000) });
    expect(await long.ask('pods_log', { name: 'web', tail: 5_000 }, 'ann')).toMatchObject({
      value: { log: /the last line$/, truncated: true },
    });
    const longer = setup({ rights, answer: () => text(17_000_000) });
    const answer = await longer.ask('pods_log', { name: 'web', tail: 5_000 }, 'ann');
    expect(answer).toMatchObject({ value: { truncated: true, note: /not its last lines/ } });
    expect(JSON.stringify(answer)).not.toContain('the last line\\n');
  });

  test('of which the server says what is missing is refused with its sentence', async () => {
    const said = 'a container name must be specified for pod web, choose one of: [a b]';
    const answer = () => {
      throw new KubeError('KUBE_BAD_REQUEST', { status: 400, request: 'GET /x', said });
    };
    const { ask } = setup({ rights, answer });
    const refused = await ask('pods_log', { name: 'web' }, 'ann');
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', error: `The API server says: ${said}` });
  });
});

test('a credential in what the API server says of a failure is left out, and one in a cell before it is cut', async () => {
  const { secret } = credentials['an AWS secret key without a name'] ?? { secret: '' };
  const answer = () => {
    throw new KubeError('KUBE_BAD_REQUEST', { status: 400, request: 'GET /x', said: `no ${secret} there` });
  };
  const failing = setup({ rights, answer });
  const refused = await failing.ask('pods_get', { name: 'web' }, 'ann');
  expect(refused).toMatchObject({ code: 'INVALID_REQUEST', error: /no \[redacted: AWS secret key\] there/ });

  const event = { kind: 'Event', metadata: { name: `${'x '.repeat(70)}${secret}` } };
  const listing = setup({ rights, answer: () => tableOf([event]) });
  const { value } = z.object({ value: ListOutput }).parse(await listing.ask('events_list', {}, 'ann'));
  expect(value.table).not.toContain(secret.slice(0, 12));
});

test('a call that is asked again in a smaller size reads once', async () => {
  const { ask, read, clock } = setup({ rights, answer: () => tableOf([pod('web')]) });
  const pace = createPaces(clock)(1_000);
  for (const bytesMax of [36_000, 18_000]) {
    expect(await ask('pods_list', {}, 'ann', { pace, bytesMax })).toMatchObject({ ok: true });
  }
  expect(read).toHaveLength(1);
  await ask('pods_list', {}, 'ann');
  expect(read).toHaveLength(2);
});

test('without the metrics API top says so', async () => {
  const { ask } = setup({ rights, absent: ['metrics.k8s.io'] });
  expect(await ask('pods_top', {}, 'ann')).toMatchObject({ code: 'KIND_NOT_SERVED', error: /metrics-server/ });
});

test('an API server that does not answer in time ends the call, and no more than three of one caller wait', async () => {
  const { ask, clock } = setup({ rights, answer: async () => new Promise(() => {}) });
  const calls = Array.from({ length: 4 }, async () => ask('pods_list', {}, 'ann'));
  expect(await calls[3]).toMatchObject({ code: 'RATE_LIMITED' });
  const others = Promise.allSettled(calls.slice(0, 3));
  await clock.advance(3_400);
  expect((await others).map((each) => each.status)).toEqual(['rejected', 'rejected', 'rejected']);
});

describe('selectors', () => {
  test.each([
    ['app=web', 'app=web'],
    [' app == web , tier in ( a,b ) ,!canary, x/y notin (c), z ', 'app=web,tier in (a,b),!canary,x/y notin (c),z'],
    ['size>3,size<10,app!=', 'size>3,size<10,app!='],
    ['', ''],
  ])('%j is read', (text, written) => expect(readLabelSelector(text)).toBe(written));

  test.each([
    'app=(',
    'app in web',
    'a=b=c',
    '-a=b',
    'a&limit=1',
    'a in (b',
    ')',
    'a in (b))',
    'é=b',
    `${'a,'.repeat(40)}a`,
    'a=b,,',
  ])('%j is none', (text) => expect(readLabelSelector(text)).toBeUndefined());

  test('of fields are read, and nothing else', () => {
    expect(readFieldSelector('status.phase!=Running,metadata.name==web')).toBe(
      'status.phase!=Running,metadata.name=web',
    );
    for (const text of ['x', 'a=b\\,c=d', 'a=b&c', '..=b', '-a=b', 'a=b\nc'])
      expect(readFieldSelector(text)).toBeUndefined();
  });

  test('that are written read the same again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const written = readLabelSelector(text);
        if (written !== undefined) expect(readLabelSelector(written)).toBe(written);
      }),
    );
  });
});
