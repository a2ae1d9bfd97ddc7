import { expect, test } from 'vitest';
import { historyOf } from './testing/history.ts';
import { simulate, tell } from './testing/simulation.ts';

/** `npm run simulate -- --seeds 1000` runs more; one that fails there is run alone with `--seeds 1 --from <seed>`. */
const seeds = 100;

test('whatever happens, reports and details end as the oracle says, and nothing is written without need', async () => {
  for (let seed = 0; seed < seeds; seed += 1) {
    const steps = historyOf(seed);
    // An hour of every tenth: most of what the others would show of it they show within minutes.
    const wrongs = await simulate(steps, seed, { quietMs: seed % 10 === 0 ? 3_600_000 : 60_000 });
    expect(wrongs, `seed ${seed}: npm run simulate -- --seeds 1 --from ${seed}\n${tell(steps)}`).toEqual([]);
  }
}, 120_000);
