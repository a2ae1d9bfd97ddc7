/**
 * Cursors of a list that goes over more than its reader may see. A plain cursor would show where the list stands, also when
 * that is at an item which is not the reader's to know, and one that is made up would choose where to look. A sealed one
 * is read, and can be made, by the gateway alone, and is worth something to the caller who got it and to nobody else.
 */
import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type * as z from 'zod';
import type { Answer } from '../errors.ts';
import { cursorLengthMax, cursorRefusal, parseJson } from './page.ts';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
/** Positions are filled up to this length, or that of the cursor would tell the length of a name. */
const positionLength = 128;

export interface SealedCursors<T> {
  seal(position: T): string;
  /** INVALID_CURSOR for anything that `seal` did not make for the same list, caller and secret. */
  open(cursor: string): Answer<T>;
}

/** @param secret What all replicas know and no caller can read: the uid of the operator's Lease. */
export function createSealedCursors<T>(
  secret: string,
  { list, identity, schema }: { readonly list: string; readonly identity: string; readonly schema: z.ZodType<T> },
): SealedCursors<T> {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'potoo gateway cursor', 32));
  const boundTo = Buffer.from(JSON.stringify([list, identity]), 'utf8');

  function decrypt(cursor: string): string | undefined {
    if (cursor.length > cursorLengthMax || !/^[\w-]+$/.test(cursor)) return undefined;
    const bytes = Buffer.from(cursor, 'base64url');
    // Base64 has several spellings of the same bytes; only ours is taken.
    if (bytes.length <= ivBytes + tagBytes || bytes.toString('base64url') !== cursor) return undefined;
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(boundTo).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    const text = decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8');
    try {
      return text + decipher.final('utf8');
    } catch {
      // The one thing `final` throws for is a tag that does not fit: nothing we sealed.
      return undefined;
    }
  }

  return {
    seal(position) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(boundTo);
      const text = JSON.stringify(position).padEnd(positionLength);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(cursor) {
      const text = decrypt(cursor);
      const position = schema.safeParse(text === undefined ? undefined : parseJson(text));
      return position.success ? { ok: true, value: position.data } : cursorRefusal;
    },
  };
}
