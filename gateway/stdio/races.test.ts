/** What comes in an order, or of a kind, that the bridge did not wait for. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { createUpstream } from '../upstream.ts';
import { createBridge, underWayMax } from './bridge.ts';

/** A bridge to a gateway that answers what is no stream once it is let go. */
async function start(status = 200) {
  const go = Promise.withResolvers<void>();
  const bodies: string[] = [];
  const gateway = createServer((incoming, outgoing) => {
    incoming.setEncoding('utf8').on('data', (body: string) => {
      bodies.push(body);
      const { id, method } = Object(JSON.parse(body));
      if (method === 'subscriptions/listen') {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write(': begun\n\n');
        return;
      }
      const said = status === 200 ? { result: {} } : { error: { code: -32_600, message: 'no message' } };
      const answer = () =>
        outgoing
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, ...said }));
      void go.promise.then(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const address = gateway.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(`http://127.0.0.1:${address.port}/mcp`);
  const upstream = createUpstream(url, { connectionsMax: 64 });
  onTestFinished(() => {
    upstream[Symbol.dispose]();
    gateway.closeAllConnections();
    gateway.close();
  });
  const lines: unknown[] = [];
  const said: string[] = [];
  const bridge = createBridge({
    upstream,
    path: '/mcp',
    url: url.href,
    token: undefined,
    clock: systemClock,
    write: (line) => void lines.push(JSON.parse(line)),
    taken: async () => Promise.resolve(),
    say: (sentence) => void said.push(sentence),
  });
  return {
    bridge,
    bodies,
    lines,
    said,
    go: go.resolve,
    send: (value: unknown) => bridge.receive(JSON.stringify(value)),
  };
}

test('a stream that still waits for its turn when the client has said all does not begin', async () => {
  const { bridge, bodies, lines, go, send } = await start();
  for (let id = 0; id < underWayMax; id += 1) send({ jsonrpc: '2.0', id, method: 'ping' });
  send({ jsonrpc: '2.0', id: 'news', method: 'subscriptions/listen', params: {} });
  const finished = bridge.finish();
  go();
  await finished;
  expect([lines.length, bodies.filter((body) => body.includes('listen'))]).toEqual([underWayMax, []]);
});

test.each([null, {}, [1], true])('a request whose id is %j is answered with no id', async (id) => {
  const { bridge, lines, said, go, send } = await start(400);
  go();
  send({ jsonrpc: '2.0', id, method: 'ping' });
  await bridge.finish();
  expect([lines, said]).toEqual([[{ jsonrpc: '2.0', id: null, error: { code: -32_600, message: 'no message' } }], []]);
});

test('a notification that is refused is told to people alone', async () => {
  const { bridge, lines, said, go, send } = await start(400);
  go();
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await bridge.finish();
  expect([lines, said.length]).toEqual([[], 1]);
});
