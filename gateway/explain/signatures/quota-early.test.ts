import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const causes = (text: string) => findCauses(readErrorText(text));

test.each([
  'Error creating: Pod "web-" is forbidden: cpu quota is 2, current usage is 2, requesting 500m.',
  'Error creating: Pod "web-" is forbidden: memory is limited by quota, must make explicit request.',
  'pods "web" is forbidden: must make a non-zero request for cpu since it is tracked by quota.',
  'F0101 10:00:00.000000 1 create.go:83] pods "web" is forbidden: Limited to 4 pods',
  'pods "web" is forbidden: Unable to CREATE pods at this time because there was an error enforcing quota',
])('a quota of the first releases: %s', (text) => {
  const read = readErrorText(text);
  const [cause, ...others] = findCauses(read);
  expect(cause).toMatchObject({ category: 'quota', certainty: 'stated' });
  expect([cause?.policy, others]).toEqual([undefined, []]);
  expect(cause === undefined ? '' : read.quote(cause.span)).toContain(' is forbidden: ');
});

test.each([
  'disk quota is 10G, current usage is 9G',
  'memory, current usage is 9G, requesting more',
  'signup is forbidden: limited to members of the team',
])('is none: %s', (text) => {
  expect(causes(text).filter(({ category }) => category === 'quota')).toEqual([]);
});
