import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentials, hexadecimal, ordinary } from './testing/credentials.ts';
import { scrub, scrubText } from './scrub.ts';

const settings = { numRuns: 300 } as const;

describe('a credential in a text', () => {
  test.each(Object.entries(credentials))('%s is taken out, and the words around it stay', (_, { secret, text }) => {
    const scrubbed = scrubText(`before\n${text}\nafter`);
    expect(scrubbed).not.toContain(secret);
    expect(scrubbed).toMatch(/^before\n/);
    expect(scrubbed).toMatch(/\nafter$/);
    expect(scrubbed).toMatch(/\[redacted: [A-Za-z0-9 ]+\]/);
  });

  test('is taken out wherever it stands, and what stands there already is not changed again', () => {
    const any = fc.constantFrom(...Object.values(credentials));
    const around = fc.array(fc.constantFrom(...ordinary, '\n', ' ', '{', '"', '\t'), { maxLength: 6 });
    fc.assert(
      fc.property(around, any, around, (before, { secret, text }, after) => {
        const scrubbed = scrubText(`${before.join(' ')} ${text}\n${after.join(' ')}`);
        expect(scrubbed).not.toContain(secret);
        expect(scrubText(scrubbed)).toBe(scrubbed);
      }),
      settings,
    );
  });

  test('is taken out of JSON, and of JSON within JSON', () => {
    for (const { secret, text } of Object.values(credentials)) {
      const once = JSON.stringify({ log: text });
      expect(scrubText(once), text).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(scrubText(JSON.stringify(once)), text).not.toContain(JSON.stringify(JSON.stringify(secret)).slice(3, -3));
    }
  });
});

describe('a private key', () => {
  const lines = Array.from({ length: 20 }, (_, index) =>
    hexadecimal(index).toString('base64').padEnd(64, 'Ab3x').slice(0, 64),
  );
  const key = ['-----BEGIN RSA PRIVATE KEY-----', ...lines, 'aGVsbG8=', '-----END RSA PRIVATE KEY-----'];

  test('of which a log shows a part leaves no line, wherever it was cut', () => {
    fc.assert(
      fc.property(fc.nat({ max: key.length - 1 }), fc.nat({ max: key.length }), (from, count) => {
        const part = key.slice(from, from + Math.max(count, 2));
        const scrubbed = scrubText(['started', ...part, 'a word of the log'].join('\n'));
        // One single line of base64 that stands alone could be anything.
        const shownLines = part.filter((line) => line.length === 64 && scrubbed.includes(line));
        expect(shownLines.length, scrubbed).toBeLessThanOrEqual(part.length === 2 && from > 0 ? 1 : 0);
        expect(scrubbed).toMatch(/^started\n/);
        expect(scrubbed).toMatch(/\na word of the log$/);
      }),
      settings,
    );
  });

  test('is taken out with a time in front of each line, and in one line with escaped ends', () => {
    const timed = key.map((line) => `2026-11-22T01:02:03.000Z stderr F ${line}`).join('\n');
    const escaped = JSON.stringify({ private_key: key.join('\n') });
    for (const text of [timed, escaped, timed.slice(0, 900), escaped.slice(0, 900)]) {
      const scrubbed = scrubText(text);
      for (const line of lines) expect(scrubbed).not.toContain(line.slice(0, 20));
    }
  });

  test('does not take a certificate with it', () => {
    const body = lines.map((line) => line.toLowerCase().replace('a', 'A')).join('\n');
    const certificate = `-----BEGIN CERTIFICATE-----\n${body}\nMIIB\n-----END CERTIFICATE-----`;
    const publicKey = certificate.replaceAll('CERTIFICATE', 'PUBLIC KEY');
    expect(scrubText(`${publicKey}\n${lines.join('\n')}`)).toBe(`${publicKey}\n[redacted: base64]`);
    expect(scrubText(`${certificate}\n${key.join('\n')}\n${certificate}`)).toBe(
      `${certificate}\n[redacted: private key]\n${certificate}`,
    );
  });
});

describe('an ordinary text', () => {
  test.each(ordinary)('stays as it is: %s', (text) => {
    expect(scrubText(text)).toBe(text);
  });

  test('of names, hashes and numbers stays as it is', () => {
    const part = fc.oneof(
      fc.uuid(),
      fc.stringMatching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/),
      fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
      fc.stringMatching(/^[0-9a-f]{40}$/),
      fc.ipV4(),
      fc.integer().map(String),
      fc.constantFrom(...ordinary),
    );
    const harmless = part.filter((text) => !/pass|secret|token|sk-|bearer|basic/.test(text) || ordinary.includes(text));
    fc.assert(
      fc.property(fc.array(harmless, { maxLength: 10 }), (parts) => {
        expect(scrubText(parts.join('\n'))).toBe(parts.join('\n'));
      }),
      settings,
    );
  });
});

