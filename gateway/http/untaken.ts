/**
 * Answers that are made and not taken yet. They stay in memory until their reader has them or is cut off, so who asks for
 * hundreds of large ones and reads none could fill the memory with them, well within the limit of calls.
 */
import type { ServerResponse } from 'node:http';

/** Of one caller, not compressed; eight of the largest answers. Who reads what it asks for is far below. */
export const untakenBytesMax = 32 * 1_048_576;

/** Below this nothing is counted: with the limit of calls these stay few, and nearly all answers are such. */
const countedBytesMin = 16_384;

export interface Untaken {
  /** Counts an answer of a caller until its response is closed; false when the caller has left too much already. */
  add(owner: string, bytes: number, outgoing: Pick<ServerResponse, 'destroyed' | 'once'>): boolean;
}

/** Nothing, to begin with. */
export function createUntaken(): Untaken {
  const byOwner = new Map<string, number>();
  return {
    add(owner, bytes, outgoing) {
      if (bytes < countedBytesMin) return true;
      const before = byOwner.get(owner) ?? 0;
      if (before >= untakenBytesMax) return false;
      // Gone while the answer was made: no further event will tell.
      if (outgoing.destroyed) return true;
      byOwner.set(owner, before + bytes);
      outgoing.once('close', () => {
        const others = (byOwner.get(owner) ?? 0) - bytes;
        if (others > 0) byOwner.set(owner, others);
        else byOwner.delete(owner);
      });
      return true;
    },
  };
}
