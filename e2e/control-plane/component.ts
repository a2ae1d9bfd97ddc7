import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { systemClock } from '../../kube/clock.ts';
import { cpuSecondsOf, rssBytesOf } from './processes.ts';

/** One process of the control plane. Every `start` uses the same ports, data and log file. */
export interface Component {
  readonly name: string;
  /** Of the program itself, not of a wrapper. Throws while it does not run. */
  readonly pid: number;
  /** Output of all its runs, one after the other. */
  readonly logFile: string;
  /** Resolves when it is ready to serve. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL when that is not enough. Does nothing when it does not run. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process has gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  pause(): void;
  /** SIGCONT after `pause`. */
  resume(): void;
  /** User and system time of the running process so far. */
  cpuSeconds(): number;
  rssBytes(): number;
}

export interface ComponentOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** All of its environment; that of this process if not given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Resolves when the component serves; rejects with the reason while it does not. Called again and again. */
  readonly ready: () => Promise<void>;
  readonly log: (line: string) => void;
}

const readyMsMax = 120_000;
const stopMsMax = 5_000;

/**
 * `$0` becomes the component itself: exec keeps the process id. Beside it waits a small shell. It says on descriptor 3
 * that it is there. A line from the other side tells it that the component has exited; end of file without a line means
 * that the program which started it is gone, however it ended, and takes the component along. The shell's `$$` is the
 * component also within the parentheses.
 */
const withWatchdog = '(echo here >&3; read line <&3 || kill -9 $$) & exec "$0" "$@" 3<&-';

/** Describes a component; `start` runs it. */
export function createComponent(options: ComponentOptions): Component {
  const { name, program, args, logFile, ready, log } = options;
  let running: { readonly pid: number; readonly exited: Promise<unknown>; ending: boolean } | undefined;

  const current = () => {
    if (running === undefined) throw new Error(`${name} does not run; start it first`);
    return running;
  };
  const signal = (what: NodeJS.Signals) => process.kill(current().pid, what);

  const launch = async () => {
    const output = openSync(logFile, 'a');
    // A session of its own: Ctrl-C goes to the terminal's whole group and would end etcd before the API server, which
    // then hangs in its shutdown.
    const child = spawn('/bin/sh', ['-c', withWatchdog, program, ...args], {
      detached: true,
      ...(options.env === undefined ? {} : { env: options.env }),
      stdio: ['ignore', output, output, 'pipe'],
    });
    closeSync(output);
    await once(child, 'spawn');
    const lifeline = child.stdio[3];
    if (child.pid === undefined || !(lifeline instanceof Duplex)) throw new Error(`${name}: no process id or no pipe`);
    // The watchdog may have been killed from outside; then nobody needs the line.
    lifeline.on('error', (error) => log(`${name}: its watchdog was gone: ${error.message}`));
    const state = { pid: child.pid, exited: once(child, 'exit'), ending: false };
    child.once('exit', (code, endedBy) => {
      running = undefined;
      lifeline.end('exited\n');
      if (!state.ending) log(`${name} ended by itself (${endedBy ?? `exit code ${code}`}), see ${logFile}`);
    });
    running = state;
    // Whoever may be stopped or killed from here on has its watchdog.
    await Promise.race([once(lifeline, 'data'), state.exited]);
    return state;
  };

  const component: Component = {
    name,
    logFile,
    get pid() {
      return current().pid;
    },
    async start() {
      if (running !== undefined) throw new Error(`${name} runs already with process id ${running.pid}`);
      const state = await launch();
      const deadline = systemClock.monotonic() + readyMsMax;
      for (;;) {
        try {
          await ready();
          return;
        } catch (cause) {
          if (running !== state) throw new Error(`${name} ended before it was ready. ${endOf(logFile)}`, { cause });
          if (systemClock.monotonic() > deadline) {
            await component.kill();
            throw new Error(`${name} was not ready after ${readyMsMax / 1_000} s. ${endOf(logFile)}`, { cause });
          }
        }
        await systemClock.sleep(50);
      }
    },
    async stop() {
      if (running === undefined) return;
      const { exited } = running;
      running.ending = true;
      signal('SIGTERM');
      signal('SIGCONT'); // a paused process would never see the SIGTERM
      const giveUp = systemClock.after(stopMsMax, () => {
        if (running !== undefined) signal('SIGKILL');
      });
      await exited;
      giveUp();
    },
    async kill() {
      const { exited } = current();
      current().ending = true;
      signal('SIGKILL');
      await exited;
    },
    pause: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
    cpuSeconds: () => cpuSecondsOf(current().pid),
    rssBytes: () => rssBytesOf(current().pid),
  };
  return component;
}

/** The last lines of a log file, as a text for people. */
export function endOf(logFile: string): string {
  return `End of ${logFile}:\n${readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n')}`;
}
