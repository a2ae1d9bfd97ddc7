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
