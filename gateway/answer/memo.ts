/**
 * Answers that were made before, given again while they would come out the same.
 *
 * An answer follows from its input, from what binds the namespace and from what the caller may. So an answer is kept with the
 * views it was made from and with every right that was asked for, in order, and how that was decided. It is given again only
 * when the catalog still has the very same views, and when this caller, asked for the same rights again, has and lacks the
 * same ones: authorization is never remembered here, its own cache decides as it does for a new answer. Who has the same rights
 * gets the same answer, byte for byte, whoever it is.
 */
import { LRUCache } from 'lru-cache';
import type { Caller } from '../auth/identity.ts';
import type { Question } from '../auth/reviews.ts';
import type { Call } from '../call.ts';
import type { Catalog, NamespaceView } from '../catalog/store.ts';
import type { Answer } from '../errors.ts';
import { encodedOf } from './encoded.ts';
import type { Rights } from './levels.ts';

/** What an answer that may be given again is made from, beside its input: of a caller its rights, and not its name. */
export interface MemoCall {
  readonly caller: Rights;
  readonly catalog: Pick<Catalog, 'view'>;
  /** The same for every call. */
  readonly gateway: Call['gateway'];
  /** When an answer is made, and not what it says. */
  readonly pace: Call['pace'];
  readonly bytesMax: number;
}

export type MemoRun<Input, Output> = (input: Input, call: MemoCall) => Promise<Answer<Output>>;

type Views = ReadonlyMap<string, NamespaceView | undefined>;

interface Asked {
  readonly question: Question;
  allowed: boolean | undefined;
}

interface Made<Output> {
  readonly views: Views;
  /** Rights that were asked for side by side, round by round: which ones a round asks for depends on the rounds before. */
  readonly rounds: readonly (readonly Asked[])[];
  readonly answer: Extract<Answer<Output>, { readonly ok: true }>;
}

/** Sum of the bytes of one tool's answers; they take about three times as much as objects, and a tenth compressed. */
const keptBytesMax = 16_777_216;
/** Of one question, for callers with different rights. */
const variantsMax = 4;
/** Longer questions are not kept: keys would outweigh answers. */
const keyLengthMax = 2_048;

/** A `run` whose answers may be given again. It keeps those of each catalog apart, and no longer than the catalog. */
export function remembered<Input extends object, Output extends object>(
  run: MemoRun<Input, Output>,
): (input: Input, call: Call) => Promise<Answer<Output>> {
  const memos = new WeakMap<Catalog, LRUCache<string, readonly Made<Output>[]>>();

  function memoOf(catalog: Catalog): LRUCache<string, readonly Made<Output>[]> {
    const known = memos.get(catalog);
    if (known !== undefined) return known;
    const created = new LRUCache<string, readonly Made<Output>[]>({ maxSize: keptBytesMax, sizeCalculation: sizeOf });
    memos.set(catalog, created);
    return created;
  }

  return async (input, call) => {
    const { caller, catalog } = call;
    const key = `${caller.anonymous} ${call.bytesMax} ${JSON.stringify(input)}`;
    if (key.length > keyLengthMax) return run(input, call);
    const memo = memoOf(catalog);
    for (const { views, rounds, answer } of memo.get(key) ?? []) {
      // Nothing is looked up before the first right was asked for, here as in `run`.
      if (!(await hasSameRights(rounds.slice(0, 1), caller)) || !isCurrent(views, catalog)) continue;
      if (await hasSameRights(rounds.slice(1), caller)) return answer;
    }
    const recorder = record(call);
    const answer = await run(input, recorder.call);
    if (answer.ok && answer.hurried !== true) {
      const current = (memo.get(key) ?? []).filter(({ views }) => isCurrent(views, catalog));
      memo.set(key, [{ views: recorder.views, rounds: recorder.rounds, answer }, ...current].slice(0, variantsMax));
    }
    return answer;
  };
}

function sizeOf(variants: readonly Made<object>[], key: string): number {
  return variants.reduce((sum, { answer }) => sum + encodedOf(answer.value).bytes.length, key.length);
}

function isCurrent(views: Views, catalog: Pick<Catalog, 'view'>): boolean {
  for (const [namespace, view] of views) if (catalog.view(namespace) !== view) return false;
  return true;
}

async function hasSameRights(rounds: Made<object>['rounds'], caller: Pick<Caller, 'may' | 'known'>): Promise<boolean> {
  for (const round of rounds) {
    const known = round.map(({ question }) => caller.known(question));
    const answers = known.includes(undefined)
      ? await Promise.all(round.map(async ({ question }) => caller.may(question)))
      : known;
    if (round.some(({ allowed }, index) => allowed !== answers[index])) return false;
  }
  return true;
}

/** Notes what is asked while an answer is made. */
function record({ caller, catalog, gateway, pace, bytesMax }: Call): {
  readonly call: MemoCall;
  readonly views: Views;
  readonly rounds: readonly (readonly Asked[])[];
} {
  const views = new Map<string, NamespaceView | undefined>();
  const rounds: Asked[][] = [];
  let roundIsOver = true;
  const call: MemoCall = {
    gateway,
    pace,
    bytesMax,
    caller: {
      anonymous: caller.anonymous,
      async may(question) {
        if (roundIsOver) rounds.push([]);
        roundIsOver = false;
        const asked: Asked = { question, allowed: undefined };
        rounds.at(-1)?.push(asked);
        asked.allowed = await caller.may(question);
        roundIsOver = true;
        return asked.allowed;
      },
    },
    catalog: {
      view(namespace) {
        // One answer is made from one view, also when it looks twice.
        if (!views.has(namespace)) views.set(namespace, catalog.view(namespace));
        return views.get(namespace);
      },
    },
  };
  return { call, views, rounds };
}
