/** Nothing is written to a cluster of somebody before they have seen what it is and said yes. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { at } from '../control-plane/admin.ts';

/** Objects one a line, as `Kind namespace/name`. */
export function listObjects(objects: readonly unknown[]): string {
  return objects
    .map((object) => {
      const namespace = at(object, 'metadata', 'namespace');
      const name = String(at(object, 'metadata', 'name'));
      return `  ${String(at(object, 'kind'))} ${typeof namespace === 'string' ? `${namespace}/` : ''}${name}`;
    })
    .join('\n');
}

/** Whether the person at the terminal says yes. Throws where there is no terminal to ask on. */
export async function confirm(
  question: string,
  { input, output }: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
  signal: AbortSignal,
): Promise<boolean> {
  if (!input.isTTY) {
    throw new Error(
      'Nothing was installed: there is no terminal to ask on. With --yes it is installed without a question.',
    );
  }
  // terminal: false leaves Ctrl-C to the terminal, which makes it the signal that it is everywhere else.
  const terminal = createInterface({ input, output, terminal: false });
  try {
    const closed = once(terminal, 'close', { signal }).then(() => ''); // Ctrl-D
    const answer = await Promise.race([terminal.question(`${question} [y/N] `, { signal }), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
