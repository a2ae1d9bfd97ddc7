import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

test.each([
  [
    'stated',
    'Failed to pull image "a/b:c": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/a/b:c": failed to resolve reference "docker.io/a/b:c": docker.io/a/b:c: not found',
    'no image of that name',
  ],
  [
    'stated',
    'Failed to pull image "r.example.org/a": Error response from daemon: Get "https://r.example.org/v2/": x509: certificate signed by unknown authority',
    'certificate',
  ],
  [
    'stated',
    'Failed to pull image "a": failed to authorize: failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized',
    'other credentials',
  ],
  [
    'stated',
    'Failed to pull image "a": dial tcp: lookup registry.example.org: i/o timeout',
    'did not reach the registry',
  ],
  ['stated', 'Failed to pull image "a": no match for platform in manifest: not found', 'platform'],
  ['stated', 'Back-off pulling image "a:b"', 'was not pulled'],
  ['stated', 'toomanyrequests: You have reached your unauthenticated pull rate limit.', 'how often'],
  ['stated', 'Container image "a:b" is not present with pull policy of Never', 'imagePullPolicy: Never'],
  [
    'stated',
    'Failed to apply default image tag "A:b": couldn\'t parse image reference "A:b": invalid reference format',
    'was not pulled',
  ],
  ['stated', 'Last State: Terminated Reason: OOMKilled Exit Code: 137', 'more memory'],
  ['stated', 'Memory cgroup out of memory: Killed process 12 (node)', 'more memory'],
  ['likely', 'command terminated with exit code 137', '137 is SIGKILL'],
  ['likely', 'The container exited with code 143', '143 is SIGTERM'],
  ['stated', 'Readiness probe failed: HTTP probe failed with statuscode: 503', 'the code 503'],
  ['likely', 'Liveness probe failed: dial tcp 10.1.2.3:8080: connect: connection refused', 'nothing listens'],
  ['stated', 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi.', 'off its node'],
  ['stated', 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.', 'off its node'],
  ['stated', 'Error: container has runAsNonRoot and image will run as root (pod: "a", container: b)', 'runAsNonRoot'],
  ['stated', 'exec /app: exec format error', 'processor'],
  [
    'stated',
    'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and can\'t be attached to another',
    'mounted',
  ],
  [
    'likely',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox',
    'set up the pod',
  ],
  ['possible', 'Back-off restarting failed container app in pod web-1', 'something else failed'],
])('%s: %s', (certainty, message, what) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(cause).toMatchObject({ category: 'negative', certainty });
  expect(cause?.sentence).toContain(what);
  expect(cause).not.toHaveProperty('suspects');
  expect(others).toEqual([]);
});

test.each([
  'Readiness probe failed: Get "http://10.1.2.3:8080/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  'Startup probe failed: dial tcp 10.1.2.3:80: i/o timeout',
  'exit code 28',
  'exit code 1370',
])('%s: not told as a matter of the container', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ engine }) => engine === 'kubelet')).toEqual([]);
});

test('a consequence is not told where its cause stands beside it', () => {
  const message =
    'Warning BackOff kubelet Back-off restarting failed container web in pod web-1\nError: secret "tls" not found';
  expect(findCauses(readErrorText(message)).map(({ category }) => category)).toEqual(['missing']);
});
