/**
 * A second, slow and obvious reading of the rule form `network`: it sees scope and rule of the constraints and never the
 * policies. That it agrees with every verdict of the oracle shows that the form loses nothing of a NetworkPolicy.
 */
import { BlockList, isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { asStored } from '../../crds/cases/load-cases.ts';
import type { Constraint } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NetworkClause, NetworkPeer, NetworkPort } from '../../crds/rules/network.ts';
import { networkPolicy } from '../../operator/adapters/networkpolicy.ts';
import { corpusMissing, sharedCorpus, corpusRows, type JsonObject } from './corpus.ts';

const Labels = z.record(z.string(), z.string());
const Endpoint = z.object({
  namespace: z.string().optional(),
  pod: z.string().optional(),
  labels: Labels.default({}),
  namespace_labels: Labels.default({}),
  ip: z.string().optional(),
});
type Endpoint = z.infer<typeof Endpoint>;

const Row = z.object({
  id: z.string(),
  scenario: z.string(),
  policies_file: z.string(),
  topology_file: z.string(),
  from: Endpoint,
  to: Endpoint,
  port: z.int(),
  protocol: z.string(),
  expected: z.enum(['allow', 'deny']),
});
type Row = z.infer<typeof Row>;
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

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    const listed = value !== undefined && values.includes(value);
    const holds = { In: listed, NotIn: !listed, Exists: value !== undefined, DoesNotExist: value === undefined };
    if (!holds[operator]) return false;
  }
  return true;
}

function contains(cidr: string, ip: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(length), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

function isPeer(peer: NetworkPeer, other: Endpoint): boolean {
  if (peer.ipBlock !== undefined) {
    const { cidr, except } = peer.ipBlock;
    const { ip } = other;
    return ip !== undefined && contains(cidr, ip) && !except.some((part) => contains(part, ip));
  }
  if (other.pod === undefined || other.namespace === undefined) return false;
  if (peer.pods === undefined) throw new Error(`Not read: ${JSON.stringify(peer)}`);
  const { namespace, namespaceSelector, podSelector } = peer.pods;
  const labels = { 'kubernetes.io/metadata.name': other.namespace, ...other.namespace_labels };
  const inNamespace =
    namespace !== undefined
      ? namespace === other.namespace
      : namespaceSelector !== undefined && selects(namespaceSelector, labels);
  return inNamespace && selects(podSelector, other.labels);
}

function isPort({ protocol, port, endPort }: NetworkPort, row: Row, pod: Pod | undefined): boolean {
  if (protocol !== row.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return row.port >= port && row.port <= (endPort ?? port);
  const ports = pod?.spec.containers.flatMap((container) => container.ports) ?? [];
  return ports.some((one) => one.name === port && one.containerPort === row.port && one.protocol === row.protocol);
}

function passes({ peers, ports, unread }: NetworkClause, other: Endpoint, row: Row, pod: Pod | undefined): boolean {
  if (unread !== undefined) throw new Error(`${row.id}: ${unread.join()} is not understood`);
  const peer = peers === undefined || peers.some((one) => isPeer(one, other));
  return peer && (ports === undefined || ports.some((one) => isPort(one, row, pod)));
}

function verdict(row: Row, constraints: readonly Constraint[], pod: Pod | undefined): 'allow' | 'deny' {
  for (const [direction, subject, other] of [
    ['Egress', row.from, row.to],
    ['Ingress', row.to, row.from],
  ] as const) {
    const openings: NetworkClause[][] = [];
    for (const { scope, rule } of constraints) {
      if (rule.form !== 'network' || rule.direction !== direction || subject.namespace === undefined) continue;
      if (!scope.namespaces.names?.includes(subject.namespace)) continue;
      if (selects(scope.workloads?.selector ?? {}, subject.labels)) openings.push(rule.clauses);
    }
    if (openings.length > 0 && !openings.flat().some((opening) => passes(opening, other, row, pod))) return 'deny';
  }
  return 'allow';
}

function constraintsOf(objects: readonly JsonObject[]): readonly Constraint[] {
  return objects.flatMap((object) => {
    const stored = asStored(object);
    const reading = networkPolicy.read({ ...stored, metadata: { namespace: 'default', ...stored.metadata } });
    expect(reading.problems).toEqual([]);
    return reading.constraints;
  });
}

test('verdicts drawn from rule and scope alone agree with all that are known', { timeout: 120_000 }, ({ skip }) => {
  if (corpusMissing !== undefined) skip(corpusMissing);
  const folder = 'oracles/networkpolicy';
  const scenarios = corpusRows(`${folder}/scenarios.jsonl`, Scenario)
    .filter(({ policy_kinds }) => policy_kinds.every((kind) => kind === 'NetworkPolicy'))
    .map(({ scenario }) => scenario);
  const rows = corpusRows(`${folder}/index.jsonl`, Row).filter(({ scenario }) => scenarios.includes(scenario));

  const constraints = new Map<string, readonly Constraint[]>();
  const pods = new Map<string, readonly Pod[]>();
  const wrong: string[] = [];
  for (const row of rows) {
    const bound =
      constraints.get(row.policies_file) ?? constraintsOf(sharedCorpus.objects(`${folder}/${row.policies_file}`));
    constraints.set(row.policies_file, bound);
    const known =
      pods.get(row.topology_file) ??
      sharedCorpus.objects(`${folder}/${row.topology_file}`).flatMap((object) => Pod.safeParse(object).data ?? []);
    pods.set(row.topology_file, known);
    const pod = known.find(({ metadata }) => metadata.name === row.to.pod && metadata.namespace === row.to.namespace);
    if (verdict(row, bound, pod) !== row.expected) wrong.push(`${row.id}: expected ${row.expected}`);
  }
  const denied = rows.filter(({ expected }) => expected === 'deny').length;
  console.log(
    JSON.stringify({
      oracle: 'networkpolicy',
      scenarios: scenarios.length,
      rows: rows.length,
      denied,
      wrong: wrong.length,
    }),
  );
  expect(denied).toBeGreaterThan(0);
  expect(denied).toBeLessThan(rows.length);
  expect(wrong).toEqual([]);
});
