/** A reader of a stream of MCP messages, as a test looks at it. */
export interface Frame {
  readonly event: string;
  readonly data: string;
}

export interface FrameReader {
  /** All that has come. */
  readonly text: string;
  readonly ended: boolean;
  /** All events so far; comments are left out. */
  frames(): Frame[];
  /** The messages among them. */
  messages(): unknown[];
  leave(): Promise<void>;
}

/** Reads until the stream ends. */
export function readFrames(response: Response): FrameReader {
  if (response.body === null) throw new Error('the response has no body');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, ended] = ['', false];
  const read = async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  };
  const reading = read().finally(() => {
    ended = true;
  });
  const frames = () => framesIn(text);
  return {
    frames,
    get text() {
      return text;
    },
    get ended() {
      return ended;
    },
    messages: () =>
      frames()
        .filter(({ event }) => event === 'message')
        .map(({ data }): unknown => JSON.parse(data)),
    async leave() {
      await reader.cancel();
      await reading;
    },
  };
}

/** The events of whole blocks. Fails on anything that is neither an event with a name and one line of data nor a comment. */
function framesIn(text: string): Frame[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      if (block.startsWith(':') && !block.includes('\n')) return [];
      const match = /^event: (\w+)\ndata: ([^\n]+)$/.exec(block);
      if (match?.[1] === undefined || match[2] === undefined) throw new Error(`no event of MCP: ${block}`);
      return [{ event: match[1], data: match[2] }];
    });
}
