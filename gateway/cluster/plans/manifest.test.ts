import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifest } from './manifest.ts';

const pod = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n';

describe('a manifest', () => {
  test('may have several documents, empty ones among them, and Lists', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${pod.trim().replaceAll('\n', '\n  ')}\n`;
    const read = readManifest(`---\n${pod}---\n# nothing\n---\n${list}`);
    expect(read).toMatchObject({ ok: true, value: [{ kind: 'Pod' }, { kind: 'Pod', metadata: { name: 'web' } }] });
  });

  test('loses what the API server writes', () => {
    const whole = { ...JSON.parse('{"apiVersion":"v1","kind":"Pod"}'), status: { phase: 'Running' } };
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'shop' };
    const metadata = { name: 'web', uid: 'u', resourceVersion: '1', managedFields: [], annotations };
    expect(readManifest(JSON.stringify({ ...whole, metadata }))).toMatchObject({
      value: [{ whole: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', annotations: { team: 'shop' } } } }],
    });
  });

  test.each([
    ['nothing', '# nothing', 'no object'],
    ['no object', '- 1', 'no object'],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}', 'metadata.name'],
    ['a name that is an option', 'apiVersion: v1\nkind: Pod\nmetadata: {name: --all}', 'is no name'],
    ['equal keys', `${pod}kind: Secret\n`, 'stands twice'],
    ['__proto__', `${pod}__proto__: {a: 1}\n`, 'can be none'],
    ['words of YAML 1.1', `${pod}spec: {hostNetwork: yes}\n`, 'in quotes'],
    ['an octal number of YAML 1.1', `${pod}spec: {mode: 0644}\n`, 'in quotes'],
    ['a tag', `${pod}spec: !!js/function x\n`, ''],
    [
      'many aliases',
      `${pod}a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
      'cannot be read',
    ],
    ['brackets without end', '['.repeat(100_000), 'deep'],
    [
      'maps in maps',
      Array.from({ length: 5_000 }, (_, depth) => `${' '.repeat(Math.min(depth, 40))}a:`).join('\n'),
      '',
    ],
    ['lists in lists', '- '.repeat(50_000), 'deep'],
    ['too much', 'x'.repeat(200_001), 'longer'],
    ['too many documents', `---\n${pod}`.repeat(21), 'more than'],
    ['no YAML', 'a: b: c', 'cannot be read'],
  ])('with %s is refused with a reason', (_, text, reason) => {
    const read = readManifest(text);
    expect(read).toMatchObject({ ok: false, code: 'INVALID_REQUEST', error: expect.stringContaining(reason) });
  });

  test('of any text is answered', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json()), (text) => {
        expect(typeof readManifest(text).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});
