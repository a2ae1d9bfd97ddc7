import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

const causes = (text: string) => findCauses(readErrorText(text));

test.each([
  ["why can't my pod reach postgres?", 'the other side'],
  ['Why can’t my pod reach postgres?', 'the other side'],
  [
    "since this morning our web pods can't connect to postgres.data:5432 any more, it hangs until it times out",
    'postgres.data, port 5432',
  ],
  ['How do I debug this? web cannot connect to http://search.shop.svc:8080/q', 'search.shop.svc, port 8080'],
])('%s', (text, other) => {
  expect(causes(text)).toMatchObject([{ category: 'network', certainty: 'possible' }]);
  expect(causes(text)[0]?.sentence).toContain(`does not reach ${other}, and`);
});

test.each([
  ['no person', 'job-7: cannot reach consensus'],
  ['a log', `we cannot connect to db:5432 ${'x'.repeat(1_300)}`],
  ['another cause', 'why can I not connect? my password is wrong, so I cannot connect to db:5432'],
  ['a client of the API server', 'my kubectl cannot connect to the cluster'],
])('is no hint at policies: %s', (_, text) => {
  expect(causes(text)).toEqual([]);
});

test('a message in the same text goes before what is told', () => {
  const text =
    'why can my pod not talk? we cannot connect to db:5432\ndial tcp 10.0.0.1:5432: connect: connection refused';
  expect(causes(text)).toMatchObject([{ sentence: expect.stringContaining('refused the connection') }]);
});

test('it is a hint, and the first step is to paste the message', () => {
  const about = {
    namespace: 'shop',
    workloadName: undefined,
    workloads: undefined,
    complete: true,
    contact: undefined,
  };
  const { confidence, steps } = explain(readErrorText("why can't my pod reach postgres?"), [], about);
  expect(confidence).toBe('low');
  expect(steps[0]?.description).toContain('Ask again with the message');
});
