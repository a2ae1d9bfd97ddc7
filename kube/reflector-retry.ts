import { backoffMs } from './backoff.ts';
import type { Random } from './clock.ts';
import type { KubeError } from './errors.ts';

const backoff = { firstMs: 800, maxMs: 30_000 };
/** Where nobody answers there is no server to spare, and what it will have to tell is waited for. */
const unreachableBackoff = { firstMs: 800, maxMs: 8_000 };
/** Who grants a right waits for what it brings. A refusal costs the server next to nothing. */
const forbiddenBackoff = { firstMs: 800, maxMs: 8_000 };
/** So many 410 since the last watch that worked are what a restart of the server brings; more are a reason to slow down. */
const goneAtOnceMax = 2;
/** A server may ask for patience, not for giving up. */
const retryAfterMsMax = 300_000;
/** So many refusals of one resourceVersion in a row, and we no longer believe in it (an etcd restored from a backup). */
const refusalsMax = 3;
/**
 * So many 403 or 404 in a row, and the kind is forbidden or not served. One alone says little: an API server that has just
 * started answers 403 until it has read its roles, and 404 until it knows its CustomResourceDefinitions.
 */
const denialsMax = 3;

/** Decides after each failure of a list or a watch when to try again, and with what. */
export interface ReflectorRetry {
  /**
   * `steady`: a watch had been working for a while, so this is no continuation of the failures before. `denied`: the kind
   * is to be taken for forbidden (403) or not served (404).
   */
  failed(
    error: KubeError,
    steady: boolean,
  ): { readonly waitMs: number; readonly relist: boolean; readonly denied: boolean };
  /** A list is complete: there is a new resourceVersion, which nobody has refused. */
  listed(): void;
  /** After a watch that the server ended at once and in good order: it must not be asked in a loop. */
  shortWatchMs(): number;
}

function limitsAfter({ code }: KubeError): typeof backoff {
  if (code === 'KUBE_UNREACHABLE') return unreachableBackoff;
  return code === 'KUBE_FORBIDDEN' ? forbiddenBackoff : backoff;
}

/** How long to wait before the next attempt; begins as if all went well. */
export function createReflectorRetry(random: Random): ReflectorRetry {
  let failures = 0;
  let refusals = 0;
  let denials = 0;
  let gone = 0;
  let denial: KubeError['code'] | undefined;

  function relists(error: KubeError): boolean {
    switch (error.code) {
      case 'KUBE_NOT_FOUND':
      case 'KUBE_GONE':
      case 'KUBE_UNREADABLE':
        return true;
      case 'KUBE_BAD_REQUEST':
      case 'KUBE_INVALID':
      case 'KUBE_TIMEOUT':
        // 504 is how a server says that it has not reached this resourceVersion yet. Overload and restarts (429, 503) say
        // nothing about it: a new list then would be the wrong thing to ask for.
        if (error.status !== 0) refusals += 1;
        return refusals >= refusalsMax;
      default:
        return false;
    }
  }

  function waitMsAfter(error: KubeError): number {
    if (error.code === 'KUBE_GONE' && gone <= goneAtOnceMax) return random() * 100;
    const limits = limitsAfter(error);
    // After a time that went well, try again almost at once: most cuts are a matter of one peer.
    const waitMs = failures === 1 ? random() * 100 : backoffMs(failures - 1, limits, random);
    return Math.max(waitMs, Math.min(error.retryAfterMs ?? 0, retryAfterMsMax));
  }

  function denies(error: KubeError): boolean {
    const { code } = error;
    if (code !== 'KUBE_FORBIDDEN' && code !== 'KUBE_NOT_FOUND') return false;
    denials = code === denial ? denials + 1 : 1;
    denial = code;
    return denials >= denialsMax;
  }

  return {
    failed(error, steady) {
      if (steady) {
        failures = 0;
        refusals = 0;
        denials = 0;
        gone = 0;
      }
      if (error.code === 'KUBE_GONE') gone += 1;
      if (error.code !== 'KUBE_GONE' || gone > goneAtOnceMax) failures += 1;
      return { relist: relists(error), waitMs: waitMsAfter(error), denied: denies(error) };
    },
    listed() {
      refusals = 0;
      denials = 0;
    },
    shortWatchMs: () => backoffMs(1, backoff, random),
  };
}
