/**
 * MCP over stdio beside a gateway: `/app/mcp-server --transport=stdio` in its image. Stdout carries messages and nothing else.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { systemClock as clock } from '../kube/clock.ts';
import { messagesIn } from './stdio/answer.ts';
import { createBridge } from './stdio/bridge.ts';
import { boundedLines } from './stdio/lines.ts';
import { missingToolsets, readSettings, type StdioSettings } from './stdio/settings.ts';
import { createUpstream, failureOf } from './upstream.ts';

/** Of one message of the client: more than the gateway takes. */
const lineBytesMax = 4 * 1_048_576;
const toolsetsMsMax = 5_000;

const settings = settingsOrExit();
const { url, token } = settings;
using upstream = createUpstream(url, { trust: trustOrExit(settings), connectionsMax: 64 });
const bridge = createBridge({
  upstream,
  path: `${url.pathname}${url.search}`,
  url: url.href,
  token,
  clock,
  write,
  taken,
  say,
});

// Whoever started this program may be gone before what it asked is answered.
process.stdout.on('error', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
tellOfToolsets().catch((error: unknown) =>
  say(`cannot tell which toolsets the gateway at ${url.href} has: ${failureOf(error)}`),
);
for await (const line of boundedLines(process.stdin, lineBytesMax)) bridge.receive(line);
await bridge.finish();
await taken();

/** Says which toolsets were asked for and are not there: their tools are missing without a word otherwise. */
async function tellOfToolsets(): Promise<void> {
  const stop = new AbortController();
  const cancel = clock.after(toolsetsMsMax, () => stop.abort(new Error('no answer')));
  try {
    const path = url.pathname.replace(/\/mcp\/?$/, '/mcp/tools');
    const answer = await upstream.send({ method: 'GET', path, headers: {}, signal: stop.signal });
    for await (const list of messagesIn(answer)) {
      for (const missing of missingToolsets(settings.toolsets, list)) {
        say(`toolset ${missing} was asked for, and the gateway does not serve it: its administrator turns it on`);
      }
    }
  } finally {
    cancel();
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function taken(): Promise<void> {
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function settingsOrExit(): StdioSettings {
  try {
    return readSettings(process.argv.slice(2), process.env);
  } catch (error) {
    return exitOver(error);
  }
}

/** The certificate of the gateway in the same container is known by its file, and made for other names than loopback. */
function trustOrExit({ certificateFile }: StdioSettings) {
  if (certificateFile === undefined) return undefined;
  try {
    return { ca: readFileSync(certificateFile, 'utf8'), pinned: true };
  } catch (error) {
    return exitOver(error);
  }
}

function exitOver(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
