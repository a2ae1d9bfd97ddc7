/** An answer of a single item that is too large for a message: what can be cut is cut, and says that it is. */

/** Longest text and longest list of names, step by step. */
const steps = [
  { text: 4_000, list: 50 },
  { text: 1_000, list: 10 },
  { text: 200, list: 3 },
] as const;
/** How often an answer can be made shorter. */
export const shorteningsMax = steps.length;

/** Most entries of what is keyed by names. */
const entriesMax = 64;
const mark = '… (cut)';
/** What is given back as it is: half of it would be something else. */
const whole: ReadonlySet<string> = new Set(['id', 'namespace', 'next_cursor', 'nextCursor']);
/** What is done as it is: rather none than half. */
const allOrNothing: ReadonlySet<string> = new Set(['command', 'patch', 'url']);

/** A copy with no longer texts and lists than this step allows. @param step From 0 to less than `shorteningsMax`. */
export function shortened(answer: object, step: number): object {
  const { text, list } = steps[step] ?? steps[0];

  function ofText(key: string, value: string): string {
    return value.length <= text || whole.has(key) ? value : value.slice(0, text - mark.length).toWellFormed() + mark;
  }

  function ofValue(key: string, value: unknown): unknown {
    if (typeof value === 'string') return ofText(key, value);
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      const names = items.every((item) => typeof item === 'string');
      return (names ? items.slice(0, list) : items).map((item) => ofValue(key, item));
    }
    return typeof value === 'object' && value !== null ? ofObject(value) : value;
  }

  function ofObject(value: object): object {
    const entries = Object.entries(value)
      .slice(0, entriesMax)
      .filter(([key, each]) => !(allOrNothing.has(key) && typeof each === 'string' && each.length > text))
      .map(([key, each]: [string, unknown]) => [key.length > text ? ofText('', key) : key, ofValue(key, each)]);
    return Object.fromEntries(entries);
  }

  return ofObject(answer);
}
