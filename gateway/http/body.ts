import { Buffer, isUtf8 } from 'node:buffer';
import { type Answer, refusal } from '../errors.ts';

/** Largest body of a request, unless it is for a tool that takes more. */
export const bodyBytesMax = 262_144;

/** The refusal of a larger one. */
export function bodyTooLarge(bytesMax = bodyBytesMax): Refused {
  return refusal('BODY_TOO_LARGE', `The body is larger than ${bytesMax} bytes.`);
}
type Refused = ReturnType<typeof refusal>;

/** What is said of a body that is no JSON; this very object, because protocols have a code of their own for it. */
export const noJson = refusal('INVALID_REQUEST', 'The body is no JSON text in UTF-8, like {"namespace": "default"}.');

/** How deep its arrays and objects may lie in each other: more than any input has, and little enough for whatever walks it. */
export const bodyDepthMax = 64;

/** The JSON body of a request; `{}` where there is none. */
export async function readJsonBody(request: Request, bytesMax = bodyBytesMax): Promise<Answer<unknown>> {
  const body = await readSizedJsonBody(request, bytesMax);
  return body.ok ? { ok: true, value: body.value.json } : body;
}

/** The same, and how many bytes it takes. */
export async function readSizedJsonBody(
  request: Request,
  bytesMax: number,
): Promise<Answer<{ readonly json: unknown; readonly bytes: number }>> {
  const type = request.headers.get('content-type');
  const coding = request.headers.get('content-encoding');
  // What is small on the wire may be huge unpacked; and a proxy that unpacks would see another body than is read here.
  if (coding !== null && coding.trim().toLowerCase() !== 'identity') {
    return refusal('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is, without Content-Encoding.');
  }
  const bytes = await readBytes(request, bytesMax);
  if (!bytes.ok) return bytes;
  if (bytes.value.length === 0) return { ok: true, value: { json: {}, bytes: 0 } };
  // A form can be sent from any page without asking the browser's leave; JSON cannot.
  if (type !== null && !isJson(type)) {
    return refusal('UNSUPPORTED_MEDIA_TYPE', 'Send JSON, with the header Content-Type: application/json.');
  }
  if (depthOf(bytes.value) > bodyDepthMax) {
    return refusal('INVALID_REQUEST', `The body has more than ${bodyDepthMax} arrays and objects inside each other.`);
  }
  if (!isUtf8(bytes.value)) return noJson;
  try {
    return { ok: true, value: { json: JSON.parse(textOf(bytes.value)), bytes: bytes.value.length } };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return noJson;
  }
}

async function readBytes(request: Request, bytesMax: number): Promise<Answer<Buffer>> {
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > bytesMax) return bodyTooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // Node's parser takes no more than is announced, and to read it at once spares a stream for each request.
    if (announced !== null) {
      const bytes = Buffer.from(await request.arrayBuffer());
      return bytes.length > bytesMax ? bodyTooLarge(bytesMax) : { ok: true, value: bytes };
    }
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > bytesMax) return bodyTooLarge(bytesMax);
      chunks.push(chunk);
    }
  } catch {
    // A body fails in one way only: the client has gone away. Nobody reads this answer, and it is no error of ours.
    return refusal('INVALID_REQUEST', 'The body ended before it was complete.');
  }
  return { ok: true, value: Buffer.concat(chunks) };
}

/** Without the byte order mark that some editors put in front: RFC 8259, 8.1 allows to ignore it. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** How deep a JSON text goes; of what is no JSON text, some number that is not too small for its parser. */
function depthOf(text: Buffer): number {
  const [quote, backslash, openArray, closeArray, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
  let [depth, deepest, inString] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (inString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if (byte === openArray || byte === openObject) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (byte === closeArray || byte === closeObject) {
      depth -= 1;
    }
  }
  return deepest;
}

function isJson(contentType: string): boolean {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'));
}
