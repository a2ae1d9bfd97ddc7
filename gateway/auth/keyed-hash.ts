import { hash, randomBytes } from 'node:crypto';

/**
 * A hash under a key that this process alone knows and forgets with its end: texts can be told apart by it, and a dump of the
 * hashes does not allow to test guesses offline.
 *
 * SHA-256 of key and text, other than HMAC, lets whoever knows a hash make the hash of a longer text. That is of use where
 * hashes are handed out and taken back; these never leave the process. The key has one length, so key and text do not run into
 * each other. It is a string because one call then makes no object in native memory: these, and their end, took more time than
 * all else that is done to know a caller again.
 */
export function createKeyedHash(): (text: string) => string {
  const key = randomBytes(32).toString('hex');
  return (text) => hash('sha256', key + text, 'base64');
}
