/** A reader of a stream that takes what comes, as a test looks at it. */
import { ConstraintChange } from '../events/event.ts';

export interface EventReader {
  /** All that has come. */
  readonly text: string;
  readonly ended: boolean;
  /** Why it ended, where that was no end in good order. */
  readonly broken: unknown;
  /** `type namespace/name` of the events that came since the last call. */
  news(): string[];
  leave(): Promise<void>;
}

/** Reads until the stream ends. */
export function readEvents(response: Response): EventReader {
  if (response.body === null) throw new Error('the response has no body');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, ended, seen] = ['', false, 0];
  let broken: unknown;
  const read = async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  };
  const reading = read()
    .catch((error: unknown) => {
      broken = error;
    })
    .finally(() => {
      ended = true;
    });
  return {
    get text() {
      return text;
    },
    get ended() {
      return ended;
    },
    get broken() {
      return broken;
    },
    news() {
      const fresh = eventsIn(text).slice(seen);
      seen += fresh.length;
      return fresh.map(({ data }) => `${data.type} ${data.namespace}/${data.constraintName}`);
    },
    async leave() {
      await reader.cancel();
      await reading;
    },
  };
}

/** The events of a whole stream. Fails on anything that is neither an event of one line nor a comment. */
export function eventsIn(text: string): ConstraintChange[] {
  if (text !== '' && !text.endsWith('\n\n')) throw new Error('the stream ends within a block');
  return text.split('\n\n').flatMap((block) => {
    if (block === '' || (block.startsWith(':') && !block.includes('\n'))) return [];
    if (!block.startsWith('data: ') || block.includes('\n')) throw new Error(`no event of one line: ${block}`);
    return [ConstraintChange.parse(JSON.parse(block.slice('data: '.length)))];
  });
}
