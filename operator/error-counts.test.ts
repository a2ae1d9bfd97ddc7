import { expect, test } from 'vitest';
import * as z from 'zod';
import { ClusterReportStatus } from '../crds/cluster-report.ts';
import { simulateOperator } from './testing/simulated-operator.ts';

/** Health of the adapter of LimitRanges, after requests for them were answered like this for a while. */
async function healthAfter({ status, times }: { readonly status: number; readonly times: number }) {
  await using simulated = await simulateOperator();
  const { api, clock } = simulated;
  api.fail({ matching: ({ plural }) => plural === 'limitranges', status, times });
  api.cutWatches(({ plural }) => plural === 'limitranges');
  await clock.advance(300_000);
  const { adapters } = z.object({ adapters: ClusterReportStatus.shape.adapters }).parse(simulated.totals());
  return adapters.find(({ name }) => name === 'limitrange');
}

test.each([
  ['forbidden', 403, 'Forbidden: '],
  ['not served any more', 404, 'limitranges is not served'],
])(
  'a kind that is %s is told so, and the refusals before that was certain are no errors',
  async (_what, status, told) => {
    const health = await healthAfter({ status, times: Number.POSITIVE_INFINITY });
    expect(health?.reason).toContain(told);
    // The cut of the connection.
    expect(health?.errors).toEqual({ WatchFailed: 1 });
  },
);

test('a list or a watch that fails for another reason stays counted after it is mended', async () => {
  const health = await healthAfter({ status: 500, times: 4 });
  expect(health).toEqual({
    name: 'limitrange',
    enabled: true,
    watchedResources: ['limitranges'],
    errors: { WatchFailed: 5 },
  });
});
