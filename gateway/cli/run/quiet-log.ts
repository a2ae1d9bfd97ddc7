import type { Writable } from 'node:stream';
import type { Log } from '../../log.ts';
import { visible } from '../visible.ts';

/**
 * The log of code that a gateway runs, too. Refusals say by themselves what is wrong; only a mistake of the program is told
 * here, since a person has no other log to look into.
 */
export function createQuietLog(errors: Writable): Log {
  const silent = () => undefined;
  return {
    debug: silent,
    info: silent,
    warn: silent,
    error(bindings: unknown, message?: string) {
      const cause = typeof bindings === 'object' && bindings !== null && 'err' in bindings ? bindings.err : bindings;
      const said = cause instanceof Error ? cause.message : String(cause);
      errors.write(`${visible(message === undefined ? said : `${message}: ${said}`)}\n`);
    },
  };
}
