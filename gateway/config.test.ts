import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { createHostPolicy } from './http/hosts.ts';

test('nothing set means a pod with its own ServiceAccount on the usual ports', () => {
  expect(readConfig({ PATH: '/bin' })).toEqual({
    kubeconfig: undefined,
    host: '0.0.0.0',
    port: 8_090,
    metricsPort: 9_090,
    logLevel: 'info',
    systemNamespace: 'potoo-system',
    allowedHosts: [],
    rateLimitPerMinute: 600,
    tls: undefined,
    tokenReviews: true,
    staticTokensFile: undefined,
    reviewGraceSeconds: 0,
    toolsets: ['constraints'],
    remediationContact: undefined,
    discovery: undefined,
  });
});

test('every setting is read', () => {
  expect(
    readConfig({
      POTOO_KUBECONFIG: '/etc/kubeconfig',
      POTOO_HOST: '127.0.0.1',
      POTOO_PORT: '0',
      POTOO_METRICS_PORT: '65535',
      POTOO_LOG_LEVEL: 'debug',
      POTOO_NAMESPACE: 'rules',
      POTOO_RATE_LIMIT_PER_MINUTE: '0',
      POTOO_TLS_CERT_FILE: '/tls/tls.crt',
      POTOO_TLS_KEY_FILE: '/tls/tls.key',
      POTOO_ALLOWED_HOSTS: 'potoo.example.com, other.example.com,',
      POTOO_AUTHENTICATION: 'bearer-token',
      POTOO_STATIC_TOKENS_FILE: '/etc/potoo/tokens.yaml',
      POTOO_REVIEW_GRACE_SECONDS: '3600',
      POTOO_TOOLSETS: 'cluster, constraints,cluster',
      POTOO_REMEDIATION_CONTACT: ' #platform-team ',
    }),
  ).toEqual({
    kubeconfig: '/etc/kubeconfig',
    host: '127.0.0.1',
    port: 0,
    metricsPort: 65_535,
    logLevel: 'debug',
    systemNamespace: 'rules',
    allowedHosts: ['potoo.example.com', 'other.example.com'],
    rateLimitPerMinute: 0,
    tls: { certFile: '/tls/tls.crt', keyFile: '/tls/tls.key' },
    tokenReviews: false,
    staticTokensFile: '/etc/potoo/tokens.yaml',
    reviewGraceSeconds: 3_600,
    toolsets: ['cluster', 'constraints'],
    remediationContact: '#platform-team',
    discovery: undefined,
  });
});

test('one error names every setting that cannot be used, and what would do', () => {
  expect(() => readConfig({ POTOO_PORT: '70000', POTOO_LOG_LEVEL: 'loud', POTOO_ALLOWED_HOSTS: 'a b' })).toThrow(
    'The environment holds settings that cannot be used:\n' +
      '  POTOO_PORT="70000": a port from 0 to 65535; 0 for a free one\n' +
      '  POTOO_LOG_LEVEL="loud": one of debug, info, warn, error\n' +
      '  POTOO_ALLOWED_HOSTS="a b": host names with commas between, IPv6 addresses in brackets',
  );
});

test('a certificate without its key is refused at the start, and a key without its certificate', () => {
  for (const name of ['POTOO_TLS_CERT_FILE', 'POTOO_TLS_KEY_FILE']) {
    expect(() => readConfig({ [name]: '/tls/file' })).toThrow('is set together with POTOO_TLS_CERT_FILE');
  }
});

test.each(['-1', '1.5', 'many', '1000000', ''])('%j is no number of calls a minute', (text) => {
  expect(() => readConfig({ POTOO_RATE_LIMIT_PER_MINUTE: text })).toThrow('0 for no limit');
});

test.each(['Potoo.Example.com', 'potoo.example.com.', 'potoo.example.com:8090', '[2001:DB8::1]'])(
  'a Host that is allowed as %s is let in when it is sent like that',
  (host) => {
    const { allowedHosts } = readConfig({ POTOO_ALLOWED_HOSTS: host });
    const policy = createHostPolicy({ systemNamespace: 'potoo-system', allowed: allowedHosts });
    expect(policy.refused({ host, origin: undefined, localAddress: undefined })).toBeUndefined();
  },
);

