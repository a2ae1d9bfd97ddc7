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
