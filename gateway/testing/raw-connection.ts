/**
 * Bytes on a socket, for what no HTTP client would send.
 */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  /** What the server has said so far. */
  readonly said: () => string;
  /** All that it said, once the connection is closed. */
  readonly closed: () => Promise<string>;
}

/** Opens one to this machine. */
export function openConnection(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  // A server that cuts the connection while it is written to: what matters is what it said before.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return {
    socket,
    said: () => text,
    closed: async () => {
      await closed;
      return text;
    },
  };
}

/** All that the server says to these bytes, until it closes the connection. */
export async function talk(port: number, bytes: string | Uint8Array): Promise<string> {
  const connection = openConnection(port);
  connection.socket.write(bytes);
  return connection.closed();
}

/** Lines of a request's head, ended as HTTP wants it. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The answers in what a server said; every one of them has a Content-Length or is an interim one. */
export function answersIn(said: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = said;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const status = Number(statusLine.split(' ')[1]);
    const length = Number(headers.get('content-length') ?? 0);
    answers.push({ status, headers, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}
