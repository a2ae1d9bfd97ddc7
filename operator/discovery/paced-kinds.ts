/**
 * Changes of objects that policies take parameters from, kind by kind. What a policy comes to is found by a look at all objects
 * of the kind, so one namespace that makes thousands of them would keep everything else waiting: the first change is heard at
 * once, and those that follow soon are heard together.
 */
import type { Clock } from '../../kube/clock.ts';
import type { ParameterKind } from '../adapters/parameters.ts';

export interface PacedKinds {
  /** An object of the kind came or went, or has other labels. */
  changed(kind: ParameterKind): void;
}

const gapMsMin = 100;
/** Between two looks there is so many times what the last one took for everything else. */
const rest = 4;

/** `tell` hears of a kind; it is called at once or out of a timer. */
export function createPacedKinds(clock: Clock, tell: (kind: ParameterKind) => void): PacedKinds {
  /** Kinds that were told of a moment ago, and whether they have changed since. */
  const recent = new Map<string, { again: boolean }>();

  function changed(kind: ParameterKind): void {
    const key = `${kind.apiVersion} ${kind.kind}`;
    const told = recent.get(key);
    if (told !== undefined) {
      told.again = true;
      return;
    }
    const since = { again: false };
    recent.set(key, since);
    const begin = clock.monotonic();
    tell(kind);
    clock.after(Math.max(gapMsMin, (clock.monotonic() - begin) * rest), () => {
      recent.delete(key);
      if (since.again) changed(kind);
    });
  }

  return { changed };
}
