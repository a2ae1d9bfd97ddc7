import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

test.each([
  [
    'aws',
    'botocore.exceptions.ClientError: An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized',
  ],
  [
    'aws',
    'operation error EC2: CreateVolume, https response error StatusCode: 400, RequestID: 1-2, api error VolumeLimitExceeded: You have exceeded your maximum',
  ],
  [
    'aws',
    'AccessDenied: User: arn:aws:sts::123456789012:assumed-role/node/i-1 is not authorized to perform: elasticloadbalancing:CreateLoadBalancer',
  ],
  ['aws', '{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}'],
  [
    'aws',
    'failed to create volume: Client.RequestLimitExceeded: Request limit exceeded. status code: 503, request id: 9',
  ],
  ['aws', 'VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows'],
  ['google-cloud', "googleapi: Error 403: Quota 'CPUS' exceeded. Limit: 24.0 in region europe-west1., quotaExceeded"],
  [
    'google-cloud',
    "rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied on resource (or it may not exist).",
  ],
  [
    'google-cloud',
    'Error creating instance: Operation denied by org policy on resource "projects/x": ["constraints/compute.vmExternalIpAccess": "Constraint constraints/compute.vmExternalIpAccess violated for projects/x"]',
  ],
  [
    'azure',
    'azure.BearerAuthorizer: StatusCode=403 -- Original Error: Code="AuthorizationFailed" Message="The client does not have authorization to perform action \'Microsoft.Network/x/write\'"',
  ],
  ['azure', 'AADSTS700016: Application with identifier was not found in the directory'],
  [
    'oracle-cloud',
    'Service error:NotAuthorizedOrNotFound. Authorization failed or requested resource not found. http status code: 404',
  ],
  ['cloud', "Quota exceeded for resources: ['cores'] (HTTP 413)"],
  ['mysql', "ERROR 1142 (42000): SELECT command denied to user 'a'@'10.0.0.1' for table 't'"],
  ['postgresql', 'FATAL: password authentication failed for user "app"'],
  ['postgresql', 'pq: permission denied for table orders'],
  ['postgresql', 'ERROR: insert or update violates foreign key constraint "fk_a" (SQLSTATE 23503)'],
  ['mongodb', 'MongoServerError: not authorized on admin to execute command { listDatabases: 1 }'],
  ['redis', "NOPERM this user has no permissions to run the 'config' command"],
  ['redis', "OOM command not allowed when used memory > 'maxmemory'."],
  ['kafka', 'org.apache.kafka.common.errors.GroupAuthorizationException: Not authorized to access group: g1'],
  [
    'elasticsearch',
    '{"type":"security_exception","reason":"action [indices:admin/create] is unauthorized for user [app]"}',
  ],
  [
    'vault',
    'Error making API request. URL: PUT http://vault.example.org:8200/v1/auth/kubernetes/login Code: 403. Errors: * permission denied',
  ],
  ['acme', 'acme: error code 429 "urn:ietf:params:acme:error:rateLimited": too many new orders recently'],
  ['git', 'remote: error: GH013: Repository rule violations found for refs/heads/main.'],
  ['git', 'git@github.com: Permission denied (publickey).'],
  ['git', "fatal: unable to access 'https://git.example.org/a.git/': The requested URL returned error: 403"],
  ['package-index', 'npm ERR! code E403\nnpm ERR! 403 403 Forbidden - PUT https://npm.example.org/a'],
  [
    'http-service',
    'requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://api.example.org/v1',
  ],
  ['http-service', 'Get "https://charts.example.org/index.yaml": x509: certificate has expired or is not yet valid'],
  [
    'external-service',
    'Error code: 429 - You exceeded your current quota, please check your plan and billing details. insufficient_quota',
  ],
  ['file-system', 'open /data/db.lock: permission denied'],
  ['file-system', "PermissionError: [Errno 13] Permission denied: '/var/lib/app'"],
  ['file-system', "Error: EACCES: permission denied, mkdir '/app/cache'"],
  ['file-system', 'listen tcp :80: bind: permission denied'],
  ['file-system', 'write /data/x: no space left on device'],
  ['file-system', 'touch: /etc/x: Read-only file system'],
  ['kernel', 'accept4: too many open files'],
  ['kernel', 'kernel: nf_conntrack: table full, dropping packet'],
  ['kernel', 'audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="open" profile="x"'],
  ['loopback', 'Error: connect ECONNREFUSED 127.0.0.1:5432'],
  ['kube-apiserver', 'etcdserver: request is too large'],
  ['kube-apiserver', 'the server has received too many requests and has asked us to try again later (get pods)'],
])('%s says no by its own rules: %s', (engine, message) => {
  const [cause] = findCauses(readErrorText(message));
  expect(cause).toMatchObject({ category: 'negative', engine });
  expect(cause).not.toHaveProperty('suspects');
  expect(cause?.sentence.endsWith('.')).toBe(true);
});

test.each([
  ['a mesh answers in the place of a service', 'GET https://api.example.org/: 403 Forbidden RBAC: access denied'],
  [
    'a service of the cluster may sit behind a mesh',
    'unexpected status code: 403 from http://orders.shop.svc.cluster.local/',
  ],
  ['a number is not yet a code', 'GET https://api.example.org/items/403 took 12 ms'],
  ['the source of a connection may be the machine itself', 'read tcp 127.0.0.1:9000->10.1.2.3:80: connection refused'],
  ['a word alone says nothing', 'the quota of attempts, denied: 0, limit: 5, forbidden: false'],
  ['a word within another is another word', 'preoomkilledx, thethrottlingexceptions'],
])('%s: not told as negative', (_, message) => {
  expect(
    findCauses(readErrorText(message)).filter(
      ({ category, certainty }) => category === 'negative' && certainty !== 'possible',
    ),
  ).toEqual([]);
});