test.each(['2001:db8::1', 'my_host', 'http://potoo.example.com', '*.example.com'])(
  '%s, which no Host header could equal, is refused at the start',
  (host) => {
    expect(() => readConfig({ POTOO_ALLOWED_HOSTS: `localhost,${host}` })).toThrow('POTOO_ALLOWED_HOSTS');
  },
);

test('both ways to know a caller may be used together', () => {
  const both = { POTOO_AUTHENTICATION: 'kubernetes-sa, bearer-token', POTOO_STATIC_TOKENS_FILE: 'tokens.yaml' };
  expect(readConfig(both)).toMatchObject({ tokenReviews: true, staticTokensFile: 'tokens.yaml' });
});

test.each([
  { POTOO_AUTHENTICATION: 'none' },
  { POTOO_AUTHENTICATION: '' },
  { POTOO_AUTHENTICATION: 'bearer-token' },
  { POTOO_STATIC_TOKENS_FILE: 'tokens.yaml' },
  { POTOO_REVIEW_GRACE_SECONDS: '3601' },
  { POTOO_REVIEW_GRACE_SECONDS: '-1' },
])('settings of authentication that leave a doubt are refused: %j', (environment) => {
  expect(() => readConfig(environment)).toThrow(/POTOO_(AUTHENTICATION|STATIC_TOKENS_FILE|REVIEW_GRACE_SECONDS)=/);
});

test('the contact is one line of plain words, and none when it is empty', () => {
  expect(readConfig({ POTOO_REMEDIATION_CONTACT: ' ' }).remediationContact).toBeUndefined();
  for (const text of ['a\nb', 'a\u202eb', 'x'.repeat(201)]) {
    expect(() => readConfig({ POTOO_REMEDIATION_CONTACT: text })).toThrow(
      /POTOO_REMEDIATION_CONTACT=.*: one line of at most 200 characters/,
    );
  }
});

test('an issuer and the public URL are for clients without a token, who ask under that name', () => {
  const config = readConfig({
    POTOO_OIDC_ISSUER: 'https://login.example.com/realms/a/',
    POTOO_PUBLIC_URL: 'https://Potoo.example.com:8443/',
  });
  expect(config.discovery).toEqual({
    issuer: 'https://login.example.com/realms/a/',
    publicUrl: 'https://potoo.example.com:8443',
  });
  expect(config.allowedHosts).toEqual(['potoo.example.com']);
});

test.each([
  [{ POTOO_OIDC_ISSUER: 'https://login.example.com' }, /POTOO_PUBLIC_URL="": is set together/],
  [{ POTOO_PUBLIC_URL: 'https://potoo.example.com' }, /POTOO_OIDC_ISSUER="": is set together/],
  [{ POTOO_OIDC_ISSUER: 'http://login.example.com', POTOO_PUBLIC_URL: 'https://p.example.com' }, /an https URL/],
  [{ POTOO_OIDC_ISSUER: 'https://a.example.com/?b', POTOO_PUBLIC_URL: 'https://p.example.com' }, /an https URL/],
  [{ POTOO_OIDC_ISSUER: 'https://a.example.com', POTOO_PUBLIC_URL: 'https://p.example.com/potoo' }, /without a path/],
  [{ POTOO_OIDC_ISSUER: 'https://a.example.com', POTOO_PUBLIC_URL: 'http://p.example.com' }, /with https/],
  [
    {
      POTOO_OIDC_ISSUER: 'https://a.example.com',
      POTOO_PUBLIC_URL: 'http://localhost:8090',
      POTOO_AUTHENTICATION: 'bearer-token',
      POTOO_STATIC_TOKENS_FILE: '/tokens.yaml',
    },
    /kubernetes-sa in POTOO_AUTHENTICATION/,
  ],
])('%j is a mistake', (environment, message) => {
  expect(() => readConfig(environment)).toThrow(message);
});
