import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const causes = (text: string) => findCauses(readErrorText(text));

test.each([
  ['Go', 'Get "https://10.96.0.1:443/version": dial tcp 10.96.0.1:443: i/o timeout', '10.96.0.1, port 443'],
  [
    'Go, with the name of the URL',
    'Get "http://api.shop.svc:8080/v1": dial tcp 10.96.0.9:8080: i/o timeout',
    'api.shop.svc (10.96.0.9), port 8080',
  ],
  ['Go, of the kernel', 'dial tcp 10.96.0.1:443: connect: connection timed out', '10.96.0.1, port 443'],
  [
    'Go, of a client',
    'Get "http://api.shop.svc:8080/v1": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'api.shop.svc, port 8080',
  ],
  [
    'gRPC',
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.1.2.3:2379: i/o timeout"',
    '10.1.2.3, port 2379',
  ],
  [
    'curl',
    'curl: (28) Failed to connect to api.shop port 8080 after 5000 ms: Connection timed out',
    'api.shop, port 8080',
  ],
  [
    'curl without a word on it',
    '$ kubectl exec web-0 -- curl -m 3 http://api.shop.svc:8080/\ncommand terminated with exit code 28',
    'api.shop.svc, port 8080',
  ],
  ['wget of busybox', 'Connecting to api:8080 (10.1.2.3:8080)\nwget: download timed out', '10.1.2.3, port 8080'],
  ['nc', 'nc: connect to 10.1.2.3 port 6379 (tcp) timed out: Operation now in progress', '10.1.2.3, port 6379'],
  [
    'Node.js',
    'Error: connect ETIMEDOUT 10.1.2.3:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1278:16)',
    '10.1.2.3, port 5432',
  ],
  [
    'Java',
    'org.postgresql.util.PSQLException: Connection to db.shop:5432 failed: java.net.SocketTimeoutException: Connect timed out',
    'db.shop, port 5432',
  ],
  [
    'Java, with both names',
    'java.net.ConnectException: Connection timed out: db.shop.svc/10.1.2.3:5432',
    'db.shop.svc (10.1.2.3), port 5432',
  ],
  [
    'Python',
    "HTTPConnectionPool(host='10.1.2.3', port=8080): Max retries exceeded with url: / (Caused by ConnectTimeoutError(<x>, 'Connection to 10.1.2.3 timed out. (connect timeout=3)'))",
    '10.1.2.3, port 8080',
  ],
  [
    'psql',
    'psql: error: connection to server at "10.1.2.3", port 5432 failed: Connection timed out',
    '10.1.2.3, port 5432',
  ],
  ['MySQL', "ERROR 2003 (HY000): Can't connect to MySQL server on '10.1.2.3:3306' (110)", '10.1.2.3, port 3306'],
  [
    'Rust',
    'error trying to connect to 10.1.2.3:8080: tcp connect error: Connection timed out (os error 110)',
    '10.1.2.3, port 8080',
  ],
  ['SSH', 'ssh: connect to host 10.1.2.3 port 22: Connection timed out', '10.1.2.3, port 22'],
  [
    'nginx',
    'upstream timed out (110: Connection timed out) while connecting to upstream, upstream: "http://10.1.2.3:8080/"',
    '10.1.2.3, port 8080',
  ],
  ['Ruby', 'Net::OpenTimeout: Failed to open TCP connection to search.logs:9200 (execution expired)', 'search.logs'],
  ['Elixir', '** (Postgrex.Error) tcp connect (db.shop:5432): timeout', 'db.shop, port 5432'],
  [
    'Kafka',
    '[Producer clientId=p] Connection to node -1 (mq.shop/10.1.2.3:9092) could not be established. Node may not be available.',
    'port 9092',
  ],
  ['librdkafka', 'FAIL|p-1| mq.shop:9092/bootstrap: Connection setup timed out in state CONNECT', 'mq.shop, port 9092'],
  ['.NET', 'Failed to connect to 10.1.2.3:5432\n ---> Timeout during connection attempt', '10.1.2.3, port 5432'],
  ['axios', "timeout of 2000ms exceeded, code: 'ECONNABORTED', url: 'http://api.shop:8080/x'", 'api.shop, port 8080'],
  [
    'fields of JSON',
    '{"code":"ETIMEDOUT","syscall":"connect","address":"10.1.2.3","port":5432}',
    '10.1.2.3, port 5432',
  ],
  ['MySQL, of a name in quotation marks', "Can't connect to MySQL server on 'maria' (110)", 'maria'],
  [
    'a path that has words of other timeouts',
    'Get "http://api.shop:9090/api/v1/query": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'api.shop, port 9090',
  ],
  ['a ping', 'PING 10.1.2.3 (10.1.2.3) 56(84) bytes\n3 packets transmitted, 0 received, 100% packet loss', '10.1.2.3'],
  ['a scan', 'Nmap scan report for 10.1.2.3\nPORT STATE SERVICE\n5432/tcp filtered postgresql', '10.1.2.3, port 5432'],
  ['an address of IPv6', 'dial tcp [fd00::a]:443: i/o timeout', 'fd00::a, port 443'],
])('a timeout is a hint at a policy: %s', (_, text, target) => {
  const found = causes(text);
  expect(found).toMatchObject([{ category: 'network', certainty: 'possible' }]);
  expect(found[0]?.sentence).toContain(target);
});

