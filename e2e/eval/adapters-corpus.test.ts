import { expect, test } from 'vitest';
import { Constraint } from '../../crds/constraint.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import { type AdapterFigures, adapterFigures } from './adapter-figures.ts';
import { corpusMissing, sharedCorpus } from './corpus.ts';
import { policyManifests } from './policy-manifests.ts';

/** What was reached; no change may fall below. Objects that cannot be read are wrong upstream, each for a reason of its own. */
const floors = { objects: 2_600, constraints: 2_600, realForm: 0.995, fullScope: 0.998 };
const ceilings = { errors: 29, boundToNobody: 44 };

test('real policies are read: what is not, and what binds nobody, is no more than is known', ({ skip }) => {
  if (corpusMissing !== undefined) skip(corpusMissing);
  const manifests = policyManifests(sharedCorpus, adapters);
  const all = adapterFigures(manifests);
  for (const { adapter, objects, constraints } of all) {
    console.log(JSON.stringify({ corpus: adapter, objects, constraints }));
  }
  const sum = (figure: (figures: AdapterFigures) => number) => all.reduce((total, each) => total + figure(each), 0);
  const constraints = sum((each) => each.constraints);
  expect(sum(({ objects }) => objects)).toBeGreaterThanOrEqual(floors.objects);
  expect(constraints).toBeGreaterThanOrEqual(floors.constraints);
  expect(sum(({ realForm }) => realForm) / constraints).toBeGreaterThanOrEqual(floors.realForm);
  expect(sum(({ fullScope }) => fullScope) / constraints).toBeGreaterThanOrEqual(floors.fullScope);
  expect(all.flatMap(({ errors }) => errors).length).toBeLessThanOrEqual(ceilings.errors);
  expect(all.flatMap(({ boundToNobody }) => boundToNobody).length).toBeLessThanOrEqual(ceilings.boundToNobody);

  // Files by themselves, one of a few: what stands there in full is what the model says.
  const some = manifests.filter((_manifest, index) => index % 4 === 0);
  for (const [adapter, own] of Map.groupBy(some, (manifest) => manifest.adapter)) {
    for (const { constraints: read } of [...Map.groupBy(own, ({ file }) => file).values()].map((file) =>
      readTogether(
        adapter,
        file.map(({ stored }) => stored),
      ),
    )) {
      for (const { ifBefore: _before, ...constraint } of read) expect(Constraint.parse(constraint)).toEqual(constraint);
    }
  }
});
