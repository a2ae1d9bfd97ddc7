import { Buffer } from 'node:buffer';

/** What callers get of an answer, of whatever kind it is: it may depend on who asks, so nobody in between keeps it. */
export function jsonResponse(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const text = JSON.stringify(body);
  return new Response(text, {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

/** The answer to a call that went well. */
export function answerResponse(value: object, _request: Request): Response {
  return jsonResponse(value);
}
