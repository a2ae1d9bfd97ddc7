import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterLines, companyLines, quoted, removalLines, renderSections } from './lines.ts';

const place = { kubeconfig: '/a folder/b/admin.kubeconfig', gateway: 'http://127.0.0.1:8090' };
const sections = [
  ...companyLines({ ...place, callers: '/a folder/b/callers' }),
  ...clusterLines({ ...place, namespace: 'shop' }),
];

test.each([...sections.flatMap(({ lines }) => lines), ...removalLines(place.kubeconfig)])(
  'a shell can parse: %s',
  (line) => {
    expect(spawnSync('/bin/sh', ['-n', '-c', line], { encoding: 'utf8' }).stderr).toBe('');
  },
);

test('no line holds a token', () => {
  expect(renderSections(sections)).not.toMatch(/Bearer [\w-]/);
});

test('a quoted word reaches the command unchanged', () => {
  const word = fc.string({ unit: fc.constantFrom(...`ab '"$\\\`*?/~-!\n`.split('')) }).filter((text) => text !== '');
  fc.assert(
    fc.property(word, (text) => {
      const { stdout } = spawnSync('/bin/sh', ['-c', `printf %s ${quoted(text)}`], { encoding: 'utf8' });
      expect(stdout).toBe(text);
    }),
    { numRuns: 50 },
  );
});

test('what is installed can be removed: definitions, bindings, roles, and the namespace with the rest', () => {
  const lines = removalLines('/home/me/.kube/config');
  expect(lines[0]).toMatch(
    /^kubectl --kubeconfig \/home\/me\/.kube\/config delete customresourcedefinition .*constraintreports.potoo.io/,
  );
  expect(lines.at(-1)).toBe('kubectl --kubeconfig /home/me/.kube/config delete namespace potoo-system');
});
