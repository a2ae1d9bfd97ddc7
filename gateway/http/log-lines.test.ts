/**
 * No token may ever stand in a line of the log, wherever its owner put it and whatever went wrong.
 */
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../kube/clock.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import { createIdentities } from '../auth/identity.ts';
import { createReviews } from '../auth/reviews.ts';
import { createGateway, type Gateway } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { head, talk } from '../testing/raw-connection.ts';
import { listen } from './server.ts';

const token = 'eyJhbGciOiJSUzI1NiIs.dG9rZW4tb2Ytc29tZWJvZHk.c2lnbmF0dXJl';
/** Also what is left when a line cuts it. */
const parts = token.split('.');
const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];
const Line = z.looseObject({ level: z.string(), msg: z.string(), audit: z.boolean().optional() });

interface Started {
  readonly port: number;
  readonly lines: string[];
}

async function start(transport: Transport): Promise<Started> {
  const lines: string[] = [];
  const log = pino(
    { level: 'debug', formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => void lines.push(line) },
  );
  const gateway: Gateway = createGateway({
    objects,
    log,
    identities: () =>
      createIdentities({ clock: systemClock, reviews: createReviews({ transport, clock: systemClock }) }),
  });
  const server = await listen({ fetch: gateway.fetch, host: '127.0.0.1', port: 0, clock: systemClock, log });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  return { port: server.port, lines };
}

const body = (value: unknown) => {
  const text = JSON.stringify(value);
  return ['Content-Type: application/json', `Content-Length: ${text.length}`, 'Connection: close', '', text];
};
const bearer = `Authorization: Bearer ${token}`;
const host = 'Host: localhost';
const lines = (...all: readonly string[]) => all.join('\r\n');

const places: readonly (readonly [string, string])[] = [
  ['in its header', head('GET /resources/reports/shop HTTP/1.1', host, bearer, 'Connection: close')],
  [
    'with another scheme',
    head('GET /resources/reports/shop HTTP/1.1', host, `Authorization: Basic ${token}`, 'Connection: close'),
  ],
  [
    'without a scheme',
    head('GET /resources/reports/shop HTTP/1.1', host, `Authorization: ${token}`, 'Connection: close'),
  ],
  ['twice', head('GET /resources/reports/shop HTTP/1.1', host, bearer, bearer)],
  [
    'in the query',
    head(`GET /resources/reports/shop?access_token=${token} HTTP/1.1`, host, bearer, 'Connection: close'),
  ],
  ['as a namespace', head(`GET /resources/reports/${token} HTTP/1.1`, host, bearer, 'Connection: close')],
  ['as a name', head(`GET /resources/constraints/shop/${token} HTTP/1.1`, host, bearer, 'Connection: close')],
  ['in a path that is none', head(`GET /${token} HTTP/1.1`, host, 'Connection: close')],
  ['as the target', head(`GET ${token} HTTP/1.1`, host, 'Connection: close')],
  ['as the method', head(`${token} / HTTP/1.1`, host)],
  ['as the Host', head('GET /healthz HTTP/1.1', `Host: ${token}`, 'Connection: close')],
  ['as the Origin', head('GET /healthz HTTP/1.1', host, `Origin: https://${token}`, 'Connection: close')],
  [
    'as a trace',
    head(
      'GET /resources/reports/shop HTTP/1.1',
      host,
      `traceparent: ${token}`,
      `tracestate: a=${token}`,
      'Connection: close',
    ),
  ],
  ['in a cookie', head('GET /resources/reports/shop HTTP/1.1', host, `Cookie: token=${token}`, 'Connection: close')],
  [
    'as the type of a body',
    head(
      'POST /tools/potoo_query HTTP/1.1',
      host,
      bearer,
      `Content-Type: ${token}`,
      'Content-Length: 0',
      'Connection: close',
    ),
  ],
  ['in a body', lines('POST /tools/potoo_query HTTP/1.1', host, bearer, ...body({ namespace: token, [token]: token }))],
  ['as a body', lines('POST /tools/potoo_query HTTP/1.1', host, bearer, ...body(token))],
  [
    'as a resource',
    lines('POST /resources HTTP/1.1', host, bearer, ...body({ resource: token, params: { namespace: token } })),
  ],
  ['as no HTTP', `${token}\r\n\r\n`],
];

/** What the API server says to a TokenReview, which holds the token. */
const apiServers: readonly (readonly [string, (sent: string) => { status: number; text: string } | undefined])[] = [
  ['takes it', (sent) => ({ status: 201, text: reviewed(sent, { authenticated: true, user: { username: 'ann' } }) })],
  ['does not take it', (sent) => ({ status: 201, text: reviewed(sent, { authenticated: false, error: token }) })],
  ['fails, and repeats it', (sent) => ({ status: 500, text: JSON.stringify({ kind: 'Status', message: sent }) })],
  ['refuses the gateway, and repeats it', (sent) => ({ status: 403, text: JSON.stringify({ message: sent }) })],
  ['stands behind a proxy that repeats it', (sent) => ({ status: 502, text: `<html>${sent}</html>` })],
  ['answers what is no review', (sent) => ({ status: 200, text: JSON.stringify([sent, token]) })],
  ['answers what is no JSON', (sent) => ({ status: 200, text: sent.slice(5) })],
  ['names a user of no kind', (sent) => ({ status: 201, text: reviewed(sent, { authenticated: true, user: token }) })],
  ['hangs up', () => undefined],
];
const reviewed = (sent: string, status: object) =>
  JSON.stringify({ ...z.looseObject({}).parse(JSON.parse(sent)), status });

test.each(apiServers)('wherever a token stands, no line holds it while the API server %s', async (_what, answer) => {
  let reviews = 0;
  const api = createServer((request, response) => {
    let sent = '';
    request.on('data', (chunk) => (sent += String(chunk)));
    request.on('end', () => {
      if (request.url?.includes('tokenreviews')) reviews += 1;
      const said = answer(sent);
      if (said === undefined) request.socket.destroy();
      else response.writeHead(said.status, { 'content-type': 'application/json' }).end(said.text);
    });
  });
  await new Promise<void>((resolve) => {
    api.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void api.close());
  const transport = createTransport({
    credentials: {
      server: `http://127.0.0.1:${portOf(api.address())}`,
      current: async () => ({ headers: {} }),
      refresh: async () => {},
    },
    clock: systemClock,
    userAgent: 'test',
  });
  onTestFinished(async () => transport.close());
  const { port, lines: logged } = await start(transport);
  for (const [, bytes] of places) await talk(port, bytes);

  expect(reviews).toBeGreaterThan(0);
  const read = logged.map((line) => Line.parse(JSON.parse(line)));
  expect(read.filter(({ audit }) => audit).length).toBeGreaterThanOrEqual(9);
  for (const part of parts) expect(logged.filter((line) => line.includes(part))).toEqual([]);
});

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
