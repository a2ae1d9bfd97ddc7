/**
 * Tokens that the gateway knows by itself, from a file that holds their hashes: the text of it, and who a token belongs to.
 * Rights are asked for by the name of the user as for everyone, so such a token is worth what RBAC gives to that name.
 */
import { hash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { createKeyedHash } from './keyed-hash.ts';
import type { User } from './reviews.ts';

/** Groups that everybody has who is authenticated, as with the API server. */
const everyone = 'system:authenticated';

const Name = z.string().min(1, 'must not be empty').max(253, 'must have at most 253 characters');

/**
 * `system:` is the API server's own: a file of tokens must make nobody a ServiceAccount, a node or an administrator
 * (system:masters passes every check without any binding).
 */
const Entry = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be the SHA-256 of a token, 64 hexadecimal digits')
    .toLowerCase(),
  username: Name.refine((name) => !name.startsWith('system:'), 'must not begin with system:'),
  groups: z
    .array(
      Name.refine(
        (name) => name === everyone || !name.startsWith('system:'),
        `must not begin with system:, except for ${everyone}`,
      ),
    )
    .max(100, 'must have at most 100 entries')
    .default([]),
});
const File = z.strictObject({ tokens: z.array(Entry).max(10_000, 'must have at most 10000 entries') });

export interface StaticTokens {
  /** The user of a token; undefined for any other text. */
  userOf(token: string): User | undefined;
  readonly size: number;
}

/**
 * Reads the text of a file, YAML or JSON. Throws an error that names each field that is wrong, and no value: a token may
 * stand where its hash should.
 */
export function parseStaticTokens(text: string): StaticTokens {
  const file = File.safeParse(parseYaml(text));
  if (!file.success) {
    throw new Error(file.error.issues.map(({ path, message }) => `${fieldOf(path)}: ${message}`).join('; '));
  }
  // How long a look into a Map takes depends on the key that is looked for and on those in it. Under a key of this process
  // neither says anything of the stored hashes, and the time is the same for one token and for thousands.
  const keyOf = createKeyedHash();
  const users = new Map<string, User>();
  for (const [index, { sha256, username, groups }] of file.data.tokens.entries()) {
    const key = keyOf(sha256);
    if (users.has(key)) throw new Error(`tokens[${index}].sha256: must not stand there twice`);
    users.set(key, { username, groups: [...new Set([...groups, everyone])] });
  }
  return { userOf: (token) => users.get(keyOf(hash('sha256', token))), size: users.size };
}

function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  // No aliases: what they can blow a file up to has no bound. No pretty errors: these quote the file.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new Error(`line ${line}, column ${col}: this is not YAML (${error.code})`);
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  return value;
}

/** `tokens[3].sha256` */
function fieldOf(path: readonly PropertyKey[]): string {
  const field = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return field === '' ? 'the file' : field.replace(/^\./, '');
}
