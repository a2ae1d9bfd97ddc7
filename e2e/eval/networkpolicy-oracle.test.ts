/**
 * Verdicts that are known of NetworkPolicy and of the policies of administrators before and after it, against what the
 * constraints say. That all agree shows that the rule form loses nothing of them.
 */
import { expect, test } from 'vitest';
import * as z from 'zod';
import { asStored } from '../../crds/cases/load-cases.ts';
import type { Constraint } from '../../crds/constraint.ts';
import { adminNetworkPolicy } from '../../operator/adapters/adminnetworkpolicy.ts';
import { networkPolicy } from '../../operator/adapters/networkpolicy.ts';
import { corpusMissing, sharedCorpus, corpusRows, type JsonObject } from './corpus.ts';
import { judgedVerdict } from './judged-verdict.ts';
import type { End as FormEnd } from './network-form-verdict.ts';
import { verdictOf } from './network-reading.ts';

const Labels = z.record(z.string(), z.string());
const End = z.object({
  namespace: z.string().optional(),
  pod: z.string().optional(),
  labels: Labels.default({}),
  namespace_labels: Labels.default({}),
  ip: z.string().optional(),
});

const Row = z.object({
  id: z.string(),
  policies_file: z.string(),
  topology_file: z.string(),
  from: End,
  to: End,
  port: z.int(),
  protocol: z.string(),
  expected: z.enum(['allow', 'deny']),
});
const Scenario = z.object({ scenario: z.string(), policy_kinds: z.array(z.string()) });

const Pod = z.object({
  kind: z.literal('Pod'),
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  spec: z.object({
    containers: z.array(
      z.object({
        ports: z
          .array(z.object({ name: z.string().optional(), containerPort: z.int(), protocol: z.string().default('TCP') }))
          .default([]),
      }),
    ),
  }),
});
type Pod = z.infer<typeof Pod>;

function constraintsOf(objects: readonly JsonObject[]): readonly Constraint[] {
  return objects.flatMap((object) => {
    const stored = asStored(object);
    const isNamespaced = object['kind'] === 'NetworkPolicy';
    const adapter = isNamespaced ? networkPolicy : adminNetworkPolicy;
    const metadata = isNamespaced ? { namespace: 'default', ...stored.metadata } : stored.metadata;
    const reading = adapter.read({ ...stored, metadata });
    expect(reading.problems).toEqual([]);
    return reading.constraints;
  });
}

type Ports = Pod['spec']['containers'][number]['ports'];
interface Connection {
  readonly from: z.infer<typeof End>;
  readonly to: z.infer<typeof End>;
  readonly port: number;
  readonly protocol: string;
  readonly ports: Ports;
}

/** Both directions, as the gateway judges them. */
function gatewayVerdict({ from, to, port, protocol, ports }: Connection, constraints: readonly Constraint[]): string {
  const connection = { from: formEnd(from, []), to: formEnd(to, ports), protocol, port };
  const verdicts = (['Egress', 'Ingress'] as const).map((way) => judgedVerdict(way, connection, constraints));
  if (verdicts.includes(false)) return 'deny';
  return verdicts.includes(undefined) ? 'unknown' : 'allow';
}

function formEnd({ namespace, pod, labels, namespace_labels, ip = '' }: z.infer<typeof End>, ports: Ports): FormEnd {
  if (namespace === undefined || pod === undefined) return { is: 'outside', ip };
  return {
    is: 'pod',
    name: pod,
    namespace: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace, ...namespace_labels } },
    labels,
    serviceAccount: { name: 'default', labels: {} },
    ip,
    ports: ports.flatMap(({ name, containerPort, protocol }) =>
      name === undefined ? [] : [{ name, protocol, port: containerPort }],
    ),
  };
}

test('verdicts drawn from rule and scope alone agree with all that are known', ({ skip }) => {
  if (corpusMissing !== undefined) skip(corpusMissing);
  const folder = 'oracles/networkpolicy';
  const scenarios = corpusRows(`${folder}/scenarios.jsonl`, Scenario);
  const rows = corpusRows(`${folder}/index.jsonl`, Row);

  const constraints = new Map<string, readonly Constraint[]>();
  const pods = new Map<string, readonly Pod[]>();
  const wrong: string[] = [];
  const open: string[] = [];
  for (const { id, policies_file, topology_file, expected, ...connection } of rows) {
    const bound = constraints.get(policies_file) ?? constraintsOf(sharedCorpus.objects(`${folder}/${policies_file}`));
    constraints.set(policies_file, bound);
    const known =
      pods.get(topology_file) ??
      sharedCorpus.objects(`${folder}/${topology_file}`).flatMap((object) => Pod.safeParse(object).data ?? []);
    pods.set(topology_file, known);
    const { to } = connection;
    const pod = known.find(({ metadata }) => metadata.name === to.pod && metadata.namespace === to.namespace);
    const ports = pod?.spec.containers.flatMap((container) => container.ports) ?? [];
    if (verdictOf({ ...connection, ports }, bound) !== expected) wrong.push(`${id}: expected ${expected}`);
    const judged = gatewayVerdict({ ...connection, ports }, bound);
    // Of a pod whose address no row tells, whether it lies in a block is not known.
    if (judged === 'unknown') open.push(id);
    else if (judged !== expected) wrong.push(`${id}: expected ${expected}, the gateway says ${judged}`);
  }
  const denied = rows.filter(({ expected }) => expected === 'deny').length;
  const kinds = [...new Set(scenarios.flatMap(({ policy_kinds }) => policy_kinds))].toSorted();
  console.log(
    JSON.stringify({
      oracle: 'networkpolicy',
      kinds,
      scenarios: scenarios.length,
      rows: rows.length,
      denied,
      wrong: wrong.length,
    }),
  );
  expect(kinds).toEqual(['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy', 'NetworkPolicy']);
  expect(denied).toBeGreaterThan(0);
  expect(denied).toBeLessThan(rows.length);
  expect(wrong).toEqual([]);
  expect(open.length / rows.length, 'share that the gateway leaves open').toBeLessThan(0.02);
});
