/**
 * How an answer is made from a catalog that reads on demand, as on a person's machine: what it needs is found out by making
 * it. A catalog that does not have what it is asked for throws this; it is read, and the answer is made anew. Tools and
 * resources change nothing, so that costs nothing but their time.
 */

/** Thrown by a catalog for what it has not read yet. */
export class NotReadYet extends Error {
  override readonly name = 'NotReadYet';
  /** Reads it. Afterwards the catalog has it for some seconds. */
  readonly read: () => Promise<unknown>;

  constructor(what: string, read: () => Promise<unknown>) {
    super(`${what} is not read yet`);
    this.read = read;
  }
}

/** An answer needs few things one after the other; more rounds than this mean that what was read does not stay. */
const roundsMax = 64;

/** The result of `make`, once all is read that it asks for. */
export async function onceRead<T>(make: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof NotReadYet) || round >= roundsMax) throw error;
      await error.read();
    }
  }
}
