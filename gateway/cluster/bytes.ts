/**
 * An answer of the API server, read up to a bound. What is larger is dropped while it comes, and not once it is there.
 */
import type { KubeRequest, Transport } from '../../kube/transport.ts';

/** Of one answer: it takes up several times as much while it is parsed. */
export const answerBytesMax = 4 * 1024 * 1024;

export interface BoundedText {
  readonly text: string;
  /** Whether more would have come. */
  readonly cut: boolean;
}

/** Throws KubeError, and the reason of the request's signal. */
export async function readBounded(
  transport: Transport,
  request: KubeRequest,
  bytesMax = answerBytesMax,
): Promise<BoundedText> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let cut = false;
  for await (const chunk of await transport.stream({ ...request, lane: 'request' })) {
    const room = bytesMax - bytes;
    chunks.push(chunk.subarray(0, room));
    bytes += Math.min(chunk.length, room);
    cut = chunk.length > room;
    if (cut) break;
  }
  return { text: Buffer.concat(chunks).toString('utf8'), cut };
}

/** Of a log so much is read; where lines are many or long, that is needed to come to the last ones. */
export const logReadBytesMax = 16 * 1024 * 1024;
/** And so much of its end is kept. */
const logKeptBytesMax = 1024 * 1024;

export interface LogEnd {
  readonly text: string;
  /** Whether lines in front of it were dropped. */
  readonly begun: boolean;
  /** Whether more would have come, so that it does not end where the log does. */
  readonly cut: boolean;
}

/** The end of a log, from the beginning of a line on. Throws like `readBounded`. */
export async function readEnd(transport: Transport, request: KubeRequest): Promise<LogEnd> {
  const chunks: Uint8Array[] = [];
  let [read, kept] = [0, 0];
  for await (const chunk of await transport.stream({ ...request, lane: 'request' })) {
    chunks.push(chunk);
    read += chunk.length;
    kept += chunk.length;
    while (kept - (chunks[0]?.length ?? 0) >= logKeptBytesMax) kept -= chunks.shift()?.length ?? 0;
    if (read >= logReadBytesMax) break;
  }
  const whole = Buffer.concat(chunks).toString('utf8');
  const begun = read > kept;
  // What is left of a line that was cut says little, unless it is all there is.
  const from = begun ? whole.indexOf('\n') + 1 : 0;
  return { text: from < whole.length ? whole.slice(from) : whole, begun, cut: read >= logReadBytesMax };
}
