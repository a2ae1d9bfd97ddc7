/**
 * Whether a name says that what it names is a credential. Names are looked at without regard to case and to how their words are
 * joined: `DB_PASSWORD`, `dbPassword` and `db.password` are one.
 */

/** What is cut off in front of a name is not its credential word: those stand at the end. */
export const nameLengthMax = 64;

const passwords = ['password', 'passwd', 'passphrase', 'passcode', 'pwd'] as const;
const others = [
  'secret',
  'token',
  'credential',
  'apikey',
  'accesskey',
  'privatekey',
  'secretkey',
  'signingkey',
  'encryptionkey',
  'masterkey',
  'accountkey',
  'sharedkey',
  'sharedaccesskey',
  'storagekey',
  'licensekey',
  'sshkey',
  'clientkey',
  'hmackey',
  'clientkeydata',
  'sessionkey',
  'cookie',
  'authorization',
  'xamzsignature',
  'xgoogsignature',
] as const;
/** Too short or too common to be looked for within a name. */
const wholes: ReadonlySet<string> = new Set(['pass', 'sig', 'psk', 'pin', 'authkey', 'userpass', 'dsn']);

/** What a name ends in that only leads to a credential: the name of a Secret, a path, for how long a token holds. */
const leads = [
  'name',
  'names',
  'ref',
  'refs',
  'namespace',
  'file',
  'path',
  'dir',
  'type',
  'count',
  'seconds',
  'ttl',
  'expiry',
  'expiration',
  'length',
  'limit',
  'audience',
  'audiences',
  'issuer',
  'class',
  'provider',
  'version',
  'keys',
  'secrets',
  'tokens',
  'selector',
  'policy',
  'mode',
  'pullsecret',
] as const;

/** What a name is for; `undefined` when it names no credential. */
export function credentialOfName(name: string): 'password' | 'credential' | undefined {
  const word = joined(name);
  if (leads.some((lead) => word.endsWith(lead))) return undefined;
  if (passwords.some((part) => word.includes(part))) return 'password';
  return wholes.has(word) || others.some((part) => word.includes(part)) ? 'credential' : undefined;
}

/**
 * The same for a variable of an environment, where values come without anything else that tells. `KEY` alone is enough there,
 * and only a path that is named as one stays.
 */
export function isCredentialVariable(name: string, value: string): boolean {
  const word = joined(name);
  const isPath =
    /^\.{0,2}\//.test(value) && ['file', 'path', 'dir', 'home', 'mount'].some((lead) => word.endsWith(lead));
  if (isPath) return false;
  return (
    wholes.has(word) ||
    ['key', 'auth', 'pass', 'cred', 'cert', 'connectionstring', 'dsn'].some((part) => word.includes(part)) ||
    passwords.some((part) => word.includes(part)) ||
    others.some((part) => word.includes(part))
  );
}

/** Whether nothing can be learned from the value of such a name. */
export function isHarmless(value: string, credential: 'password' | 'credential'): boolean {
  if (['', 'true', 'false', 'null', 'nil', 'none', 'undefined', '<nil>', '<none>', '***', '{', '['].includes(value)) {
    return true;
  }
  if (credential === 'password') return false;
  // Counts of tokens, six digits make a password, though; and where a key or a certificate is kept.
  return /^\d{1,6}$/.test(value) || /^\/[A-Za-z0-9_./-]{1,200}\.(?:pem|key|crt|cer|jwt)$/.test(value);
}

function joined(name: string): string {
  return name
    .slice(-nameLengthMax)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}
