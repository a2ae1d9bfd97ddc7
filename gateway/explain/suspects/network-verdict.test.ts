import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkClause, NetworkRule } from '../../../crds/rules/network.ts';
import { hostileNetworkRule } from '../../testing/hostile-network.ts';
import type { Passage, Side } from './network-match.ts';
import { type BoundRule, judge } from './network-verdict.ts';

const pod: Side = { is: 'pod', namespace: 'shop', labels: { app: 'web' } };
const other: Side = { is: 'pod', namespace: 'data', labels: { app: 'db' } };
const passage: Passage = { subject: pod, other, target: other, protocol: 'TCP', port: 5_432, portIsFinal: true };

const clause = (changes: Partial<NetworkClause> = {}): NetworkClause => ({ path: '/spec/egress/0', ...changes });
const toPort = (port: number): NetworkClause => clause({ ports: [{ protocol: 'TCP', port }] });
const rule = (clauses: NetworkClause[], changes: Partial<NetworkRule> = {}): NetworkRule => ({
  form: 'network',
  direction: 'Egress',
  clauses,
  ...changes,
});
const bound = (of: string, one: NetworkRule): BoundRule<string> => ({ of, name: of, rule: one, binds: true });
const maybeBound = (of: string, one: NetworkRule): BoundRule<string> => ({ ...bound(of, one), binds: undefined });
const admin = (action: 'deny' | 'pass', order = 1): Partial<NetworkRule> & { clauses: NetworkClause[] } => ({
  clauses: [clause({ action })],
  otherwise: 'next',
  place: { engine: 'kubernetes', tier: 'Admin', order },
});
const cilium = { engine: 'cilium', tier: 'Normal', tierOrder: 200, order: 0 } as const;

test('nothing isolates: everything passes', () => {
  expect(judge([], passage)).toEqual({ verdict: 'allow', deciders: [] });
});

test('what isolates and lets nothing of it through drops it, and all that isolate are named', () => {
  expect(judge([bound('a', rule([])), bound('b', rule([toPort(80)]))], passage)).toEqual({
    verdict: 'deny',
    deciders: [
      { of: 'a', how: 'isolates', mayAllow: false },
      { of: 'b', how: 'isolates', mayAllow: false },
    ],
  });
});

test('one that lets it through is enough', () => {
  expect(judge([bound('a', rule([])), bound('b', rule([toPort(5_432)]))], passage).verdict).toBe('allow');
});

test('one that may bind the pod leaves it open', () => {
  expect(judge([maybeBound('a', rule([]))], passage).verdict).toBe('unknown');
  expect(judge([bound('a', rule([])), maybeBound('b', rule([toPort(5_432)]))], passage).verdict).toBe('unknown');
});

test('a port of a Service is no port of a pod: what lists ports leaves it open', () => {
  const ofService = { ...passage, portIsFinal: false };
  expect(judge([bound('a', rule([toPort(80)]))], ofService).verdict).toBe('unknown');
  expect(judge([bound('a', rule([]))], ofService).verdict).toBe('deny');
});

test('DNS is asked on 53, and its pods may listen on 5353', () => {
  const dns: Passage = { ...passage, protocol: 'UDP', port: 53, portIsFinal: false };
  const open = (port: number) => rule([clause({ ports: [{ protocol: 'UDP', port }] })]);
  expect(judge([bound('a', open(53))], dns).verdict).toBe('allow');
  expect(judge([bound('a', open(5_353))], dns).verdict).toBe('unknown');
  expect(judge([bound('a', open(443))], dns).verdict).toBe('deny');
});

test('a denial of an administrator comes first, one that passes it on leaves it to the namespace', () => {
  const open = bound('a', rule([clause()]));
  expect(judge([open, bound('admin', rule([], admin('deny')))], passage)).toMatchObject({
    verdict: 'deny',
    deciders: [{ of: 'admin', how: 'denies', path: '/spec/egress/0' }],
  });
  expect(
    judge([open, bound('pass', rule([], admin('pass'))), bound('no', rule([], admin('deny', 2)))], passage).verdict,
  ).toBe('allow');
});

test('a denial of Cilium holds against what every other policy lets through', () => {
  const denial = rule([clause({ action: 'deny' })], { otherwise: 'next', place: cilium });
  expect(judge([bound('open', rule([clause()], { place: cilium })), bound('no', denial)], passage)).toMatchObject({
    verdict: 'deny',
    deciders: [{ of: 'no', how: 'denies' }],
  });
});

test('beside policies of Cilium a NetworkPolicy is one of them: either lets through', () => {
  const isolating = bound('np', rule([]));
  expect(judge([isolating, bound('cnp', rule([clause()], { place: cilium }))], passage).verdict).toBe('allow');
});

test('what is staged, or enforced at nodes, decides nothing', () => {
  const staged = bound('a', rule([], { staged: true }));
  expect(judge([staged, bound('b', rule([], { hook: 'host' }))], passage).verdict).toBe('allow');
});

test('a clause that is not understood leaves it open', () => {
  expect(judge([bound('a', rule([clause({ unread: ['/spec/egress/0/to'] })]))], passage)).toMatchObject({
    verdict: 'unknown',
    deciders: [{ of: 'a', how: 'isolates', mayAllow: true }],
  });
});

test('whatever a rule holds, it is judged, and a verdict that allows blames nobody', () => {
  fc.assert(
    fc.property(fc.array(hostileNetworkRule, { maxLength: 4 }), (rules) => {
      const { verdict, deciders } = judge(
        rules.map((one, index) => (index % 2 === 0 ? bound : maybeBound)(`${index}`, one)),
        passage,
      );
      expect(deciders.length === 0).toBe(verdict === 'allow');
    }),
    { numRuns: 300 },
  );
});
