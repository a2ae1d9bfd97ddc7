/**
 * Credentials as they stand in manifests and logs, all made up and put together here, so that no scanner takes this file for a
 * leak; and texts that look a little like them and are none.
 */
import { createHash } from 'node:crypto';

/** Bytes that look random and are the same in every run. */
export function hexadecimal(seed: number | string): Buffer {
  return createHash('sha384').update(String(seed)).digest();
}

const random = (seed: string, length: number) =>
  Array.from({ length: Math.ceil(length / 60) }, (_, index) => hexadecimal(`${seed}${index}`).toString('base64'))
    .join('')
    .replaceAll(/[+/=]/g, 'x')
    .slice(0, length);
const joined = (start: string, end: string) => start + end;
const base64Url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const claims = { iss: 'https://kubernetes.default.svc', sub: 'system:serviceaccount:shop:web', exp: 1_795_312_800 };
const jwt = `${base64Url({ alg: 'RS256', kid: 'k1' })}.${base64Url(claims)}.${random('signature', 86)}`;
const login = Buffer.from('app:hunter-2-horse').toString('base64');
const opaque = random('opaque', 24);
const password = 'correct-h0rse!battery';

interface Planted {
  /** What must not be told. */
  readonly secret: string;
  /** As it stands somewhere. */
  readonly text: string;
}

function alone(secret: string): Planted {
  return { secret, text: `found ${secret} there` };
}

/** By what they are. */
export const credentials: Readonly<Record<string, Planted>> = {
  'a ServiceAccount token': alone(jwt),
  'a JWT that was cut in its payload': alone(jwt.slice(0, 90)),
  'a JWT that was cut in its header': alone(jwt.slice(0, 30)),
  'a JWT in base64': alone(Buffer.from(jwt).toString('base64')),
  'a JWT in a URL': { secret: jwt, text: `GET /callback?id_token=${jwt}&state=1` },
  'a bearer header': { secret: opaque, text: `Authorization: Bearer ${opaque}` },
  'a bearer header in quotes': { secret: opaque, text: `{"authorization": ["bearer ${opaque}"]}` },
  'a short bearer token': { secret: 's3cr3t', text: 'curl -H "Authorization: Bearer s3cr3t" http://web' },
  'a basic header': { secret: login, text: `authorization: Basic ${login}` },
  'an AWS access key': alone(
    `${joined('AK', 'IA')}${random('aws', 30)
      .toUpperCase()
      .replaceAll(/[^A-Z]/g, 'Q')
      .slice(0, 16)}`,
  ),
  'an AWS secret key': { secret: random('awss', 40), text: `aws_secret_access_key = ${random('awss', 40)}` },
  'an AWS secret key without a name': alone(random('awsn', 40)),
  'a Google API key': alone(`${joined('AI', 'za')}${random('google', 35)}`),
  'a Google access token': alone(`${joined('ya', '29')}.${random('ya', 60)}`),
  'an Azure storage key': {
    secret: `${random('azure', 86)}==`,
    text: `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${random('azure', 86)}==;EndpointSuffix=core.windows.net`,
  },
  'an Azure client secret': alone(`${joined('abc8', 'Q~')}${random('entra', 34)}`),
  'a SAS URL': {
    secret: `${random('sas', 43)}%3D`,
    text: `https://x.blob.core.windows.net/a?sv=2024&sig=${random('sas', 43)}%3D`,
  },
  'a GitHub token': alone(`${joined('gh', 'p_')}${random('github', 36)}`),
  'a fine-grained GitHub token': alone(`${joined('github', '_pat_')}${random('fine', 59)}`),
  'a GitHub token after an escaped line end': {
    secret: `${joined('gh', 's_')}${random('e', 36)}`,
    text: `{"log":"x\\${joined('ngh', 's_')}${random('e', 36)}"}`,
  },
  'a GitLab token': alone(`${joined('gl', 'pat-')}${random('gitlab', 20)}`),
  'a Slack token': alone(`${joined('xo', 'xb-')}123456789012-${random('slack', 24)}`),
  'an npm token': alone(`${joined('np', 'm_')}${random('npm', 36)}`),
  'a line of .npmrc': { secret: opaque, text: `//registry.example.com/:_authToken=${opaque}` },
  'a Stripe key': alone(`${joined('sk', '_live_')}${random('stripe', 24)}`),
  'a Vault token': alone(`${joined('hv', 's.')}${random('vault', 24)}`),
  'an OpenAI key': alone(`${joined('sk-', 'proj-')}${random('openai', 40)}`),
  'a password in a URL': { secret: password, text: `postgres://app:${password}@db.shop.svc:5432/shop?sslmode=disable` },
  'a password with a slash in a URL': { secret: 'pa/ss#w0rd', text: 'amqp://app:pa/ss#w0rd@queue:5672/' },
  'a password without a user in a URL': { secret: password, text: `redis://:${password}@cache:6379/0` },
  'a token in place of the user of a URL': {
    secret: opaque,
    text: `git clone https://${opaque}@git.example.com/shop.git`,
  },
  'a connection string': {
    secret: password,
    text: `Server=db;Database=shop;User Id=app;Password=${password};Encrypt=true`,
  },
  'a line of YAML': { secret: password, text: `dbPassword: ${password}` },
  'a block of YAML': { secret: password, text: `password: |\n    ${password}` },
  'a member of JSON': { secret: password, text: `{"user":"app","client_secret":"${password}","port":1}` },
  'a password with blanks': { secret: 'correct horse battery', text: 'password = "correct horse battery"' },
  'an escaped quote in a password': { secret: 'horse7battery', text: String.raw`{"password": "a\"horse7battery"}` },
  'a flag and its value': { secret: password, text: `starting with --db-password ${password} --port 80` },
  'a flag with its value': { secret: opaque, text: `kubeadm join --token=${opaque}` },
  'the auth of a registry': { secret: login, text: `{"auths":{"registry.example.com":{"auth":"${login}"}}}` },
  'a session cookie': { secret: opaque, text: `Set-Cookie: ${opaque}` },
};

/** What people look for in manifests and logs. */
export const ordinary: readonly string[] = [
  `web@sha256:${'0a1b2c3d'.repeat(8)}`,
  '3f1a3cbb-6f2c-4a87-9bdb-0f1f63f4a7c2',
  'registry.example.com/shop/web:1.2.3',
  'deployment.apps/web-5d4f8c7b9-x2x4z configured',
  'Error: secret "db-credentials" not found',
  'MountVolume.SetUp failed for volume "token" : references non-existent secret key: tls.crt',
  'automountServiceAccountToken: false',
  'secretName: shop-tls',
  'imagePullSecrets: []',
  'imagePullSecret: registry-login',
  'privateKey: /etc/certs/client.pem',
  'tokenExpirationSeconds: 3607',
  'max_tokens=4096',
  'password: ""',
  'level=info msg="listening" addr=0.0.0.0:8080 took=1.2ms',
  'GET https://kubernetes.default.svc:443/api/v1/namespaces/shop/pods?limit=500',
  'git clone ssh://git@github.com/shop/web.git',
  'bearer authentication failed',
  'topologyKey: kubernetes.io/hostname',
  'key: app',
  '/usr/share/Fonts/TrueType/Dejavu/Sans9/Bold',
  'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
  'disk-abcdefghijklmnopqrstuvwxyz0123456789',
  '2026-11-22T01:02:03.000000000Z',
  'docker run -u 1000:1000 web',
];
