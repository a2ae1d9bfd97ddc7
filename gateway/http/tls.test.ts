import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { selfSignedCertificate } from '../../kube/testing/certificate.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { head } from '../testing/raw-connection.ts';
import { listen } from './server.ts';
import { readCertificate } from './tls.ts';

function filesIn(folder: string) {
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  return {
    certFile,
    keyFile,
    write: ({ cert, key }: { cert: string; key: string }) => {
      writeFileSync(certFile, cert);
      writeFileSync(keyFile, key);
    },
  };
}

async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'potoo-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { write, ...tls } = filesIn(folder);
  write(selfSignedCertificate('first'));
  const clock = createVirtualClock();
  const lines: string[] = [];
  const server = await listen({
    fetch: () => new Response('done'),
    host: '127.0.0.1',
    port: 0,
    clock,
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    tls,
  });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  return { server, clock, lines, write, tls };
}

async function open(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}
const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;

async function answered(socket: TLSSocket): Promise<string> {
  socket.write(head('GET / HTTP/1.1', 'Host: localhost'));
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

test('a new certificate is presented to new connections, and those that are open go on', async () => {
  const { server, clock, write } = await start();
  const before = await open(server.port);
  expect(nameOf(before)).toBe('first');
  write(selfSignedCertificate('second'));
  await clock.advance(10_000);
  await expect.poll(async () => nameOf(await open(server.port))).toBe('second');
  expect(await answered(before)).toMatch(/^HTTP\/1\.1 200 /);
});

test('a pair that cannot be used is said once, and the one before goes on until there is a good one', async () => {
  const { server, clock, write, lines } = await start();
  const warnings = () => lines.filter((line) => line.includes('the one before goes on'));
  const { cert } = selfSignedCertificate('half');
  write({ cert, key: selfSignedCertificate('other half').key });
  await clock.advance(10_000);
  await expect.poll(warnings).toHaveLength(1);
  expect(nameOf(await open(server.port))).toBe('first');
  write({ cert: 'no certificate', key: 'no key' });
  for (let look = 0; look < 5; look += 1) {
    await expect.poll(() => clock.waiting).toBe(2);
    await clock.advance(10_000);
  }
  write(selfSignedCertificate('good'));
  await expect.poll(() => clock.waiting).toBe(2);
  await clock.advance(10_000);
  await expect.poll(async () => nameOf(await open(server.port))).toBe('good');
  expect(warnings()).toHaveLength(1);
  expect(warnings().join('')).not.toContain('PRIVATE KEY');
});

test('what is no certificate at the start is an error that names the files', async () => {
  const { tls, write } = await start();
  write({ cert: 'no certificate', key: 'no key' });
  await expect(readCertificate(tls)).rejects.toThrow(`${tls.certFile} and ${tls.keyFile} are no certificate`);
  await expect(readCertificate({ ...tls, keyFile: `${tls.keyFile}.none` })).rejects.toThrow('ENOENT');
});

test('TLS 1.1 is refused, TLS 1.2 and 1.3 are spoken', async () => {
  const { server } = await start();
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await expect(open(server.port, old)).rejects.toThrow(/alert|version|protocol/i);
  expect((await open(server.port, { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
  expect((await open(server.port)).getProtocol()).toBe('TLSv1.3');
});

test('plain HTTP on this port ends without an answer', async () => {
  const { server } = await start();
  const socket = connectPlain(server.port, '127.0.0.1');
  socket.on('error', () => {});
  let said = '';
  socket.on('data', (chunk) => (said += String(chunk)));
  socket.write(head('GET / HTTP/1.1', 'Host: localhost'));
  await once(socket, 'close');
  expect(said).not.toContain('HTTP/1.1 200');
  await expect.poll(() => server.state().connections).toBe(0);
});

test('it tells when the certificate runs out', async () => {
  const { server } = await start();
  expect(server.state().certificateExpiresAt).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
});
