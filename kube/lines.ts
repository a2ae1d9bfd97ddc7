/**
 * The lines of a watch, split as bytes: a character that two chunks share stays whole, and no text is built before its end
 * is there. An empty line is left out. What remains at the end without a newline is a broken line and is not handed out.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly bytesMax: number; readonly tooLong: () => Error },
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const take = (end: Uint8Array): string => {
    const line = parts.length === 0 ? end : Buffer.concat([...parts, end]);
    parts = [];
    bytes = 0;
    return decoder.decode(line);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      if (bytes + end - start > options.bytesMax) throw options.tooLong();
      const line = take(chunk.subarray(start, end));
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start === chunk.length) continue;
    bytes += chunk.length - start;
    if (bytes > options.bytesMax) throw options.tooLong();
    // A copy: the chunk may be a view of a buffer that its owner uses again.
    parts.push(chunk.slice(start));
  }
}

const newline = 0x0a;
