import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { parseStaticTokens } from './static-tokens.ts';
import { followStaticTokens, readTokensFile, rereadMs } from './static-tokens-file.ts';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const yaml = (tokens: Record<string, string>) =>
  ['tokens:', ...Object.entries(tokens).map(([token, name]) => `- { sha256: ${hash(token)}, username: ${name} }`)].join(
    '\n',
  );

describe('a file of static tokens', () => {
  test('says who a token belongs to, in YAML as well as in JSON', () => {
    const entry = { sha256: hash('one').toUpperCase(), username: 'ci', groups: ['robots', 'system:authenticated'] };
    for (const text of [
      JSON.stringify({ tokens: [entry] }),
      `tokens:\n- sha256: ${entry.sha256}\n  username: ci\n  groups: [robots]\n`,
    ]) {
      const tokens = parseStaticTokens(text);
      expect(tokens.userOf('one')).toEqual({ username: 'ci', groups: ['robots', 'system:authenticated'] });
      expect(tokens.size).toBe(1);
    }
  });

  test('knows no other text: not a hash, nor a part of a token', () => {
    const tokens = parseStaticTokens(yaml({ 'a-token': 'ci' }));
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(tokens.userOf(text)).toEqual(text === 'a-token' ? expect.anything() : undefined);
      }),
    );
    for (const text of [hash('a-token'), 'a-toke', 'a-token ', '']) expect(tokens.userOf(text)).toBeUndefined();
  });

  test.each([
    ['', 'the file: '],
    ['{', 'line 1, column '],
    ['tokens: [&a 1, *a]', 'Alias resolution is disabled'],
    ['tokens: {}', 'tokens: '],
    ['tokens: []\nmore: 1', 'the file: Unrecognized key: "more"'],
    ['tokens:\n- { sha256: my-own-token, username: ci }', 'tokens[0].sha256: must be the SHA-256 of a token'],
    [`tokens:\n- { sha256: ${hash('a')} }`, 'tokens[0].username: '],
    [`tokens:\n- { sha256: ${hash('a')}, username: '' }`, 'tokens[0].username: must not be empty'],
    [
      `tokens:\n- { sha256: ${hash('a')}, username: 'system:serviceaccount:shop:ci' }`,
      'tokens[0].username: must not begin with system:',
    ],
    [
      `tokens:\n- { sha256: ${hash('a')}, username: ci, groups: [robots, 'system:masters'] }`,
      'tokens[0].groups[1]: must not begin with system:, except for system:authenticated',
    ],
    [
      `${yaml({ a: 'ci' })}\n- { sha256: ${hash('a')}, username: other }`,
      'tokens[1].sha256: must not stand there twice',
    ],
  ])('is refused with the field that is wrong, and without what stands there: %j', (text, error) => {
    expect(() => parseStaticTokens(text)).toThrow(error);
    expect(() => parseStaticTokens(text)).not.toThrow('my-own-token');
  });

  test('gives every entry that is right, and no name of the API server itself', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string().map((text) => `system:${text}`),
    );
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 3 }), (username, groups) => {
        const text = JSON.stringify({ tokens: [{ sha256: hash('a'), username, groups }] });
        let user: unknown;
        try {
          user = parseStaticTokens(text).userOf('a');
        } catch {
          // Refused: then some name must be wrong.
          expect([username, ...groups].some((each) => each === '' || each.startsWith('system:'))).toBe(true);
          return;
        }
        expect(user).toEqual({ username, groups: [...new Set([...groups, 'system:authenticated'])] });
        expect(username.startsWith('system:')).toBe(false);
      }),
    );
  });
});

describe('a file that changes', () => {
  async function follow(first: string) {
    const clock = createVirtualClock();
    const lines: unknown[] = [];
    const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });
    const file: { text: string | Error } = { text: first };
    const following = followStaticTokens({
      path: '/tokens.yaml',
      read: async () => (typeof file.text === 'string' ? file.text : Promise.reject(file.text)),
      clock,
      log,
    });
    return { clock, lines, file, tokens: await following };
  }

  test('is read again within seconds: new tokens count, old ones do not', async () => {
    const { clock, lines, file, tokens } = await follow(yaml({ one: 'ci' }));
    file.text = yaml({ two: 'cd' });
    await clock.advance(rereadMs - 1);
    expect(tokens.userOf('one')?.username).toBe('ci');
    await clock.advance(1);
    expect([tokens.userOf('one'), tokens.userOf('two')?.username]).toEqual([undefined, 'cd']);
    await clock.advance(10 * rereadMs);
    expect(lines).toEqual([{ level: 30, path: '/tokens.yaml', tokens: 1, msg: 'the static tokens were read again' }]);
  });

  test('keeps what it said when it cannot be read any more, and says so once', async () => {
    const { clock, lines, file, tokens } = await follow(yaml({ one: 'ci' }));
    for (const text of ['tokens: nothing', new Error('ENOENT: no such file')]) {
      file.text = text;
      lines.length = 0;
      await clock.advance(10 * rereadMs);
      expect(tokens.userOf('one')?.username).toBe('ci');
      expect(lines).toEqual([expect.objectContaining({ level: 50, path: '/tokens.yaml' })]);
    }
    file.text = yaml({ one: 'cd' });
    await clock.advance(rereadMs);
    expect(tokens.userOf('one')?.username).toBe('cd');
  });

  test('is refused at the start with its path, and is not looked at after the end', async () => {
    await expect(follow('tokens: {}')).rejects.toThrow('/tokens.yaml cannot be used: tokens: ');
    const { clock, tokens } = await follow(yaml({ one: 'ci' }));
    tokens[Symbol.dispose]();
    await clock.settle();
    expect(clock.waiting).toBe(0);
  });

  test('may be a link that is swapped, as in a Secret volume; one that is missing or too long is no file of tokens', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'potoo-tokens-'));
    try {
      const at = (name: string) => join(folder, name);
      for (const name of ['first', 'second']) {
        await writeFile(at(name), name);
        await rm(at('link'), { force: true });
        await symlink(at(name), at('link'));
        expect(await readTokensFile(at('link'))).toBe(name);
      }
      await truncate(at('second'), 3_000_000);
      await expect(readTokensFile(at('link'))).rejects.toThrow('longer than');
      await expect(readTokensFile(at('none'))).rejects.toThrow('ENOENT');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
