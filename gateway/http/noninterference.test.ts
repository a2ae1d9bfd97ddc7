/**
 * Two clusters that differ in nothing but what stands behind a further right: whoever lacks it gets the same bytes from
 * both, headers and lengths with them, whatever is asked.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredConstraint } from '../../crds/constraint.ts';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import { gatherMs } from '../catalog/changes.ts';
import { readEvents } from '../testing/event-reader.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { hostileConstraint } from '../testing/hostile.ts';
import { mcpDoor, type ExampleRevision, exampleRevisions } from '../testing/mcp-door.ts';
import { clusterDetailObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const own = ['a', 'b', 'c'].map((name) => networkConstraint('shop', name));
const beyond = networkConstraint('shop', 'beyond');
const wide = networkConstraint('', 'wide', {
  source: { apiVersion: 'policy.networking.k8s.io/v1', kind: 'ClusterNetworkPolicy', name: 'wide' },
});
const foreign = networkConstraint('bank', 'vault');

/** What the operator keeps behind a right of its own; the rest of a constraint stands in reports, too. */
const anyHidden = hostileConstraint().map(({ message, scope, rule }) => ({ message, scope, rule }));
type Hidden = Pick<StoredConstraint, 'message' | 'scope' | 'rule'>;

function detailsOf([first, second, third, fourth]: readonly Hidden[], workload: string) {
  return [
    detailObject('shop', 'constraints', [...own.map((each) => ({ ...each, ...first })), { ...beyond, ...second }]),
    clusterDetailObject('wide', [{ ...wide, ...third }]),
    detailObject('bank', 'constraints', [{ ...foreign, ...fourth, name: `${workload}-policy` }]),
    detailObject('shop', 'workloads', [{ kind: 'Deployment', name: workload, labels: { app: workload } }]),
  ];
}

const reports = [
  reportObject(
    'shop',
    own.map((each) => entryOf(each, { affectedWorkloads: { total: 30, items: ['Deployment/web'] } })),
    {
      inherited: [
        formatReportLine({ ...wide, kind: wide.source.kind }),
        formatReportLine({ ...foreign, kind: foreign.source.kind, name: handleOf(foreign.id) }),
      ],
      more: [beyond.id],
    },
  ),
  reportObject('bank', [entryOf(foreign)]),
];

/** Errors as somebody would paste them who guesses what is hidden: names, ports, figures, labels. */
function guesses(names: readonly string[], workload: string): readonly string[] {
  const [name = ''] = names;
  const pod = `${workload}-7c9f8d5b6-abcde`;
  return [
    names.map((each) => `admission webhook "${each}" denied the request: no`).join('\n'),
    `pods "${pod}" is forbidden: ValidatingAdmissionPolicy 'wide' with binding '${name}' denied request: no`,
    `pods "${pod}" is forbidden: exceeded quota: ${name}, requested: pods=1, used: pods=1, limited: pods=1`,
    `"GET / HTTP/1.1" 403 - rbac_access_denied_matched_policy[ns[bank]-policy[${workload}-policy]-rule[0]] - "-" 0 19`,
    `"GET / HTTP/1.1" 403 - rbac_access_denied_matched_policy[none] - "-" 0 19`,
    `bank/${pod}:40000 (ID:1) <> shop/${pod}:15432 (ID:2) Policy denied DROPPED (TCP Flags: SYN)`,
    `${pod}: dial tcp 203.0.113.7:15432: i/o timeout`,
    `Cannot evict pod as it would violate the pod's disruption budget. The disruption budget ${name} needs 1 healthy pods`,
    `nothing that is known: ${names.join(' ')}`,
  ];
}

