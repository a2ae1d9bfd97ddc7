import { expect, test } from 'vitest';
import type { LevelOf } from '../answer/levels.ts';
import type { Pace } from '../answer/pace.ts';
import { type Binding, type BoundForm, inheritedBinding } from '../catalog/binding.ts';
import { changedAt, networkConstraint } from '../testing/objects.ts';
import { atLevels } from './levels.ts';

const pace: Pace = {
  late: false,
  async each(items, work) {
    for (const item of items) if (work(item) === false) return;
    return Promise.resolve();
  },
};

/** Cluster-wide ones of some kinds, and the names of those whose stored form was read. */
function bindingsOf(kinds: readonly string[]) {
  const read: string[] = [];
  const bindings = kinds.map((kind, at) => {
    const constraint = { ...networkConstraint('', `${kind}-${at}`), key: `hidden-${at}` };
    const form = (): BoundForm => {
      read.push(constraint.name);
      return { home: undefined, text: JSON.stringify(constraint), value: constraint };
    };
    return inheritedBinding({ ...constraint, kind }, changedAt, form);
  });
  return { bindings, read };
}

function levelsThat(level: 'summary' | 'full') {
  const asked: string[][] = [];
  const levels = async (bindings: readonly Binding[]): Promise<LevelOf> => {
    asked.push(bindings.map(({ name }) => name));
    return Promise.resolve(() => level);
  };
  return { asked, levels };
}

test('only the forms of what is looked at are read, and no level is asked for twice', async () => {
  const { bindings, read } = bindingsOf(['A', 'B', 'A', 'C']);
  const { asked, levels } = levelsThat('full');
  const keys = await atLevels({ namespace: 'shop', bindings }, { levels, pace }, (candidates) =>
    candidates.filter(({ kind }) => kind === 'A').map(({ key }) => key),
  );
  expect(keys).toEqual(['hidden-0', 'hidden-2']);
  expect(asked).toEqual([['A-0', 'A-2']]);
  expect(read).toEqual(['A-0', 'A-2']);
});

test('what a report says needs no level', async () => {
  const { bindings, read } = bindingsOf(['A', 'B']);
  const { asked, levels } = levelsThat('full');
  const names = await atLevels({ namespace: 'shop', bindings }, { levels, pace }, (candidates) =>
    candidates.map(({ kind, name, effect }) => [kind, name, effect].join(' ')),
  );
  expect(names).toEqual(['A A-0 restrict', 'B B-1 restrict']);
  expect([...asked, ...read]).toEqual([]);
});

test('what is looked at because of what a form holds is looked at by its own level', async () => {
  const { bindings } = bindingsOf(Array.from({ length: 12 }, () => 'A'));
  const { asked, levels } = levelsThat('full');
  // Each leads to the next one.
  const key = await atLevels({ namespace: 'shop', bindings }, { levels, pace }, (candidates) => {
    let at = 0;
    while (candidates[at]?.full !== undefined) at += 1;
    return at;
  });
  expect(key).toBe(12);
  expect(new Set(asked.flat()).size).toBe(12);
  expect(asked.flat()).toHaveLength(12);
  expect(asked.length).toBeLessThan(12);
});

test('who may see the summary alone is shown nothing of a form, in no round', async () => {
  const { bindings } = bindingsOf(['A', 'B']);
  const { levels } = levelsThat('summary');
  const seen: unknown[] = [];
  await atLevels({ namespace: 'shop', bindings }, { levels, pace }, (candidates) => {
    for (const { key, home, full, level } of candidates) seen.push(key, home, full, level);
  });
  expect(new Set(seen)).toEqual(new Set([undefined, 'summary']));
});