test.each([
  [
    'Go',
    'dial tcp: lookup db.shop.svc.cluster.local on 10.96.0.10:53: read udp 10.0.0.9:41000->10.96.0.10:53: i/o timeout',
    'db.shop.svc.cluster.local',
  ],
  ['Go, without a server', 'dial tcp: lookup db.shop: i/o timeout', 'db.shop'],
  ['glibc', 'ping: api.example.com: Temporary failure in name resolution', 'api.example.com'],
  ['Node.js', 'Error: getaddrinfo EAI_AGAIN db.shop', 'db.shop'],
  ['nslookup', '$ nslookup db.shop\n;; connection timed out; no servers could be reached', 'db.shop'],
  ['musl', 'Could not connect to Redis at cache.shop:6379: Try again', 'Nothing answered'],
  ['Netty', 'DnsNameResolverTimeoutException: [1] query via UDP timed out after 5000 milliseconds', ''],
  ['dig', ';; communications error to 10.96.0.10#53: timed out', ''],
  ['curl', 'curl: (6) Could not resolve host: api.example.com', 'api.example.com'],
  ['psql', 'could not translate host name "db.shop" to address: Temporary failure in name resolution', 'db.shop'],
])('names that nobody answers for are a hint at a policy without DNS: %s', (_, text, name) => {
  const found = causes(text);
  expect(found).toMatchObject([{ category: 'network', certainty: 'possible' }]);
  expect(found[0]?.sentence).toContain(name);
  expect(found[0]?.sentence).toContain('DNS');
});

test.each([
  ['Go', 'dial tcp 10.1.2.3:5432: connect: connection refused'],
  ['Node.js', 'connect ECONNREFUSED 10.1.2.3:5432'],
  ['asyncio', "ConnectionRefusedError: [Errno 111] Connect call failed ('10.1.2.3', 5432)"],
  ['curl', 'curl: (7) Failed to connect to api.shop port 80: Connection refused'],
  ['a prohibition', 'connect EPERM 10.1.2.3:5432'],
  ['no route', 'dial tcp 10.1.2.3:5432: connect: no route to host'],
])('a refusal is a weak hint, and says what else it is: %s', (_, text) => {
  const found = causes(text);
  expect(found).toMatchObject([{ category: 'network', certainty: 'possible' }]);
  expect(found[0]?.sentence).toContain('as a rule');
});

test.each([
  ['a loopback address', 'dial tcp 127.0.0.1:6379: connect: connection refused'],
  ['a loopback address of IPv6', 'connect ECONNREFUSED ::1:6379'],
  ['a loopback address in JSON', '{"code":"ECONNREFUSED","address":"127.0.0.1","port":5432}'],
  [
    'Helm on a machine',
    'Kubernetes cluster unreachable: Get "https://k.example.com/version": dial tcp 10.1.2.3:443: i/o timeout',
  ],
  ['localhost', 'curl: (7) Failed to connect to localhost port 8080: Connection refused'],
  ['Docker Compose', 'cache-1  | dial tcp 172.18.0.3:6379: i/o timeout'],
  ['a probe of what does not listen', 'Readiness probe failed: dial tcp 10.1.2.3:8080: connect: connection refused'],
  ['the client on a machine', 'Unable to connect to the server: dial tcp 192.0.2.1:6443: i/o timeout'],
  [
    'a pull of an image',
    'Failed to pull image "x": Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: i/o timeout',
  ],
  ['a handshake', 'Get "https://api.example.com/": net/http: TLS handshake timeout'],
  ['a connection that was open', 'read tcp 10.0.0.9:41000->10.1.2.3:5432: i/o timeout'],
  ['a name that does not exist', 'dial tcp: lookup db.shop on 10.96.0.10:53: no such host'],
  ['a name that does not exist, in Node.js', 'getaddrinfo ENOTFOUND db.shop'],
])('what no policy causes is said to be none: %s', (_, text) => {
  expect(causes(text)).toMatchObject([{ category: 'negative' }]);
});

test.each([
  ['a wait of kubectl', 'error: timed out waiting for the condition on deployments/web'],
  ['a release', 'Error: INSTALLATION FAILED: context deadline exceeded'],
  ['a rollout', 'error: deployment "web" exceeded its progress deadline'],
  ['a program that says to try again', 'the node did not answer: try again'],
  ['etcd', 'etcdserver: request timed out'],
  [
    'a webhook, which has a cause of its own',
    'failed calling webhook "a.b.c": Post "https://a.b.svc:443/x": dial tcp 10.1.2.3:443: i/o timeout',
  ],
])('a time that ran out is no connection: %s', (_, text) => {
  expect(causes(text).filter(({ category }) => category === 'network')).toEqual([]);
});

test('what an engine says stands above the symptom beside it', () => {
  const text =
    'dial tcp 10.1.2.3:5432: i/o timeout\nshop/web:41000 (ID:1) <> shop/db:5432 (ID:2) policy-verdict:none EGRESS DENIED (TCP Flags: SYN)';
  expect(causes(text)).toMatchObject([{ engine: 'cilium', certainty: 'stated' }]);
});

test('half a symptom is one', () => {
  expect(causes('Startup probe failed: Get "http://10.1.2.3:80/": context deadline exceeded (Client.Ti')).toMatchObject(
    [{ category: 'network' }],
  );
});
