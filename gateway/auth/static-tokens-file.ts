/**
 * The file of static tokens, read at the start and again when it has changed. Its content is compared, nothing else: in a
 * Secret volume a symbolic link is what changes, and no event comes for the file.
 */
import { open } from 'node:fs/promises';
import type { Clock } from '../../kube/clock.ts';
import type { Log } from '../log.ts';
import { parseStaticTokens, type StaticTokens } from './static-tokens.ts';

/** A token that was taken out of the file is refused after this time at the latest. */
export const rereadMs = 5_000;
/** Ten thousand entries of usual length. */
const bytesMax = 2 * 1024 * 1024;

export interface StaticTokensFile extends StaticTokens, Disposable {}

/**
 * Resolves when the file was read. Throws an error that names the file and what is wrong with it. A later version that
 * cannot be read is logged, once, and the one before goes on to hold.
 * @param options.read Resolves with the text of the file: readTokensFile.
 */
export async function followStaticTokens(options: {
  readonly path: string;
  readonly read: (path: string) => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<StaticTokensFile> {
  const { path, read, clock, log } = options;
  const stop = new AbortController();
  let text = await read(path).catch((error: unknown) => Promise.reject(problemWith(path, error)));
  let tokens = parsed(text);
  let problem: string | undefined;

  function parsed(now: string): StaticTokens {
    try {
      return parseStaticTokens(now);
    } catch (error) {
      throw problemWith(path, error);
    }
  }

  async function reread(): Promise<void> {
    try {
      const now = await read(path).catch((error: unknown) => Promise.reject(problemWith(path, error)));
      if (now !== text) {
        tokens = parsed(now);
        text = now;
        log.info({ path, tokens: tokens.size }, 'the static tokens were read again');
      }
      problem = undefined;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (said !== problem) log.error({ path, problem: said }, 'the static tokens are those of before');
      problem = said;
    }
  }

  async function follow(): Promise<void> {
    for (;;) {
      await clock.sleep(rereadMs, stop.signal);
      await reread();
    }
  }
  follow().catch(() => {}); // ends by being stopped, and by nothing else

  return {
    userOf: (token) => tokens.userOf(token),
    get size() {
      return tokens.size;
    },
    [Symbol.dispose]: () => stop.abort(new Error('the file of static tokens is not followed any more')),
  };
}

/** The text of a file that is not longer than such a file may be. */
export async function readTokensFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > bytesMax) throw new Error(`it is longer than ${bytesMax} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function problemWith(path: string, error: unknown): Error {
  const said = error instanceof Error ? error.message : String(error);
  return new Error(`The file of static tokens ${path} cannot be used: ${said}`, { cause: error });
}
