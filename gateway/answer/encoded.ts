/**
 * An answer as bytes, made once for each answer object however often it is given: an answer is never changed, so its bytes
 * live as long as it does.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface Encoded {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Of what the bytes say, in quotes; gzipped bytes have one of their own. */
  readonly etag: string;
  readonly gzipEtag: string;
  /** Compressed off the main thread when it is first asked for, then kept. */
  gzipped(): Promise<Buffer<ArrayBuffer>>;
}

const gzipBytes = promisify(gzip);
const known = new WeakMap<object, Encoded>();

/** The JSON text of an answer in UTF-8. */
export function encodedOf(answer: object): Encoded {
  const kept = known.get(answer);
  if (kept !== undefined) return kept;
  const encoded = encode(answer);
  known.set(answer, encoded);
  return encoded;
}

function encode(answer: object): Encoded {
  const bytes = Buffer.from(JSON.stringify(answer), 'utf8');
  let digest: string | undefined;
  let gzipped: Promise<Buffer<ArrayBuffer>> | undefined;
  // Hashed when it is first asked for: the answers to POST have no ETag.
  const hash = () => {
    digest ??= createHash('sha256').update(bytes).digest('base64url').slice(0, 27);
    return digest;
  };
  return {
    bytes,
    get etag() {
      return `"${hash()}"`;
    },
    get gzipEtag() {
      return `"${hash()}-gzip"`;
    },
    async gzipped() {
      gzipped ??= gzipBytes(bytes);
      return gzipped;
    },
  };
}
