/** Servers that do next to nothing, in processes of their own, for comparison with the gateway. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Component, createComponent } from '../control-plane/component.ts';
import { freePort } from '../control-plane/ports.ts';
import { nodeFlags } from '../programs.ts';

/** Starts `<name>.ts` beside this file with a port and these arguments; it answers /healthz. */
export async function startBareServer(options: {
  readonly name: string;
  readonly args: readonly string[];
  /** For its log. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly running: AsyncDisposableStack;
}): Promise<{ readonly process: Component; readonly url: string }> {
  const { name, args, folder, say, running } = options;
  await mkdir(folder, { recursive: true });
  const port = await freePort(new Set());
  const url = `http://127.0.0.1:${port}`;
  const process = createComponent({
    name,
    program: globalThis.process.execPath,
    args: [...nodeFlags.gateway, fileURLToPath(new URL(`${name}.ts`, import.meta.url)), String(port), ...args],
    env: {},
    logFile: `${folder}/${name}.log`,
    log: say,
    async ready() {
      const response = await fetch(`${url}/healthz`);
      if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    },
  });
  running.defer(() => process.stop());
  await process.start();
  return { process, url };
}
