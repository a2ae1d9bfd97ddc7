import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Asked, askAbout } from './explain-asking.ts';
import { similarNames } from './explain-distractors.ts';
import { explainFigures } from './explain-figures.ts';
import { readExplainRows, sharedErrors } from './explain-rows.ts';

/** What was reached; no change may fall below. */
const floors = { category: 0.99, policy: 0.99, rule: 0.99 };

test('errors of real clusters are explained as well as they ever were', { timeout: 120_000 }, async ({ skip }) => {
  if (!existsSync(sharedErrors)) skip('the corpus is not there');
  const asked: Asked[] = [];
  for (const row of readExplainRows(sharedErrors)) asked.push(await askAbout(row));
  const { figures, misses } = explainFigures(asked);
  console.log(JSON.stringify(figures));
  for (const figure of ['category', 'policy', 'rule'] as const) {
    expect(figures[figure], misses.join('\n')).toBeGreaterThanOrEqual(floors[figure]);
  }
  // A confident wrong answer is the worst outcome.
  expect(figures.high.wrong, misses.join('\n')).toBeLessThanOrEqual(figures.high.n / 100);
  expect(figures.blamed).toBe(0);
});

test('similar names are others, and the same each time', () => {
  for (const name of ['team-quota', 'a', 'one.two.example.com', 'aa-aa']) {
    const names = similarNames(name);
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(names).not.toContain(name);
    expect(similarNames(name)).toEqual(names);
  }
});
