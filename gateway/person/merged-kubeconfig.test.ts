import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { readMergedKubeconfig } from './merged-kubeconfig.ts';

test('of several files the first that has a name counts, and --context goes before what is current', async () => {
  const folder = mkdtempSync(`${tmpdir()}/potoo-kubeconfig-`);
  try {
    const user = (name: string, token: string) => ({ name, user: { token } });
    writeFileSync(`${folder}/a`, JSON.stringify({ users: [user('ann', 'first'), user('bob', 'b')] }));
    writeFileSync(`${folder}/b`, 'current-context: home\nusers: [{name: ann, user: {token: second}}, nonsense]\n');
    const paths = [`${folder}/a`, `${folder}/b`];
    const merged = {
      'current-context': 'home',
      clusters: [],
      contexts: [],
      users: [user('ann', 'first'), user('bob', 'b')],
    };
    expect(await readMergedKubeconfig(paths, undefined)).toEqual(merged);
    expect(await readMergedKubeconfig(paths, 'away')).toEqual({ ...merged, 'current-context': 'away' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
