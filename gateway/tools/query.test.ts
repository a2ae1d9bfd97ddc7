import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Constraint, constraintTypes, severities } from '../../crds/constraint.ts';
import { ConstraintAnswer } from '../answer/constraint.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { mcpDoor, exampleRevisions } from '../testing/mcp-door.ts';
import {
  changedAt,
  clusterDetailObject,
  detailObject,
  entryOf,
  hiddenWords,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';

/** Strict, so that no answer has a field that its published schema does not know. */
const QueryAnswer = z.strictObject({
  namespace: z.string(),
  constraints: z.array(z.strictObject(ConstraintAnswer.shape)),
  total: z.number(),
  returned: z.number(),
  truncated: z.boolean(),
  next_cursor: z.string().optional(),
  note: z.string().optional(),
});
type QueryAnswer = z.infer<typeof QueryAnswer>;

async function query(gateway: Gateway, input: object, user = 'reader'): Promise<QueryAnswer> {
  const response = await gateway.post('/tools/potoo_query', { namespace: 'shop', ...input }, user);
  expect(response.status).toBe(200);
  return QueryAnswer.parse(await response.json());
}
const namesOf = ({ constraints }: QueryAnswer) => constraints.map(({ name }) => name);

/** Own policies, one that is cluster-wide, and one of another namespace, each with a full form. */
const own = networkConstraint('shop', 'db-in');
const clusterWide = networkConstraint('', 'baseline', {
  severity: 'Warning',
  source: { apiVersion: 'policy.networking.k8s.io/v1', kind: 'ClusterNetworkPolicy', name: 'baseline' },
});
const foreign = networkConstraint('platform', 'secret-peer', { severity: 'Info' });
const levels = [
  reportObject('shop', [entryOf(own, { affectedWorkloads: { total: 1, items: ['Deployment/db'] } })], {
    total: 3,
    inherited: [lineOf(clusterWide), lineOf({ ...foreign, summary: 'Incoming connections of some pods are limited' })],
  }),
  detailObject('shop', 'constraints', [own]),
  detailObject('platform', 'constraints', [foreign]),
  clusterDetailObject('baseline', [clusterWide]),
  detailObject('shop', 'workloads', [
    { kind: 'Deployment', name: 'db', labels: { tier: 'hidden-tier' } },
    { kind: 'Deployment', name: 'web', labels: { tier: 'front' } },
  ]),
];

describe('levels', () => {
  const gateway = createGateway({
    objects: levels,
    rights: {
      ...rightsOf('shop'),
      clusterReader: ['get constraintreports shop', 'get clusterconstraintdetails'],
      neighbour: ['get constraintreports shop', 'get constraintdetails platform'],
    },
  });

  test.each([
    ['reader', ['summary', 'summary', 'summary']],
    ['owner', ['detailed', 'summary', 'summary']],
    ['clusterReader', ['summary', 'full', 'summary']],
    ['neighbour', ['summary', 'summary', 'full']],
    ['admin', ['detailed', 'full', 'full']],
  ])('%s sees its own, cluster-wide and foreign policies at %j', async (user, expected) => {
    const { constraints } = await query(gateway, {}, user);
    expect(constraints.map(({ detail_level: level }) => level)).toEqual(expected);
    for (const { detail_level: level, message } of constraints) {
      const shown = hiddenWords.filter((word) => message.includes(word));
      expect(shown).toEqual(level === 'summary' ? [] : hiddenWords);
    }
  });

  test('at the summary level the answer is what the report says, with the version of the policy', async () => {
    const { constraints } = await query(gateway, { include_remediation: false });
    expect(constraints).toEqual([
      {
        id: own.id,
        name: 'db-in',
        rule: 'Ingress',
        namespace: 'shop',
        constraint_type: 'NetworkIngress',
        severity: 'Critical',
        effect: 'restrict',
        message: 'Incoming connections of some pods are limited by db-in',
        source_kind: 'NetworkPolicy',
        source_api_version: 'networking.k8s.io/v1',
        affected_workloads: ['db'],
        affected_workloads_total: 1,
        tags: ['network', 'restrict'],
        detail_level: 'summary',
        last_observed: changedAt,
        metrics: null,
      },
      expect.objectContaining({ name: 'baseline', source_api_version: 'policy.networking.k8s.io/v1' }),
      expect.objectContaining({ name: `policy-${foreign.id}`, affected_workloads: [] }),
    ]);
    expect(constraints[2]).not.toHaveProperty('namespace');
    expect(constraints[2]).not.toHaveProperty('rule');
  });

  test('each constraint says what to do about it, unless that is not wanted', async () => {
    for (const user of ['reader', 'owner', 'admin']) {
      const { constraints } = await query(gateway, {}, user);
      for (const { remediation } of constraints) expect(remediation?.summary).toMatch(/^[A-Z].+\.$/);
      const without = await query(gateway, { include_remediation: 'false' }, user);
      expect(without.constraints).toEqual(constraints.map((each) => ({ ...each, remediation: undefined })));
    }
  });

  test('with the right, a policy of another namespace appears under its name', async () => {
    const { constraints } = await query(gateway, {}, 'neighbour');
    expect(constraints[2]).toMatchObject({ name: 'secret-peer', namespace: 'platform', affected_workloads: [] });
  });

  test('a full form in a namespace of its own cannot speak for a policy of another one', async () => {
    const forged = { ...own, message: 'forged' };
    const with2 = createGateway({
      objects: [...levels, detailObject('platform', 'constraints', [forged], 1)],
      rights: rightsOf('shop'),
    });
    const { constraints } = await query(with2, {}, 'admin');
    expect(constraints[0]?.message).toBe(own.message);

    const beyond = createGateway({
      objects: [
        reportObject('shop', [], { more: [own.id] }),
        detailObject('shop', 'constraints', [own]),
        detailObject('platform', 'constraints', [forged], 1),
      ],
      rights: rightsOf('shop'),
    });
    expect((await query(beyond, {}, 'admin')).constraints).toMatchObject([{ message: own.message, name: 'db-in' }]);
  });

  test('a full form that cannot be read leaves the summary, and is said once', async () => {
    const broken = createGateway({
      objects: [
        reportObject('shop', [entryOf(own)]),
        detailObject('shop', 'constraints', [`{"id":"${own.id}","name":7}`, 'no json']),
      ],
      rights: rightsOf('shop'),
    });
    for (const _time of [1, 2]) {
      const { constraints } = await query(broken, {}, 'owner');
      expect(constraints).toMatchObject([{ detail_level: 'summary', source_api_version: '' }]);
    }
    expect(broken.problems).toMatchObject([
      { object: 'ConstraintDetail shop/constraints', path: 'texts[1]' },
      { object: 'ConstraintDetail shop/constraints', path: `constraint ${own.id}` },
    ]);
  });
});

test('nothing of a full form is in the bytes that a reader gets, whatever is asked', async () => {
  const word = fc.stringMatching(/^[a-z]{12}$/);
  const input = fc.record(
    {
      workload_name: fc.constantFrom('db', 'Deployment/web', 'gone'),
      workload_labels: fc.constantFrom({ tier: 'hidden-tier' }, { tier: 'front' }, {}),
      limit: fc.integer({ min: 1, max: 5 }),
      severity: fc.constantFrom(...severities),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(word, { minLength: 4, maxLength: 4 }), input, async (words, asked) => {
      const [tier = '', cidr = '', peer = '', port = ''] = words.map((each) => `hidden-${each}`);
      const secret = (constraint: Constraint): Constraint => ({
        ...constraint,
        message: `to ${cidr}`,
        scope: { namespaces: {}, workloads: { selector: { matchLabels: { tier } } } },
        rule: {
          form: 'network',
          direction: 'Ingress',
          clauses: [{ path: '/x', peers: [{ ipBlock: { cidr, except: [peer] } }], ports: [{ protocol: 'TCP', port }] }],
        },
      });
      const gateway = createGateway({
        objects: [
          levels[0] ?? reportObject('shop', []),
          detailObject('shop', 'constraints', [secret(own)]),
          detailObject('platform', 'constraints', [secret(foreign)]),
          clusterDetailObject('baseline', [secret(clusterWide)]),
          detailObject('shop', 'workloads', [{ kind: 'Deployment', name: 'db', labels: { tier } }]),
        ],
        rights: rightsOf('shop'),
      });
      const doors = [gateway, ...exampleRevisions.map((revision) => mcpDoor(gateway, revision))];
      const texts = await Promise.all(
        doors.flatMap((door) => [
          door.post('/tools/potoo_query', { namespace: 'shop', ...asked }, 'reader'),
          door.get('/resources/reports/shop', 'reader'),
          door.get(`/resources/constraints/shop/${own.id}`, 'reader'),
          door.get(`/resources/constraints/shop/policy-${foreign.id}`, 'reader'),
          door.get('/resources/constraints/shop/secret-peer', 'reader'),
          ...['db-in', 'baseline', `policy-${foreign.id}`, 'secret-peer'].map(async (name) =>
            door.post('/tools/potoo_remediation', { namespace: 'shop', constraint_name: name }, 'reader'),
          ),
        ]),
      );
      for (const response of texts) {
        // Over MCP a resource is named as it was asked for.
        const text = (await response.text()).replaceAll(/"uri":"[^"]*"/g, '');
        for (const hidden of ['hidden-', 'secret-peer', 'platform']) expect(text).not.toContain(hidden);
      }
    }),
    { numRuns: 50 },
  );
});

describe('the workloads of a namespace', () => {
  const items = Array.from({ length: 20 }, (_, index) => `Deployment/w${10 + index}`);
  const workloads = Array.from({ length: 28 }, (_, index) => ({
    kind: 'Deployment',
    name: `w${10 + index}`,
    labels: { tier: 'hidden-tier' },
  }));
  const gateway = createGateway({
    objects: [
      reportObject('shop', [entryOf(own, { affectedWorkloads: { total: 28, items } })], {
        inherited: [lineOf(clusterWide)],
      }),
      detailObject('shop', 'constraints', [own]),
      clusterDetailObject('baseline', [clusterWide]),
      detailObject('shop', 'workloads', workloads),
    ],
    rights: { ...rightsOf('shop'), clusterReader: ['get constraintreports shop', 'get clusterconstraintdetails'] },
  });

  test('are named beyond the report to those alone who may get its details', async () => {
    const counts = async (user: string) =>
      (await query(gateway, {}, user)).constraints.map(
        ({ affected_workloads: names, affected_workloads_total: total }) => [names.length, total],
      );
    expect(await counts('reader')).toEqual([
      [20, 28],
      [0, 0],
    ]);
    expect(await counts('clusterReader')).toEqual([
      [20, 28],
      [0, 0],
    ]);
    expect(await counts('admin')).toEqual([
      [28, 28],
      [28, 28],
    ]);
  });

  test('may be bound by what does not name them all, as far as others can know', async () => {
    for (const name of ['w11', 'w37', 'no-such-thing']) {
      expect(namesOf(await query(gateway, { workload_name: name }))).toEqual(['db-in', 'baseline']);
    }
    expect(namesOf(await query(gateway, { workload_name: 'no-such-thing' }, 'admin'))).toEqual([]);
  });
});

describe('filters', () => {
  const all = networkConstraint('shop', 'all-pods', { severity: 'Warning', scope: { namespaces: {}, workloads: {} } });
  const unused = networkConstraint('shop', 'unused', {
    severity: 'Info',
    type: 'NetworkEgress',
    scope: { namespaces: {}, workloads: { selector: { matchLabels: { tier: 'nobody' } } } },
  });
  const gateway = createGateway({
    objects: [
      reportObject('shop', [
        entryOf(own, { affectedWorkloads: { total: 1, items: ['Deployment/db'] } }),
        entryOf(all, { affectedWorkloads: { total: 2, all: true } }),
        entryOf(unused),
      ]),
      detailObject('shop', 'constraints', [own, all, unused]),
      ...levels.slice(4),
    ],
    rights: rightsOf('shop'),
  });

  test.each([
    [{}, ['db-in', 'all-pods', 'unused']],
    [{ severity: 'Warning' }, ['all-pods']],
    [{ constraint_type: 'NetworkEgress' }, ['unused']],
    [{ constraint_type: 'NetworkEgress', severity: 'Critical' }, []],
    [{ workload_name: 'db' }, ['db-in', 'all-pods']],
    [{ workload_name: 'Deployment/db' }, ['db-in', 'all-pods']],
    [{ workload_name: 'StatefulSet/db' }, ['all-pods']],
    [{ workload_name: 'web' }, ['all-pods']],
    [{ workload_name: 'not-there-yet' }, ['all-pods']],
  ])('%j leaves %j', async (input, expected) => {
    for (const user of ['reader', 'owner']) {
      const answer = await query(gateway, input, user);
      expect(namesOf(answer)).toEqual(expected);
      expect(answer).toMatchObject({ total: expected.length, returned: expected.length, truncated: false });
    }
  });

  test('who may see the workloads is told when none has the name', async () => {
    const noteFor = async (name: string, user: string) => (await query(gateway, { workload_name: name }, user)).note;
    expect(await noteFor('dbb', 'owner')).toContain('No workload of this name');
    for (const name of ['db', 'Deployment/db']) expect(await noteFor(name, 'owner')).toBeUndefined();
    expect(await noteFor('dbb', 'reader')).toBeUndefined();
    expect((await query(gateway, {}, 'owner')).note).toBeUndefined();
  });

  test('labels are compared with selectors that the caller may see, and with no others', async () => {
    const ask = { workload_labels: { tier: 'front' } };
    expect(namesOf(await query(gateway, ask, 'owner'))).toEqual(['all-pods']);
    expect(namesOf(await query(gateway, ask, 'reader'))).toEqual(['db-in', 'all-pods', 'unused']);
    expect(namesOf(await query(gateway, { workload_labels: { app: 'x', tier: null } }, 'owner'))).toEqual(['all-pods']);
    expect(namesOf(await query(gateway, { workload_labels: { tier: 'nobody' } }, 'owner'))).toEqual([
      'all-pods',
      'unused',
    ]);
  });
});

describe('pages', () => {
  const entries = Array.from({ length: 37 }, (_, index) =>
    networkConstraint('shop', `policy-${(index * 7) % 11}`, {
      key: `rule-${index}`,
      severity: severities[index % 3] ?? 'Info',
      type: constraintTypes[index % 5] ?? 'Unknown',
    }),
  );
  /** Rules of one cluster-wide policy: their lines differ in the ids alone. */
  const inherited = ['c', 'a', 'b'].map((id) => `Info warn Admission Policy/many ${id}: Something is asked for`);
  const total = entries.length + inherited.length;
  const objects = [
    reportObject(
      'shop',
      entries.map((each) => entryOf(each)),
      { inherited },
    ),
    detailObject('shop', 'constraints', entries),
    reportObject('other', []),
  ];

  test('put together they are the whole, in its order, under any limits', async () => {
    const gateway = createGateway({ objects, rights: rightsOf('shop') });
    const whole = await query(gateway, { limit: 1_000 });
    expect(whole.returned).toBe(total);
    expect(whole.constraints.map(({ severity }) => severities.indexOf(severity))).toEqual(
      whole.constraints.map(({ severity }) => severities.indexOf(severity)).toSorted((a, b) => a - b),
    );
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 20 })), async (limits) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page: QueryAnswer = await query(gateway, { limit: limits.next().value, cursor: cursor ?? null });
          expect(page.total).toBe(total);
          expect(page.truncated).toBe(page.next_cursor !== undefined);
          seen.push(...page.constraints.map(({ id }) => id));
          cursor = page.next_cursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(whole.constraints.map(({ id }) => id));
      }),
      { numRuns: 30 },
    );
  });

  test('what comes or goes between two pages makes no other entry appear twice or not at all', async () => {
    const gateway = createGateway({ objects, rights: rightsOf('shop') });
    const whole = await query(gateway, { limit: 1_000 });
    const first = await query(gateway, { limit: 10 });
    const [, , gone] = first.constraints;
    const left = entries.filter(({ id }) => id !== gone?.id);
    const came = networkConstraint('shop', 'a-new-one');
    const changed = createGateway({
      objects: [
        reportObject(
          'shop',
          [...left, came].map((each) => entryOf(each)),
          { inherited },
        ),
      ],
      rights: rightsOf('shop'),
    });
    const rest = await query(changed, { cursor: first.next_cursor });
    expect(rest.constraints.map(({ id }) => id)).toEqual(whole.constraints.slice(10).map(({ id }) => id));
  });

  test('a cursor that this list did not give out is refused', async () => {
    const gateway = createGateway({ objects, rights: { reader: ['get constraintreports'] } });
    const { next_cursor: cursor = '' } = await query(gateway, { limit: 3 });
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const wrong: [string, string][] = [
      ['shop', `${cursor}=`],
      ['shop', cursor.slice(1)],
      ['shop', 'x'],
      ['shop', encode(['query/shop', ['Grave', 'Unknown', '', '', '', '']])],
      ['shop', encode(['query/shop', []])],
      ['shop', encode(null)],
      ['shop', encode(['reports/shop', ['Info', 'Unknown', '', '', '', '']])],
      ['other', cursor],
    ];
    for (const [namespace, each] of wrong) {
      const response = await gateway.post('/tools/potoo_query', { namespace, cursor: each }, 'reader');
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'INVALID_CURSOR' }]);
    }
  });

  test('ids that found no room in the report are answered from their full forms, as the report would have', async () => {
    const [listed, ...beyond] = entries;
    const gateway = createGateway({
      objects: [
        reportObject('shop', listed === undefined ? [] : [entryOf(listed)], {
          total: 39,
          more: [...beyond.map(({ id }) => id), foreign.id],
        }),
        detailObject('shop', 'constraints', entries),
        detailObject('platform', 'constraints', [foreign]),
      ],
      rights: rightsOf('shop'),
    });
    const answer = await query(gateway, { limit: 1_000 });
    expect(answer.total).toBe(entries.length + 1);
    expect(namesOf(answer)).toContain(`policy-${foreign.id}`);
    for (const word of hiddenWords) expect(JSON.stringify(answer.constraints)).not.toContain(word);
    expect(answer.note).toBeUndefined();
  });

  test('of ids whose full form is not there the answer says that they are missing', async () => {
    const gateway = createGateway({
      objects: [
        reportObject(
          'shop',
          entries.slice(0, 1).map((each) => entryOf(each)),
          { more: [foreign.id, 'gone'] },
        ),
      ],
      rights: rightsOf('shop'),
    });
    expect((await query(gateway, {})).note).toBe(
      '2 more bind the namespace: they found no room in its report, and their full form could not be read.',
    );
  });
});