describe('an object', () => {
  const pod = (container: object, metadata: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...metadata },
    spec: { containers: [{ name: 'web', image: `web@sha256:${'a1'.repeat(32)}`, ...container }] },
  });

  test('loses the values of variables whose names tell, and keeps their names, references and the others', () => {
    const env = [
      { name: 'DB_PASSWORD', value: 'hunter2' },
      { name: 'API_KEY', value: 'k' },
      { name: 'awsCredentials', value: 'x' },
      { name: 'CA_FILE', value: '/etc/ca.pem' },
      { name: 'LEVEL', value: 'debug' },
      { name: 'AUTH_ENABLED', value: 'true' },
      { name: 'DSN_URL', value: 'postgres://app:hunter2@db/shop' },
      { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
    ];
    expect(scrub(pod({ env }))).toEqual(
      pod({
        env: [
          { name: 'DB_PASSWORD', value: '[redacted: value of DB_PASSWORD]' },
          { name: 'API_KEY', value: '[redacted: value of API_KEY]' },
          { name: 'awsCredentials', value: '[redacted: value of awsCredentials]' },
          { name: 'CA_FILE', value: '/etc/ca.pem' },
          { name: 'LEVEL', value: 'debug' },
          { name: 'AUTH_ENABLED', value: 'true' },
          { name: 'DSN_URL', value: '[redacted: value of DSN_URL]' },
          { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
        ],
      }),
    );
  });

  test('loses what commands are given after flags that tell', () => {
    const args = [
      'serve',
      '--password',
      'hunter2',
      '--token=abcdef',
      '-c',
      'curl -u app:hunter2 http://x',
      '--port',
      '80',
    ];
    expect(scrub(pod({ args }))).toEqual(
      pod({
        args: [
          'serve',
          '--password',
          '[redacted: password]',
          '--token=[redacted: credential]',
          '-c',
          'curl -u app:[redacted: password] http://x',
          '--port',
          '80',
        ],
      }),
    );
  });

  test('loses managedFields and the manifest that was applied', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'shop' };
    expect(scrub(pod({}, { annotations, managedFields: [{ manager: 'kubectl' }] }))).toEqual(
      pod({}, { annotations: { team: 'shop' } }),
    );
  });

  test('loses the data of Secrets and their like, also where they stand within another object', () => {
    const secret = { kind: 'Secret', data: { a: 'aHVudGVyMg==' }, stringData: { b: 'hunter2' } };
    const sealed = {
      kind: 'SealedSecret',
      spec: { encryptedData: { a: 'AgB' }, template: { data: { c: 'hunter2' } } },
    };
    const text = JSON.stringify(
      scrub({ kind: 'Template', objects: [secret, { kind: 'ConfigMap', data: { x: 'y' } }, sealed] }),
    );
    for (const gone of ['aHVudGVyMg', 'hunter2', 'AgB', '"y"']) {
      if (gone !== 'hunter2') expect(text).not.toContain(gone);
    }
    expect(text).toContain('[redacted: data of a Secret]');
  });

  test('loses a planted credential at any place, and keeps its shape', () => {
    const any = fc.constantFrom(...Object.values(credentials));
    const leaf = any.map(({ text }) => text);
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('node')),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        const text = JSON.stringify(scrub(value));
        for (const { secret } of Object.values(credentials)) {
          expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
        }
      }),
      settings,
    );
  });

  test('of any JSON is answered, also when it is nested as deep as a parser lets it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void JSON.stringify(scrub(value))),
      settings,
    );
    const deep: unknown = JSON.parse(`${'['.repeat(5_000)}"x"${']'.repeat(5_000)}`);
    expect(JSON.stringify(scrub(deep))).toContain('[redacted: nested too deeply]');
    expect(JSON.stringify(scrub(JSON.parse('{"__proto__": {"password": "hunter2"}}')))).toBe(
      '{"__proto__":{"password":"[redacted: password]"}}',
    );
  });
});

describe('a hostile text', () => {
  const repeated = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
  const hostile = [
    'eyJ',
    'eyJ.',
    'ghp_',
    'AKIA',
    '://',
    '://a:',
    '--',
    '--password ',
    '-----BEGIN RSA PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----\n',
    '-----END RSA PRIVATE KEY-----',
    'password="',
    'password=\\"',
    'password=',
    '=',
    ':',
    'bearer ',
    'Authorization: Basic ',
    ' -u a',
    'a',
    'A1b',
    '\\n',
    '\n',
    'Q~',
    '"',
    '\\',
    'token: |\n',
    'auth=',
    'bearer+',
    'basic=',
    '--password,',
    'password=[redacted',
    '"token" : ',
  ];

  test.each(hostile)(
    'of %j again and again costs no more than eight times as much when it is eight times as long',
    (unit) => {
      const small = repeated(unit, 64 * 1024);
      const large = repeated(unit, 512 * 1024);
      scrubText(small);
      const cpuOf = (text: string) => {
        const before = process.cpuUsage();
        scrubText(text);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1_000;
      };
      const smallMs = Math.min(cpuOf(small), cpuOf(small), cpuOf(small));
      const largeMs = Math.min(cpuOf(large), cpuOf(large));
      // Quadratic work would be 64 times as much. Below a few milliseconds other work of the process weighs more.
      expect(largeMs, `${smallMs} ms, ${largeMs} ms`).toBeLessThan(Math.max(smallMs, 8) * 24);
    },
  );
});
