import { type Answer, refusal } from '../errors.ts';

/** Largest body of a request. */
export const bodyBytesMax = 262_144;
/**
 * What decoders put where bytes are no UTF-8. Refused wherever it stands: to read a body as text spares two copies of it, no
 * name or label in Kubernetes has this character, and whoever sends it has lost what stood there.
 */
const replacement = '\ufffd';
const tooLarge = refusal('BODY_TOO_LARGE', `The body is larger than ${bodyBytesMax} bytes.`);

/** How deep its arrays and objects may lie in each other: more than any input has, and little enough for whatever walks it. */
export const bodyDepthMax = 64;

/** The JSON body of a request; `{}` where there is none. */
export async function readJsonBody(request: Request): Promise<Answer<unknown>> {
  const type = request.headers.get('content-type');
  const text = await readText(request);
  if (!text.ok) return text;
  if (text.value === '') return { ok: true, value: {} };
  // A form can be sent from any page without asking the browser's leave; JSON cannot.
  if (type !== null && !isJson(type)) {
    return refusal('UNSUPPORTED_MEDIA_TYPE', 'Send JSON, with the header Content-Type: application/json.');
  }
  if (depthOf(text.value) > bodyDepthMax) {
    return refusal('INVALID_REQUEST', `The body has more than ${bodyDepthMax} arrays and objects inside each other.`);
  }
  if (text.value.includes(replacement)) return noJson;
  try {
    return { ok: true, value: JSON.parse(text.value) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return noJson;
  }
}

const noJson = refusal('INVALID_REQUEST', 'The body is no JSON text in UTF-8.');

async function readText(request: Request): Promise<Answer<string>> {
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > bodyBytesMax) return tooLarge;
  let text = '';
  let length = 0;
  try {
    // Node's parser takes no more than is announced, and to read it at once spares a stream for each request.
    if (announced !== null) return { ok: true, value: await request.text() };
    const utf8 = new TextDecoder();
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > bodyBytesMax) return tooLarge;
      text += utf8.decode(chunk, { stream: true });
    }
    return { ok: true, value: text + utf8.decode() };
  } catch {
    // A body fails in one way only: the client has gone away. Nobody reads this answer, and it is no error of ours.
    return refusal('INVALID_REQUEST', 'The body ended before it was complete.');
  }
}

/** How deep a JSON text goes; of what is no JSON text, some number that is not too small for its parser. */
function depthOf(text: string): number {
  const [quote, backslash, openArray, closeArray, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
  let [depth, deepest, inString] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === backslash) index += 1;
      else if (character === quote) inString = false;
    } else if (character === quote) {
      inString = true;
    } else if (character === openArray || character === openObject) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === closeArray || character === closeObject) {
      depth -= 1;
    }
  }
  return deepest;
}

function isJson(contentType: string): boolean {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'));
}
