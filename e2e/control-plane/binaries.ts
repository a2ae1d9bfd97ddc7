/**
 * Where etcd, kube-apiserver and kube-controller-manager come from: the folder that KUBEBUILDER_ASSETS names, or one
 * build from source with Go, kept in the user's cache folder under a hash of all that went into it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../kube/clock.ts';
import { isAlive } from './processes.ts';

export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  /** Undefined when KUBEBUILDER_ASSETS has none: setup-envtest does not bring it. */
  readonly kubeControllerManager: string | undefined;
}

type Log = (line: string) => void;

const source = fileURLToPath(new URL('.', import.meta.url));
const program = 'control-plane';
const names = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;
const progressMs = 10_000;
/** A lock that nobody touched for this long belongs to a build that was killed, where its process number says nothing. */
const lockStaleMs = 6 * progressMs;

/** Paths of the programs; builds them first when they are not there, which takes minutes and tells `log` so. */
export async function controlPlaneBinaries(log: Log, signal?: AbortSignal): Promise<Binaries> {
  const given = process.env['KUBEBUILDER_ASSETS'];
  if (given !== undefined && given !== '') return binariesIn(given);

  const goVersion = await findGo();
  const hash = createHash('sha256').update(goVersion);
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(source, file)));
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'potoo', `control-plane-${hash.digest('hex').slice(0, 16)}`);
  if (!(await exists(join(folder, program)))) await buildOnce(folder, goVersion, log, signal);
  return {
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubeControllerManager: join(folder, 'kube-controller-manager'),
  };
}

async function binariesIn(folder: string): Promise<Binaries> {
  const etcd = join(folder, 'etcd');
  const kubeApiserver = join(folder, 'kube-apiserver');
  const kubeControllerManager = join(folder, 'kube-controller-manager');
  for (const path of [etcd, kubeApiserver]) {
    if (!(await exists(path))) throw new Error(`KUBEBUILDER_ASSETS is set and ${path} is missing; unset it to build`);
  }
  const found = await exists(kubeControllerManager);
  return { etcd, kubeApiserver, kubeControllerManager: found ? kubeControllerManager : undefined };
}

/** The version of Go that builds this module; an older Go with GOTOOLCHAIN=auto fetches a newer one by itself. */
async function findGo(): Promise<string> {
  try {
    return await run('go', ['version']);
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : new Error(String(cause));
    throw new Error(
      message.includes('ENOENT')
        ? 'A control plane needs Go 1.26 or newer in PATH to be built once (https://go.dev/dl), or KUBEBUILDER_ASSETS ' +
            'set to a folder with etcd, kube-apiserver and kube-controller-manager.'
        : `The Go in PATH cannot build the control plane, which needs Go 1.26 or newer; install that, allow it to be ` +
            `fetched (GOTOOLCHAIN=auto) or set KUBEBUILDER_ASSETS. Go said: ${message}`,
      { cause },
    );
  }
}

/**
 * One of several concurrent runs builds, the others wait for it. The rename at the end makes a build visible whole or
 * not at all; the lock only saves work.
 */
async function buildOnce(folder: string, goVersion: string, log: Log, signal?: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lock = join(folder, 'lock');
  const started = systemClock.monotonic();
  let lastLine = started;
  while (!(await exists(join(folder, program)))) {
    if (await takeLock(lock)) {
      try {
        if (!(await exists(join(folder, program)))) await build(folder, lock, goVersion, log, signal);
      } finally {
        await rm(lock, { force: true });
      }
      return;
    }
    await systemClock.sleep(500, signal);
    if (systemClock.monotonic() - lastLine >= progressMs) {
      lastLine = systemClock.monotonic();
      log(`control plane: another run builds it, waiting for ${seconds(started)}`);
    }
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  try {
    const { mtimeMs } = await stat(lock);
    const owner = Number(await readFile(lock, 'utf8')); // 0 while it has not written its number yet
    const gone = owner > 0 && !isAlive(owner);
    if (gone || systemClock.now() - mtimeMs > lockStaleMs) await rm(lock, { force: true });
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error; // released in between: the next try takes it
  }
  return false;
}

async function build(folder: string, lock: string, goVersion: string, log: Log, signal?: AbortSignal): Promise<void> {
  const version = await kubernetesVersion();
  const started = systemClock.monotonic();
  let doing = 'downloading modules';
  log(
    `control plane: building etcd, kube-apiserver and kube-controller-manager ${version} from source with ` +
      `${goVersion}. Once: 5 to 7 minutes on 2 cores, 0.7 GB of modules, 3 GB of build cache, kept in ${folder}`,
  );
  const progress = setInterval(() => {
    log(`control plane: ${doing}, ${seconds(started)} of 5 to 7 minutes`);
    const now = new Date();
    // Gone only if another run took the lock for stale; then both builds are good and the later rename wins.
    utimes(lock, now, now).catch((error: unknown) => log(`control plane: ${String(error)}`));
  }, progressMs);
  const partial = await mkdtemp(join(folder, 'partial-'));
  try {
    const packages = (await run('go', ['list', '-deps', '.'], { signal })).split('\n').length;
    let compiled = 0;
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(version)];
    const onErrorLine = () => {
      compiled += 1;
      doing = `compiled ${compiled} of at most ${packages} packages`;
    };
    // An interrupted go leaves its temporary files behind; here they go with the folder.
    const env = { GOTMPDIR: partial };
    await run('go', ['build', '-v', ...flags, '-o', join(partial, program), '.'], { onErrorLine, signal, env });
    for (const name of names) await symlinkOnce(program, join(folder, name));
    await rename(join(partial, program), join(folder, program));
  } finally {
    clearInterval(progress);
    await rm(partial, { recursive: true, force: true, maxRetries: 5 }); // a compiler may write its last file
  }
  log(`control plane: built in ${seconds(started)}`);
}

async function kubernetesVersion(): Promise<string> {
  const version = /^\tk8s\.io\/kubernetes (v\S+)$/m.exec(await readFile(join(source, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${join(source, 'go.mod')} requires no version of k8s.io/kubernetes`);
  return version;
}

/** Without these the programs call themselves v0.0.0, which fails their own checks of compatibility versions. */
function linkerFlags(version: string): string {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const values = {
    'k8s.io/component-base/version.gitVersion': version,
    'k8s.io/component-base/version.gitMajor': major,
    'k8s.io/component-base/version.gitMinor': minor,
    'k8s.io/client-go/pkg/version.gitVersion': version,
  };
  return ['-s', '-w', ...Object.entries(values).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

/** Runs a command in the module's folder: its output, or an error with the end of what it said. */
async function run(
  command: string,
  args: readonly string[],
  options: {
    readonly onErrorLine?: (line: string) => void;
    readonly signal?: AbortSignal | undefined;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<string> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0', ...options.env }, // no C compiler needed, and a binary for any libc
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own only for those who can end it; else Ctrl-C at a terminal must reach it.
    detached: signal !== undefined,
  });
  const interrupt = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGINT');
  };
  signal?.addEventListener('abort', interrupt);
  const said: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    said.push(line);
    if (said.length > 20) said.shift();
    options.onErrorLine?.(line);
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', interrupt));
  signal?.throwIfAborted();
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}: ${said.join('\n')}`);
  return output.trim();
}

async function symlinkOnce(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error; // from a build that was killed before its rename
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function seconds(since: number): string {
  return `${Math.round((systemClock.monotonic() - since) / 1_000)} s`;
}
