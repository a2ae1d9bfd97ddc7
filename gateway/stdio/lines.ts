/**
 * Lines of text from bytes. One that is longer than it may be, or no UTF-8, is handed out as undefined, and the next one is read
 * again: it is one message that is lost, and not the connection.
 */
import { Buffer } from 'node:buffer';

const newline = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @param bytesMax Of one line. */
export async function* boundedLines(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<string | undefined, void, undefined> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const take = (): string | undefined => {
    const line = bytes > bytesMax ? undefined : textOf(Buffer.concat(parts));
    parts = [];
    bytes = 0;
    return line;
  };
  const add = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes > bytesMax) parts = [];
    // A copy: the chunk may be a view of a buffer that its owner uses again.
    else parts.push(part.slice());
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end));
      start = end + 1;
      yield take();
    }
    add(chunk.subarray(start));
  }
  if (bytes > 0) yield take();
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  } catch {
    // A TypeError in one case only: what is no UTF-8.
    return undefined;
  }
}
