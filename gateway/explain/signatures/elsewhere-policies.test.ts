import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

test.each([
  [
    'browser',
    "Access to fetch at 'https://api.example.org/a' from origin 'https://shop.example.org' has been blocked by CORS policy: no header",
  ],
  [
    'browser',
    'Refused to load the image because it violates the following Content Security Policy directive: "img-src \'self\'".',
  ],
  ['browser', 'QuotaExceededError: the encoded data does not fit'],
  ['database', 'django.db.utils.IntegrityError: UNIQUE constraint failed: shop_order.number'],
  ['database', 'ORA-02292: integrity constraint (SHOP.FK_ORDER) violated - child record found'],
  [
    'database',
    'org.apache.hadoop.hdfs.protocol.DSQuotaExceededException: The DiskSpace quota of /data is exceeded: quota = 10 B = 10 B but diskspace consumed = 20 B',
  ],
  ['database', 'io.trino.ExceededMemoryLimitException: Query exceeded per-node memory limit of 4GB'],
  [
    'other-scheduler',
    'Evaluation "a1" finished with status "complete" but failed to place all allocations:\n  Task Group "web" (failed to place 1 allocation):\n    * Constraint "${attr.kernel.name} = windows": 3 nodes excluded by filter',
  ],
  ['other-scheduler', '"no suitable node (scheduling constraints not satisfied on 2 nodes)"'],
  [
    'other-scheduler',
    'srun: error: Unable to allocate resources: Job violates accounting/QOS policy (job submit limit)',
  ],
  ['mail', '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.org'],
  ['operating-system', 'a.ps1 cannot be loaded. For more information, see about_Execution_Policies'],
  ['operating-system', 'kernel: [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SPT=1 DPT=443'],
  ['container-tool', 'Error response from daemon: authorization denied by plugin gate: no rule lets you'],
  ['container-tool', 'Error: Source image rejected: Running image docker://example.org/a:1 is rejected by policy.'],
  ['container-tool', "The image tag '7' already exists and cannot be overwritten because the tag is immutable."],
  ['policy-check', 'Policy 2: sizes.sentinel (hard-mandatory)\n\nResult: false'],
  ['policy-check', 'LimitExceeded: Cannot exceed quota for UserPolicySize: 2048'],
  ['web-server', 'AH01630: client denied by server configuration: /srv/private'],
  ['external-service', 'Webhook signature verification failed: timestamp too old'],
  ['external-service', '{"error":{"code":"content_policy_violation","message":"no"}}'],
  ['external-service', "Resource 'a' was disallowed by policy. Policy identifiers: '[]'"],
])('%s has policies, constraints and quotas of its own: %s', (engine, message) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(cause).toMatchObject({ category: 'negative', engine });
  expect(cause).not.toHaveProperty('suspects');
  expect(cause?.sentence.endsWith('.')).toBe(true);
  expect(others).toEqual([]);
});

test.each([
  'admission webhook "images.example.org" denied the request: Source image rejected: it is rejected by policy.',
  'admission webhook "check.example.org" denied the request: rego_type_error in the bundle, hard-mandatory',
])('%s: who refused is the webhook', (message) => {
  expect(findCauses(readErrorText(message)).map(({ category }) => category)).toEqual(['webhook-denied']);
});
