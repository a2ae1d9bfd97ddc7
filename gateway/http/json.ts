/**
 * What callers get of an answer: bytes that are made once for each answer object, compressed for who takes that, with an ETag
 * where the answer is a resource.
 *
 * The tag says what this caller sees, and a caller's right is asked for before it is looked at: whoever may not read a
 * resource any more learns nothing by a tag that it kept. Nobody in between may keep an answer (`private`); the caller itself
 * may, and asks whether it still holds (`no-cache`).
 *
 * Lengths of compressed answers tell something of what they hold to who can choose a part of it, have it sent again and again,
 * and watch the connection (BREACH). A page in somebody's browser cannot make it send a bearer token, pages of other sites are
 * refused, and of what a caller sends only the namespace's name comes back; so such an attacker is missing all three.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-private
 */
import { Buffer } from 'node:buffer';
import { type Encoded, encodedOf } from '../answer/encoded.ts';
import { acceptsGzip, hasAlready } from './negotiate.ts';

type HeaderFields = Readonly<Record<string, string>>;

/** Below this a compressed answer takes as many packets, and only time. */
const gzipBytesMin = 1_024;

/** On a response the length of its body: to read its headers would make an object of them, and a WeakMap costs collections. */
const bodyLength = Symbol('length of the body');
type Measured = Response & { [bodyLength]?: number };

/** The length of the body of a response that was made here. */
export function bytesOf(response: Measured): number {
  return response[bodyLength] ?? 0;
}

/** A body that is made for this one response, an error above all. */
export function jsonResponse(body: object, status = 200, headers: HeaderFields = {}): Response {
  return respond(Buffer.from(JSON.stringify(body)), status, { 'cache-control': 'no-store', ...headers });
}

/** The answer to a call that went well. */
export function answerResponse(value: object, request: Request): Response | Promise<Response> {
  const encoded = encodedOf(value);
  const isResource = request.method === 'GET' || request.method === 'HEAD';
  // Nobody keeps the answer to a POST, so there is nothing to ask for again.
  return isResource
    ? taggedResponse(encoded, request, 'private, no-cache', 'authorization, accept-encoding')
    : plainResponse(encoded, request);
}

/** What anybody may know, like lists and schemas. */
export function publishedResponse(value: object, request: Request): Response | Promise<Response> {
  return taggedResponse(encodedOf(value), request, 'no-cache', 'accept-encoding');
}

/** What anybody may know and keep for an hour. @param headers The content type, at least. */
export function documentResponse(value: object, request: Request, headers: HeaderFields): Response | Promise<Response> {
  return taggedResponse(encodedOf(value), request, 'public, max-age=3600', 'accept-encoding', headers);
}

function plainResponse(encoded: Encoded, request: Request): Response | Promise<Response> {
  const headers = { 'cache-control': 'no-store' };
  if (!compresses(encoded, request)) return respond(encoded.bytes, 200, headers);
  return respondGzipped(encoded, { ...headers, vary: 'accept-encoding' });
}

function taggedResponse(
  encoded: Encoded,
  request: Request,
  cacheControl: string,
  vary: string,
  more: HeaderFields = {},
): Response | Promise<Response> {
  const compressed = compresses(encoded, request);
  const etag = compressed ? encoded.gzipEtag : encoded.etag;
  const headers = { 'cache-control': cacheControl, vary, etag, ...more };
  if (hasAlready(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  return compressed ? respondGzipped(encoded, headers) : respond(encoded.bytes, 200, headers);
}

function compresses({ bytes }: Encoded, request: Request): boolean {
  return bytes.length >= gzipBytesMin && acceptsGzip(request.headers.get('accept-encoding'));
}

async function respondGzipped(encoded: Encoded, headers: HeaderFields): Promise<Response> {
  return respond(await encoded.gzipped(), 200, { ...headers, 'content-encoding': 'gzip' });
}

function respond(bytes: Buffer<ArrayBuffer>, status: number, headers: HeaderFields): Response {
  const response: Measured = new Response(bytes, {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
  response[bodyLength] = bytes.length;
  return response;
}
