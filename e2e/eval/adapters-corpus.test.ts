import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { Constraint } from '../../crds/constraint.ts';
import { adapters } from '../../operator/adapters/all.ts';
import type { Problem } from '../../operator/adapters/define.ts';
import { corpusFiles, corpusMissing, corpusObjects, type JsonObject } from './corpus.ts';

const kinds = new Map([
  ['v1 LimitRange', 'limitrange'],
  ['networking.k8s.io/v1 NetworkPolicy', 'networkpolicy'],
  ['policy/v1 PodDisruptionBudget', 'poddisruptionbudget'],
  ['v1 Namespace', 'podsecurity'],
  ['v1 ResourceQuota', 'resourcequota'],
]);

/** Written to be refused by a policy; the API server takes no such number either. */
const refusedAnyway = [
  expect.objectContaining({
    object: 'PodDisruptionBudget kube-system/bad-pdb-negative-one',
    path: 'spec.maxUnavailable',
    file: 'oracles/kyverno/resources/pdb-maxunavailable.yaml',
  }),
];

/** A manifest without a namespace is applied to the one of the person who applies it. */
function applied(object: JsonObject): JsonObject {
  const stored = asStored(object);
  if (object['kind'] === 'Namespace') return stored;
  return { ...stored, metadata: { namespace: 'default', ...stored.metadata } };
}

test('real policies are read without problems, other than those that no API server takes', { timeout: 120_000 }, ({
  skip,
}) => {
  if (corpusMissing !== undefined) skip(corpusMissing);
  const counts = new Map<string, { objects: number; constraints: number }>();
  const problems: (Problem & { readonly file: string })[] = [];
  for (const file of ['policies', 'oracles', 'pool'].flatMap(corpusFiles)) {
    for (const object of corpusObjects(
      file,
      /kind: (LimitRange|NetworkPolicy|PodDisruptionBudget|Namespace|ResourceQuota)\b/,
    )) {
      const id = kinds.get(`${String(object['apiVersion'])} ${String(object['kind'])}`);
      const adapter = adapters.find((one) => one.id === id);
      if (adapter === undefined) continue;
      const reading = adapter.read(applied(object));
      for (const constraint of reading.constraints) expect(Constraint.parse(constraint)).toEqual(constraint);
      problems.push(...reading.problems.map((problem) => ({ ...problem, file })));
      const count = counts.get(adapter.id) ?? { objects: 0, constraints: 0 };
      counts.set(adapter.id, {
        objects: count.objects + 1,
        constraints: count.constraints + reading.constraints.length,
      });
    }
  }
  for (const [adapter, count] of counts) console.log(JSON.stringify({ corpus: adapter, ...count }));
  // No manifest there has webhooks: whoever serves one writes its configuration when it is installed.
  expect([...counts.keys()].toSorted()).toEqual([...new Set(kinds.values())].toSorted());
  expect(problems).toEqual(refusedAnyway);
});
