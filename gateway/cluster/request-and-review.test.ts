import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Question } from '../auth/reviews.ts';
import { hostileText } from '../testing/hostile-text.ts';
import { requestInfoOf } from './testing/request-info.ts';
import { setup } from './testing/toolset.ts';

const usual = 'v1 apps apps/v1 pods Pod Deployment deployments shop'.split(' ');
const strange =
  `namespaces Namespace nodes Node status finalize scale proxy watch log web system:node Widget example.com
  example.com/v1 core kubelet app=web metadata.name=web metadata.name==shop,status.phase=Running metadata.name!=web
  metadata.name=.. status.phase=Running,metadata.name=a metadata.name= metadata.name=a,metadata.name=b`.split(/\s+/);

/** Words that get far, and words that should not. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...usual) },
  { weight: 4, arbitrary: fc.constantFrom(...strange, '') },
  hostileText,
);

test('whatever is asked of any tool, each request is the very one that the caller was asked for', async () => {
  for (const account of ['gateway', 'person'] as const) {
    const { clock, tools, ask, read, reviews } = setup({ account, kubeconfig: async () => Promise.resolve({}) });
    let asked: Question[] = [];
    reviews.authorize = async (_, question) => {
      asked.push(question);
      return Promise.resolve(true);
    };
    const inputs = fc.constantFrom(...tools).chain(({ name, inputSchema }) => {
      const properties = Object.keys(inputSchema['properties'] ?? {});
      const fields = properties.map((field) => [field, field === 'query' ? fc.constantFrom('kubelet', '/x') : word]);
      return fc.record({ name: fc.constant(name), input: fc.record(Object.fromEntries(fields)) });
    });
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(inputs, async ({ name, input }) => {
        [asked, read.length] = [[], 0];
        // What the API server has answered holds for a moment.
        await clock.advance(60_000);
        await ask(name, input, 'ann');
        const sent = read.map(requestInfoOf);
        requests += sent.length;
        for (const question of sent) expect(asked).toContainEqual(question);
        expect(sent.length).toBeLessThanOrEqual(asked.length);
        if (name.startsWith('k8s_')) expect(sent.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
    expect(requests).toBeGreaterThan(20);
  }
});
