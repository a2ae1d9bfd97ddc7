/**
 * Which namespaces could not be written, what stops them, and when each is tried again. What the cluster itself denies is
 * grouped by who denies it, because it mostly stops many namespaces at once and ends for all of them at once.
 */
import { compareText } from '../../crds/constraint.ts';
import { backoffMs } from '../../kube/backoff.ts';
import type { Random } from '../../kube/clock.ts';
import type { KubeError } from '../../kube/errors.ts';
import { sentence } from '../adapters/text.ts';
import { type Denied, type Denier, deniedBy, deniedText, deniers } from './denied-write.ts';

export interface WriteFailures {
  /** Remembers the failure. */
  failed(key: string, error: KubeError): Told;
  /** For a key that is denied. */
  retryAfterMs(key: string): number;
  /**
   * Returns whether the key had failed, and other keys that the same denied: what let this one pass may let them pass. Of a
   * quota there are none, because each namespace has its own.
   */
  succeeded(key: string): { readonly hadFailed: boolean; readonly deniedToo: readonly string[] };
  forget(key: string): void;
  /** A sentence for each thing that stops namespaces; the report of the cluster, which cannot tell of itself, is not in it. */
  sentences(): { readonly denials: string[]; readonly failures: string[] };
  /** How many keys each denies. */
  denied(): ReadonlyMap<Denier, number>;
}

export interface Told {
  /** Whether this key did not fail in the same way before. */
  readonly isNews: boolean;
  /** Whether that is worth a line of log: of keys that the same denies only the first is. */
  readonly isWorthTelling: boolean;
  readonly denied: Denied | undefined;
}

/** Before the name of a ClusterConstraintDetail among the keys of what is written: no namespace has a colon. */
export const clusterDetailPrefix = 'cluster:';

interface Failure {
  /** The same for keys that are stopped by the same. */
  readonly cause: string;
  readonly denied: Denied | undefined;
  /** What was said at first: ports and times in it differ with each attempt, and each difference would be a write. */
  readonly said: string;
  readonly attempts: number;
}

/** What the report of the cluster names; the rest is counted. */
const causesNamedMax = 10;
const namesMax = 3;
const saidLengthMax = 300;
const retry = { firstMs: 1_000, maxMs: 30_000 };
/**
 * Attempts a second against the same denier, however many namespaces it stops: enough to notice within a second that it has
 * ended, and nothing to a cluster that is in trouble.
 */
const attemptsPerSecond = 2;

/** Nothing has failed. `notNamed` is the key that sentences leave out. */
export function createWriteFailures({
  random,
  notNamed,
}: {
  readonly random: Random;
  readonly notNamed: string;
}): WriteFailures {
  const failures = new Map<string, Failure>();
  const keysByCause = new Map<string, Set<string>>();

  function forget(key: string): Failure | undefined {
    const failure = failures.get(key);
    if (failure === undefined) return undefined;
    failures.delete(key);
    const keys = keysByCause.get(failure.cause);
    keys?.delete(key);
    if (keys?.size === 0) keysByCause.delete(failure.cause);
    return failure;
  }

  function sentenceOf(
    keys: Iterable<string>,
  ): { readonly text: string; readonly denied: Denied | undefined } | undefined {
    const named = [...keys].filter((key) => key !== notNamed).toSorted(compareText);
    const [first] = named;
    const failure = first === undefined ? undefined : failures.get(first);
    if (failure === undefined) return undefined;
    const { denied, said } = failure;
    const reports = `The ${namesText(named)}`;
    return {
      text:
        denied === undefined
          ? `${reports} could not be written: ${said}`
          : `${reports} is denied by ${ownText(denied, named.length)}${deniedText(denied)}: ${said}`,
      denied,
    };
  }

  return {
    failed(key, error) {
      const denied = deniedBy(error);
      const cause = denied === undefined ? `${error.code}: ${error.said}` : deniedText(denied);
      const before = forget(key);
      const isNews = before?.cause !== cause;
      failures.set(key, {
        cause,
        denied,
        said: isNews ? `${error.code}: ${sentence(error.said, saidLengthMax)}` : before.said,
        attempts: isNews ? 1 : before.attempts + 1,
      });
      const keys = keysByCause.get(cause);
      if (keys === undefined) keysByCause.set(cause, new Set([key]));
      else keys.add(key);
      return { isNews, isWorthTelling: isNews && (denied === undefined || keys === undefined), denied };
    },
    retryAfterMs(key) {
      const failure = failures.get(key);
      if (failure === undefined) return 0;
      const together = keysByCause.get(failure.cause)?.size ?? 1;
      const turnMs = (together * 1_000) / attemptsPerSecond;
      return Math.max(backoffMs(failure.attempts, retry, random), turnMs * (0.5 + random()));
    },
    succeeded(key) {
      const failure = forget(key);
      if (failure === undefined) return { hadFailed: false, deniedToo: [] };
      const others =
        failure.denied === undefined || isOwn(failure.denied) ? [] : (keysByCause.get(failure.cause) ?? []);
      return { hadFailed: true, deniedToo: [...others] };
    },
    forget: (key) => void forget(key),
    sentences() {
      const all = [...keysByCause]
        .toSorted(([a], [b]) => compareText(a, b))
        .flatMap(([, keys]) => sentenceOf(keys) ?? []);
      const textsOf = (areDenied: boolean) =>
        all
          .filter(({ denied }) => (denied !== undefined) === areDenied)
          .slice(0, causesNamedMax)
          .map(({ text }) => text);
      return { denials: textsOf(true), failures: textsOf(false) };
    },
    denied() {
      const counts = new Map<Denier, number>(deniers.map((by) => [by, 0]));
      for (const { denied } of failures.values()) {
        if (denied !== undefined) counts.set(denied.by, (counts.get(denied.by) ?? 0) + 1);
      }
      return counts;
    },
  };
}

/** A quota lives in the namespace that it stops: those of the same name elsewhere are others, and end by themselves. */
function isOwn({ by }: Denied): boolean {
  return by === 'quota';
}

function ownText(denied: Denied, namespaces: number): string {
  return isOwn(denied) && namespaces > 1 ? "each namespace's own " : '';
}

/** `report of a, b, c and 7 more`, `detail x`, or both. */
function namesText(keys: readonly string[]): string {
  const isDetail = (key: string) => key.startsWith(clusterDetailPrefix);
  const groups = [
    { what: 'report of', names: keys.filter((key) => !isDetail(key)) },
    { what: 'detail', names: keys.filter(isDetail).map((key) => key.slice(clusterDetailPrefix.length)) },
  ];
  return groups
    .filter(({ names }) => names.length > 0)
    .map(({ what, names }) => {
      const others = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
      return `${what} ${names.slice(0, namesMax).join(', ')}${others}`;
    })
    .join(' and the ');
}
