import { expect, test } from 'vitest';
import { isTest, readSources } from './sources.ts';

/**
 * Pasted texts are what anybody sends, so regular expressions on them are of one class of characters with an optional quantifier,
 * between optional anchors, and behind the first of these fixed letters at most: they take one pass whatever is sent. Larger formats are read without any.
 */
const ofOneClass = /^\/(?:\^[\w-]*)?(?:\[(?:\\.|[^\]\\])+\]|\\[a-zA-Z])(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})?\$?\/[a-z]*$/;

/** One character before another of a class, or one of a class without the blank: the same holds of them. */
const ofOneCharacter = /^\/ \(\?=\[(?:\\.|[^\]\\])+\]\)\|\[\[(?:\\.|[^\]\\])+\]--\[ \]\]\/[a-z]*$/;

const takesOnePass = (expression: string) => ofOneClass.test(expression) || ofOneCharacter.test(expression);

const sources = readSources().filter(({ path }) => path.startsWith('gateway/explain/') && !isTest(path));

/** What stands between two slashes where no division can stand. Comments and quotations are left out. */
function expressionsIn(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const bare = code.replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, "''");
  return [...bare.matchAll(/(?<=[(,=:[!&|?{};\n]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g)].map(
    ([found]) => found,
  );
}

test('regular expressions on pasted texts are of one class of characters', () => {
  expect(sources.length).toBeGreaterThan(10);
  const wrong = sources.flatMap(({ path, text }) =>
    expressionsIn(text)
      .filter((expression) => !takesOnePass(expression))
      .map((expression) => `${path}: ${expression}`),
  );
  expect(wrong).toEqual([]);
});

test('the check finds what it is for', () => {
  const found = (code: string) => expressionsIn(code).filter((expression) => !takesOnePass(expression));
  expect(found('const a = /(a+)+b/;\nb.test(/[a-z]+/g, /^[0-9]{1,3}$/, /^v[0-9.]+$/)')).toEqual(['/(a+)+b/']);
  expect(found('text.match(/a.*b/)')).toEqual(['/a.*b/']);
  expect(found('a.test(/ (?=[ a])|[[ ab]--[ ]]/gv, / (?=[ a])+|[[ ab]--[ ]]/gv)')).toEqual([
    '/ (?=[ a])+|[[ ab]--[ ]]/gv',
  ]);
  expect(found('text.split(/[A-Z]+[a-z]+/u)')).toEqual(['/[A-Z]+[a-z]+/u']);
  expect(found("const half = length / 2; // a / b\nconst path = '/a+b+/';")).toEqual([]);
});