/** One text an answer, with every byte of it. */
async function allThatIsSaid(gateway: Gateway, workload: string, way: 'REST' | ExampleRevision): Promise<string[]> {
  const said: string[] = [];
  const note = async (response: Response) => {
    const head = JSON.stringify([response.status, [...response.headers]]);
    said.push(`${head} ${Buffer.from(await response.arrayBuffer()).toString('latin1')}`);
  };
  const mcp = way === 'REST' ? undefined : mcpDoor(gateway, way);
  const door = mcp ?? gateway;
  const gzip = { authorization: 'Bearer reader', 'accept-encoding': 'gzip' };
  for (const path of ['/resources/reports/shop', '/resources/reports/shop?limit=2', '/resources/reports/bank']) {
    await note(await door.get(path, 'reader'));
    if (mcp === undefined) await note(await gateway.request(path, { headers: gzip }));
  }
  for (const method of ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list']) {
    if (mcp !== undefined) await note(await mcp.send(method, {}, 'reader'));
  }
  for (const [name, value] of [
    ['namespace', ''],
    ['name', ''],
    ['name', workload.slice(0, 3)],
  ] as const) {
    const ref = { type: 'ref/resource', uri: 'potoo://constraints/{namespace}/{name}' };
    const context = { arguments: { namespace: 'shop' } };
    if (mcp !== undefined)
      await note(await mcp.send('completion/complete', { ref, argument: { name, value }, context }, 'reader'));
  }
  const names = [...own, beyond, wide, foreign].flatMap(({ id, name, key }) => [
    id,
    handleOf(id),
    name,
    `${name}/${key}`,
  ]);
  for (const name of [...names, workload, `${workload}-policy`]) {
    await note(await door.get(`/resources/constraints/shop/${encodeURIComponent(name)}`, 'reader'));
    await note(await door.post('/tools/potoo_remediation', { namespace: 'shop', constraint_name: name }, 'reader'));
  }
  const filters = [{}, { limit: 2 }, { severity: 'Critical' }, { constraint_type: 'NetworkIngress' }];
  const workloads = ['web', 'none', workload].flatMap((name) => [
    { workload_name: name },
    { workload_labels: { app: name, tier: 'hidden-tier' } },
  ]);
  for (const filter of [...filters, ...workloads]) {
    await note(await door.post('/tools/potoo_query', { namespace: 'shop', ...filter }, 'reader'));
  }
  for (const error_message of guesses(names, workload)) {
    const body = { namespace: 'shop', error_message, workload_name: workload };
    await note(await door.post('/tools/potoo_explain', body, 'reader'));
  }
  for (const user of ['reader', undefined]) {
    const body = { namespace: 'bank', error_message: `exceeded quota: ${workload}, requested: ` };
    await note(await door.post('/tools/potoo_explain', body, user));
  }
  await note(await door.post('/tools/potoo_list_namespaces', {}, 'reader'));
  return said;
}

test.each(['REST', ...exampleRevisions] as const)(
  'by %s who may read reports alone gets the same bytes whatever the full forms say',
  async (way) => {
    const gatewayOf = (objects: Parameters<typeof createGateway>[0]['objects']) =>
      createGateway({ objects, rights: rightsOf('shop') });
    const four = fc.tuple(anyHidden, anyHidden, anyHidden, anyHidden);
    await fc.assert(
      fc.asyncProperty(four, four, async (one, other) => {
        const gateways = [
          gatewayOf([...reports, ...detailsOf(one, 'secret-name')]),
          gatewayOf([...reports, ...detailsOf(other, 'other')]),
        ] as const;
        const [first, second] = gateways;
        const bothSayTheSame = async () => {
          const [by, but] = [
            await allThatIsSaid(first, 'secret-name', way),
            await allThatIsSaid(second, 'secret-name', way),
          ];
          expect(but).toHaveLength(by.length);
          for (const [index, said] of by.entries()) expect(but[index]).toBe(said);
        };
        await bothSayTheSame();
        // Nor by an event, when the one becomes the other.
        const reader = readEvents(await first.get('/events', 'reader'));
        for (const object of detailsOf(other, 'other')) first.put(object);
        await first.clock.advance(gatherMs);
        expect(reader.news()).toEqual([]);
        await bothSayTheSame();
        await reader.leave();
      }),
      // To look for a smaller one that fails, too, takes minutes: what fails is told at once, with the seed.
      { numRuns: way === 'REST' ? 15 : 6, endOnFailure: true },
    );
  },
);
