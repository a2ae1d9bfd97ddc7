import { describe, expect, test } from 'vitest';
import { createProgram } from '../program.ts';
import { testedSurroundings } from '../testing/surroundings.ts';
import { candidatesAt, wholeWords } from './candidates.ts';

const program = createProgram(testedSurroundings());
const valuesAt = (...words: string[]) => candidatesAt(program, words).known.map(({ value }) => value);

describe('what may stand where TAB is pressed', () => {
  test('commands, and none that no person types', () => {
    expect(valuesAt('')).toEqual(expect.arrayContaining(['query', 'namespaces', 'remediate', 'details', 'status']));
    expect(valuesAt('').some((value) => value.startsWith('_'))).toBe(false);
  });

  test('options of the command and those of all', () => {
    expect(valuesAt('query', '-')).toEqual(expect.arrayContaining(['--fail-on', '--namespace', '--help']));
    expect(valuesAt('status', '-')).not.toContain('--fail-on');
  });

  test.each([
    ['after an option', ['query', '--severity', ''], ['Critical', 'Warning', 'Info']],
    ['after its short form', ['query', '-s', ''], ['Critical', 'Warning', 'Info']],
    ['after an option of all commands that stands first', ['-o', ''], ['table', 'wide', 'json', 'yaml', 'name']],
    ['for the argument of a command', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['not for an option that has no values', ['query', '--workload', ''], []],
    ['not after --, where there are no options', ['details', '--', 'x', '-'], []],
  ])('values %s', (_, words, values) => {
    expect(valuesAt(...words)).toEqual(values);
  });

  test('values behind an equals sign stand with the option', () => {
    expect(candidatesAt(program, ['query', '--type=Net'])).toMatchObject({ before: '--type=' });
  });

  test.each([
    ['namespaces', ['query', '-n', '']],
    ['contexts', ['--context', '']],
    ['constraints', ['details', '']],
    ['constraints', ['-n', 'shop', 'remediate', '']],
    ['files', ['query', '--reports', '']],
    [undefined, ['details', 'checkout-in', '']],
  ])('%s are asked for elsewhere', (asked, words) => {
    expect(candidatesAt(program, words).asked).toBe(asked);
  });

  test('an option whose value is missing is not taken for whole', () => {
    expect(wholeWords(program, ['-n', 'shop', '--context', ''])).toEqual(['-n', 'shop']);
    expect(wholeWords(program, ['-n', 'shop', 'details', ''])).toEqual(['-n', 'shop', 'details']);
  });
});
