/**
 * The selector language of Calico: what a text says, as a tree.
 *
 *     or   := and ("||" and)*          and := op ("&&" op)*          op := "!"* primary
 *     primary := "has(" L ")" | "all()" | "global()" | "(" or ")" | L comparison
 *     comparison := ("==" | "!=" | "contains" | "starts with" | "ends with") S | ("in" | "not in") "{" [S ("," S)* [","]] "}"
 *
 * L is a label of letters, digits and `_./-`; S is a text in single or double quotes, without escapes. Blanks are spaces and
 * tabs, and the operators of two words stand with as many of them as one likes, or none. A text of nothing but blanks is
 * `all()`. The text is read once from left to right; only parentheses nest, and only so deep.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/selector/tokenizer/tokenizer.go
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/selector/parser/parser.go
 */

export type Comparison = 'In' | 'NotIn' | 'Exists' | 'Contains' | 'StartsWith' | 'EndsWith';

export type Selector =
  | { readonly is: 'all' }
  | { readonly is: 'global' }
  | {
      readonly is: 'label';
      readonly key: string;
      readonly comparison: Comparison;
      readonly values: readonly string[];
    }
  | { readonly is: 'not'; readonly of: Selector }
  | { readonly is: 'and' | 'or'; readonly parts: readonly Selector[] };

/** What cannot be read of a text, and what would be right there. */
export class SelectorError extends Error {}

/** Far more than people write, and than an answer needs to be quick. */
export const selectorLengthMax = 100_000;
export const selectorDepthMax = 50;
const labelLengthMax = 512;

/** Throws a SelectorError that names the place of what it cannot read. */
export function parseSelector(text: string): Selector {
  if (text.length > selectorLengthMax) {
    throw new SelectorError(`Must be a selector of at most ${selectorLengthMax} characters`);
  }
  const reader = new Reader(text);
  if (reader.isAtEnd()) return { is: 'all' };
  const selector = reader.or(0);
  if (!reader.isAtEnd()) throw reader.error('&&, || or the end');
  return selector;
}

interface Operator {
  readonly words: readonly [string, string?];
  readonly comparison: Comparison;
  readonly of: 'text' | 'set';
}

const operators: readonly Operator[] = [
  { words: ['=='], comparison: 'In', of: 'text' },
  { words: ['!='], comparison: 'NotIn', of: 'text' },
  { words: ['contains'], comparison: 'Contains', of: 'text' },
  { words: ['starts', 'with'], comparison: 'StartsWith', of: 'text' },
  { words: ['ends', 'with'], comparison: 'EndsWith', of: 'text' },
  { words: ['not', 'in'], comparison: 'NotIn', of: 'set' },
  { words: ['in'], comparison: 'In', of: 'set' },
];

const labelCharacter = /^[A-Za-z0-9_./-]$/;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#skipBlanks();
    return this.#at === this.#text.length;
  }

  error(wanted: string): SelectorError {
    return new SelectorError(`Not a selector: ${wanted} must stand at character ${this.#at + 1}`);
  }

  or(depth: number): Selector {
    return this.#joined('or', '||', () => this.#joined('and', '&&', () => this.#operation(depth)));
  }

  #joined(is: 'and' | 'or', separator: string, part: () => Selector): Selector {
    const first = part();
    if (!this.#take(separator)) return first;
    const parts = [first, part()];
    while (this.#take(separator)) parts.push(part());
    return { is, parts };
  }

  #operation(depth: number): Selector {
    let negated = false;
    // What is written != is one operator even here, and stands behind no label.
    while (!this.#startsWith('!=') && this.#take('!')) negated = !negated;
    const of = this.#primary(depth);
    return negated ? { is: 'not', of } : of;
  }

  #primary(depth: number): Selector {
    if (this.#take('(')) {
      if (depth >= selectorDepthMax) throw this.error(`at most ${selectorDepthMax} parentheses, one in another,`);
      const inner = this.or(depth + 1);
      this.#need(')');
      return inner;
    }
    if (this.#take('has(')) {
      const key = this.#label('a label');
      this.#need(')');
      return { is: 'label', key, comparison: 'Exists', values: [] };
    }
    for (const is of ['all', 'global'] as const) {
      if (!this.#take(`${is}(`)) continue;
      this.#need(')');
      return { is };
    }
    const key = this.#label('a label, has(), all(), global() or (');
    const { comparison, of } = this.#operator();
    return { is: 'label', key, comparison, values: of === 'set' ? this.#set() : [this.#string()] };
  }

  #operator(): Operator {
    for (const operator of operators) {
      const [first, second] = operator.words;
      if (!this.#take(first)) continue;
      if (second !== undefined && !this.#take(second)) throw this.error(`${second}, as in ${first} ${second},`);
      return operator;
    }
    throw this.error('an operator (==, !=, in, not in, contains, starts with, ends with)');
  }

  #set(): string[] {
    this.#need('{');
    const values: string[] = [];
    while (!this.#startsWith('}')) {
      values.push(this.#string());
      if (!this.#take(',')) break;
    }
    this.#need('}');
    return values;
  }

  #string(): string {
    this.#skipBlanks();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw this.error('a text in quotes');
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw this.error('a text that ends with the quote it begins with');
    const value = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return value;
  }

  #label(wanted: string): string {
    this.#skipBlanks();
    let end = this.#at;
    while (labelCharacter.test(this.#text[end] ?? '')) end += 1;
    if (end === this.#at) throw this.error(wanted);
    if (end - this.#at > labelLengthMax) throw this.error(`a label of at most ${labelLengthMax} characters`);
    const label = this.#text.slice(this.#at, end);
    this.#at = end;
    return label;
  }

  #need(token: string): void {
    if (!this.#take(token)) throw this.error(token);
  }

  #take(token: string): boolean {
    if (!this.#startsWith(token)) return false;
    this.#at += token.length;
    return true;
  }

  #startsWith(token: string): boolean {
    this.#skipBlanks();
    return this.#text.startsWith(token, this.#at);
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1;
  }
}
