import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileOfAskedToken, readKubeconfig, writtenToken } from './kubeconfig.ts';

let folder: string;
const file = (name: string, content: object | string) => {
  writeFileSync(`${folder}/${name}`, typeof content === 'string' ? content : JSON.stringify(content));
  return `${folder}/${name}`;
};
const context = (name: string, user: string, namespace?: string) => ({
  name,
  context: { cluster: 'c', user, namespace },
});

beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/kubeconfig-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a kubeconfig', () => {
  test('of several files is one, and the first that says something wins', async () => {
    const first = file('first', {
      contexts: [context('a', 'ann', 'shop')],
      users: [{ name: 'ann', user: { token: 'one' } }],
    });
    const second = file('second', {
      'current-context': 'a',
      contexts: [context('a', 'bob', 'other'), context('b', 'bob')],
      users: [
        { name: 'ann', user: { token: 'two' } },
        { name: 'bob', user: { exec: { command: 'login' } } },
      ],
    });
    const view = await readKubeconfig({}, { KUBECONFIG: `${first}:${folder}/missing::${second}` });
    expect(view.contexts.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(view.context).toMatchObject({ name: 'a', namespace: 'shop' });
    expect(await writtenToken(view)).toBe('one');
    const other = await readKubeconfig({ context: 'b' }, { KUBECONFIG: `${first}:${second}` });
    expect([await writtenToken(other), fileOfAskedToken(other)]).toEqual([undefined, second]);
  });

  test('names a file of a token from where it is itself', async () => {
    file('token', 'from-a-file\n');
    const path = file('with-file', {
      'current-context': 'a',
      contexts: [context('a', 'ann')],
      users: [{ name: 'ann', user: { token: 'old', tokenFile: 'token' } }],
    });
    expect(await writtenToken(await readKubeconfig({ kubeconfig: path }, {}))).toBe('from-a-file');
  });

  test('that is not there is nothing, unless it was named', async () => {
    expect((await readKubeconfig({}, { HOME: folder })).contexts).toEqual([]);
    await expect(readKubeconfig({ kubeconfig: `${folder}/no` }, {})).rejects.toThrow('cannot be read');
  });

  test('without the context that was named is an error', async () => {
    const path = file('empty', '');
    await expect(readKubeconfig({ kubeconfig: path, context: 'x' }, {})).rejects.toThrow('has no context x');
  });

  test('that is none is refused, without a word of what stands there', async () => {
    const path = file('broken', 'users: [{name: a, user: {token: my-secret');
    const failed = readKubeconfig({ kubeconfig: path }, {});
    await expect(failed).rejects.toThrow(/broken is no kubeconfig\.$/);
  });
});
