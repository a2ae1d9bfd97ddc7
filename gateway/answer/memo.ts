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
  readonly gateway: Call['gateway'];
}

export type MemoRun<Input, Output> = (input: Input, call: MemoCall) => Promise<Answer<Output>>;

export interface AnswerMemo {
  /** The answer that was kept, or that of `run`. @param name Of what answers. */
  answer<Input extends object, Output extends object>(
    name: string,
    input: Input,
    call: Call,
    run: MemoRun<Input, Output>,
  ): Promise<Answer<Output>>;
}

interface Asked {
  readonly question: Question;
  allowed: boolean | undefined;
}

interface Made {
  readonly views: ReadonlyMap<string, NamespaceView | undefined>;
  /** Rights that were asked for side by side, round by round: which ones a round asks for depends on the rounds before. */
  readonly rounds: readonly (readonly Asked[])[];
  readonly answer: Answer<object>;
}

/** Sum of the bytes of answers; they take about three times as much as objects, and a tenth compressed. */
const bytesMax = 33_554_432;
/** Of one question, for callers with different rights. */
const variantsMax = 4;
/** Longer questions are not kept: keys would outweigh answers. */
const keyLengthMax = 2_048;

/** A `run` whose answers may be given again. @param name Of what answers; no two may have the same. */
export function remembered<Input extends object, Output extends object>(
  name: string,
  run: MemoRun<Input, Output>,
): (input: Input, call: Call) => Promise<Answer<Output>> {
  return async (input, call) => call.memo.answer(name, input, call, run);
}

/** One for each gateway. */
export function createAnswerMemo(): AnswerMemo {
  const kept = new LRUCache<string, readonly Made[]>({ maxSize: bytesMax, sizeCalculation: sizeOf });

  return {
    async answer<Input extends object, Output extends object>(
      name: string,
      input: Input,
      call: Call,
      run: MemoRun<Input, Output>,
    ): Promise<Answer<Output>> {
      const key = `${name} ${JSON.stringify(input)}`;
      if (key.length > keyLengthMax) return run(input, call);
      for (const { views, rounds, answer } of kept.get(key) ?? []) {
        // Nothing is looked up before the first right was asked for, here as in `run`.
        if (!(await hasSameRights(rounds.slice(0, 1), call.caller)) || !isCurrent(views, call.catalog)) continue;
        // What is kept under a name was made by the `run` of that name.
        if (await hasSameRights(rounds.slice(1), call.caller)) return answer as Answer<Output>;
      }
      const recorder = record(call);
      const answer = await run(input, recorder.call);
      if (answer.ok) {
        const current = (kept.get(key) ?? []).filter(({ views }) => isCurrent(views, call.catalog));
        kept.set(key, [{ views: recorder.views, rounds: recorder.rounds, answer }, ...current].slice(0, variantsMax));
      }
      return answer;
    },
  };
}

function sizeOf(variants: readonly Made[], key: string): number {
  const sizes = variants.map(({ answer }) => (answer.ok ? encodedOf(answer.value).bytes.length : 0));
  return sizes.reduce((sum, size) => sum + size, key.length);
}

function isCurrent(views: Made['views'], catalog: Pick<Catalog, 'view'>): boolean {
  for (const [namespace, view] of views) if (catalog.view(namespace) !== view) return false;
  return true;
}

async function hasSameRights(rounds: Made['rounds'], caller: Rights): Promise<boolean> {
  for (const round of rounds) {
    const answers = await Promise.all(round.map(async ({ question }) => caller.may(question)));
    if (round.some(({ allowed }, index) => allowed !== answers[index])) return false;
  }
  return true;
}

/** Notes what is asked while an answer is made. */
function record({ caller, catalog, gateway }: Call): {
  readonly call: MemoCall;
  readonly views: ReadonlyMap<string, NamespaceView | undefined>;
  readonly rounds: readonly (readonly Asked[])[];
} {
  const views = new Map<string, NamespaceView | undefined>();
  const rounds: Asked[][] = [];
  let roundIsOver = true;
  const call: MemoCall = {
    gateway,
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
