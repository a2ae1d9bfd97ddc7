import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesLabels } from '../../kube/label-selector.ts';
import type { Workload } from './workload.ts';
import { createWorkloadLookup } from './workload-lookup.ts';

const keys = fc.constantFrom('app', 'tier', 'constructor');
const labels = fc.dictionary(keys, fc.constantFrom('a', 'b', ''), { maxKeys: 3 });
const workloads = fc
  .array(labels, { maxLength: 12 })
  .map((all) => all.map((each, index): Workload => ({ kind: 'Deployment', name: `d${index}`, labels: each })));
const selector = fc.option(
  fc.record(
    {
      matchLabels: labels,
      matchExpressions: fc.array(fc.record({ key: keys, operator: fc.constant('Exists' as const) })),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

test('whatever a selector selects is among its candidates, in the same order', () => {
  fc.assert(
    fc.property(workloads, selector, (all, asked) => {
      const selects = (workload: Workload) => asked === undefined || matchesLabels(asked, workload.labels);
      expect(createWorkloadLookup(all).candidates(asked).filter(selects)).toEqual(all.filter(selects));
    }),
  );
});

test('who asks for a label is compared with those that have it', () => {
  const all = Array.from({ length: 100 }, (_, index) => ({
    kind: 'Deployment',
    name: `d${index}`,
    labels: { app: `a${index % 50}` },
  }));
  expect(
    createWorkloadLookup(all)
      .candidates({ matchLabels: { app: 'a7' } })
      .map(({ name }) => name),
  ).toEqual(['d7', 'd57']);
});
