/**
 * What a gateway needs of an API server, for more objects than one would like to write into a real one: a WatchList of objects
 * that are made as they are sent, and reviews that take everybody for an administrator. It speaks HTTPS like a real one.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { apiVersion, type PotooResource, potooResources } from '../../crds/api.ts';
import { type KubeObject, resourcePath } from '../../kube/resource.ts';
import { selfSignedCertificate } from '../../kube/testing/certificate.ts';

const managedFields = [
  { manager: 'potoo-operator', operation: 'Update', apiVersion, fieldsType: 'FieldsV1', fieldsV1: {} },
];

export interface StandingServer extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  /** Of all objects that were sent. */
  readonly sent: { objects: number; bytes: number };
}

/** @param objectsOf All objects of a kind, made anew each time. */
export async function startStandingServer(
  objectsOf: (resource: PotooResource) => Iterable<KubeObject>,
): Promise<StandingServer> {
  const certificate = selfSignedCertificate('bench');
  const sent = { objects: 0, bytes: 0 };

  function* linesOf(resource: PotooResource): Iterable<string> {
    for (const made of objectsOf(resource)) {
      const metadata = { ...made.metadata, creationTimestamp: '2026-01-01T00:00:00Z', generation: 1, managedFields };
      const line = `${JSON.stringify({ type: 'ADDED', object: { ...made, metadata } })}\n`;
      sent.objects += 1;
      sent.bytes += line.length;
      yield line;
    }
    const metadata = { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } };
    yield `${JSON.stringify({ type: 'BOOKMARK', object: { apiVersion, kind: resource.kind, metadata } })}\n`;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    request.resume();
    const watched = potooResources.find((resource) => resourcePath(resource) === pathname);
    if (request.method === 'GET' && watched !== undefined) {
      // A watch that goes on has nothing to tell: nothing changes here.
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      if (!searchParams.has('sendInitialEvents')) return;
      return pipeline(Readable.from(linesOf(watched)), response, { end: false });
    }
    const review = pathname.endsWith('/tokenreviews') || pathname.endsWith('/subjectaccessreviews');
    response.writeHead(review ? 201 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        review
          ? { status: { authenticated: true, allowed: true, user: { username: 'admin' } } }
          : {
              kind: 'Status',
              apiVersion: 'v1',
              status: 'Failure',
              reason: 'NotFound',
              code: 404,
              message: 'not found',
            },
      ),
    );
  }

  const server = createServer(certificate, (request, response) => {
    // A connection that breaks ends the gateway's watch, which then says so.
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${portOf(server)}`,
    ca: certificate.cert,
    sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
