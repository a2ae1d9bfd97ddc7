import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { listen, type Listening } from '../../gateway/http/server.ts';
import { createSurface } from '../../gateway/mcp/product.ts';
import type { Surface } from '../../gateway/mcp/surface.ts';
import { resources } from '../../gateway/resources/all.ts';
import { createGateway } from '../../gateway/testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import { tools } from '../../gateway/tools/all.ts';
import { systemClock } from '../../kube/clock.ts';
import { type Revision, runSuite } from '../conformance/suite.ts';
import { conformanceSurface } from '../conformance/surface.ts';

// The conformance suite of MCP, against the gateway's own route on a socket: with the tools, prompts and resources that the
// suite calls by name, and as it is. Failures that are expected stand in files, and a file that expects too much fails, too.

const builds = {
  product: undefined,
  fixtures: conformanceSurface(createSurface({ tools, resources, version: '1.2.3' })),
} as const;
const expectedOf = (name: string) => fileURLToPath(new URL(`../conformance/expected/${name}.yaml`, import.meta.url));

/** The suite sends no headers of ours, so callers without a token have the right here. */
async function serve(surface: Surface | undefined): Promise<Listening> {
  const { fetch } = createGateway({
    objects: [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])],
    rights: { 'system:anonymous': ['get constraintreports', 'list constraintreports', 'get clusterconstraintreports'] },
    ...(surface === undefined ? {} : { surface }),
  });
  const log = pino({ level: 'silent' });
  return listen({ fetch, host: '127.0.0.1', port: 0, clock: systemClock, log });
}

/** Of which build, which revision, and how many of the scenarios that count it passes. */
const runs: readonly (readonly [keyof typeof builds, Revision, number, number])[] = [
  ['fixtures', '2026-07-28', 37, 37],
  ['fixtures', '2025-11-25', 26, 30],
  ['product', '2026-07-28', 9, 37],
  ['product', '2025-11-25', 7, 30],
];

describe('the conformance suite', () => {
  test.each(runs)('%s, %s: %i of %i scenarios pass', async (build, revision, passing, all) => {
    await using server = await serve(builds[build]);
    const folder = await mkdtemp(`${process.env['POTOO_E2E_RUN_FOLDER'] ?? tmpdir()}/conformance-`);
    const verdict = await runSuite({
      url: `http://127.0.0.1:${server.port}/mcp`,
      revision,
      folder,
      expectedFailures: passing === all ? undefined : expectedOf(`${build}-${revision}`),
    });
    await rm(folder, { recursive: true });
    const { asExpected, passed, failed } = verdict;
    process.stdout.write(
      `${JSON.stringify({ figure: 'conformance', build, revision, passed: passed.length, failed: failed.length })}\n`,
    );
    expect(asExpected, verdict.summary).toBe(true);
    expect([passed.length, passed.length + failed.length], verdict.summary).toEqual([passing, all]);
  });
});
