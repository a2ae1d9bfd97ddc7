/**
 * The routes, made from the list of tools and the list of resources. No route has logic of its own.
 */
import type { ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import type { Random } from '../../kube/clock.ts';
import { type Answer, type Refusal, refusal } from '../errors.ts';
import { openEventStream, type StreamOpening } from '../events/stream.ts';
import type { Streams } from '../events/streams.ts';
import { resourceList, toolList } from '../mcp/catalogue.ts';
import { resources as allResources } from '../resources/all.ts';
import type { ResourceDefinition } from '../resources/define.ts';
import { createSurface } from '../mcp/product.ts';
import { createMcpSessions } from '../mcp/sessions.ts';
import type { Surface } from '../mcp/surface.ts';
import { createResourceWatches } from '../mcp/watch.ts';
import type { Tool } from '../tools/define.ts';
import { createInputReader } from '../tools/input.ts';
import { readJsonBody } from './body.ts';
import { type CallsOptions, createCalls } from './calls.ts';
import { errorResponse, refusalOf } from './errors.ts';
import { crossOriginHeaders, type Discovery, metadataParameter, publicDocuments } from './discovery.ts';
import type { HostPolicy } from './hosts.ts';
import { documentResponse, jsonResponse, publishedResponse } from './json.ts';
import { openApiDocument, resourceRoute } from './openapi.ts';
import { peerOf } from './peers.ts';
import { createMcpRoute } from './mcp.ts';
import { createMessagesRoute } from './mcp-messages-route.ts';
import { createMcpPosts } from './mcp-posts.ts';
import { namesEventStream } from './negotiate.ts';
import { createEventsHandler } from './streams.ts';
import { traceOf } from './trace.ts';

/** What one request did, for metrics: the route and never the path, so that there are as many as there are routes. */
export interface RequestOutcome {
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

export interface AppOptions extends CallsOptions {
  readonly hosts: HostPolicy;
  readonly streams: Streams;
  /** Why there are no events, where nothing is watched; sessions of MCP may begin all the same. */
  readonly unwatched?: Refusal | undefined;
  readonly random: Random;
  /** Of MCP sessions: not to be guessed. */
  readonly newSessionId: () => string;
  readonly tools: readonly Tool[];
  /** What is served over MCP; the tools and resources alone unless told. */
  readonly surface?: Surface | undefined;
  /** For clients that have no token yet; none of it is served when absent. */
  readonly discovery?: Discovery | undefined;
  /** True once the gateway is about to stop: it is not ready any more, but still answers. */
  readonly draining?: (() => boolean) | undefined;
  readonly onRequest?: ((outcome: RequestOutcome) => void) | undefined;
}

/** What the server adds to a request; absent in tests that use no socket. */
interface Env {
  Bindings: {
    incoming?: {
      readonly socket: { readonly localAddress?: string | undefined; readonly remoteAddress?: string | undefined };
    };
    outgoing?: ServerResponse;
  };
  Variables: { route: string };
}

/** All routes, made from the lists of tools and resources. Serves by itself with `app.request()`, without a socket. */
export function createApp(options: AppOptions): Hono<Env> {
  const { catalog, clock, hosts, log, gateway, arrivals, random, streams, unwatched, tools, discovery } = options;
  const documents = discovery === undefined ? [] : publicDocuments(discovery, gateway.version);
  const crossOrigin = new Set(documents.filter((document) => document.crossOrigin).map(({ path }) => path));
  const calls = createCalls(options);
  const app = new Hono<Env>();

  function refusedHost({ req, env }: Context<Env>): Refusal | undefined {
    const host = req.header('host') ?? new URL(req.url).host;
    const origin = crossOrigin.has(req.path) ? undefined : req.header('origin');
    const fetchSite = req.header('sec-fetch-site');
    return hosts.refused({ host, origin, fetchSite, localAddress: env?.incoming?.socket.localAddress });
  }

  // One function for all that every request goes through: each layer more is a chain of promises for each request.
  app.use(async (context, next) => {
    const startedAt = clock.monotonic();
    context.set('route', 'other');
    const { req } = context;
    const headers = { traceparent: req.header('traceparent'), tracestate: req.header('tracestate') };
    const trace = traceOf(headers, random);
    const peer = peerOf(context.env?.incoming?.socket.remoteAddress);
    // What a caller tells an administrator, who finds the call in the log by it. Not on the Response where there is a socket:
    // it would be taken apart for it, and a stream writes its own.
    const outgoing = context.env?.outgoing;
    outgoing?.setHeader('x-trace-id', trace.id);
    const refused = refusedHost(context);
    if (refused === undefined) await arrivals.run({ peer, trace, outgoing }, next);
    else context.res = errorResponse(refused);
    if (discovery !== undefined && context.res.status === 401) {
      const challenge = `${context.res.headers.get('www-authenticate') ?? 'Bearer'}, ${metadataParameter(discovery, req.path)}`;
      context.res.headers.set('www-authenticate', challenge);
    }
    if (outgoing === undefined) context.res.headers.set('x-trace-id', trace.id);
    const outcome = { status: context.res.status, ms: clock.monotonic() - startedAt };
    options.onRequest?.({ route: context.get('route'), ...outcome });
  });
  app.onError((error) => errorResponse(refusalOf(error, log)));
  app.notFound(() =>
    errorResponse({ code: 'NOT_FOUND', error: 'There is nothing here; /openapi.json has all paths.' }),
  );

  /** One path with its method; every other method is refused with the name of this one. */
  function route(
    method: 'GET' | 'POST',
    path: string,
    handle: (context: Context<Env>) => Response | Promise<Response>,
  ): void {
    const allow = method === 'GET' ? 'GET, HEAD' : method;
    const way =
      method === 'GET'
        ? 'Ask here by GET.'
        : 'Ask here by POST with a JSON body; /openapi.json says what goes into it.';
    app.all(path, (context): Response | Promise<Response> => {
      context.set('route', path);
      // Hono serves HEAD as a GET without the body.
      if (context.req.method === method || (method === 'GET' && context.req.method === 'HEAD')) return handle(context);
      return errorResponse({ code: 'METHOD_NOT_ALLOWED', error: way }, { allow });
    });
  }

  for (const tool of tools) {
    route('POST', `/tools/${tool.name}`, async ({ req: { raw } }) => {
      const bodyOf = readOnce(raw, tool.bodyBytesMax);
      return calls.answer(raw, tool.name, async (call) => {
        const body = await bodyOf();
        return body.ok ? tool.answer(body.value, call) : { answer: body, namespace: undefined };
      });
    });
  }
  for (const resource of allResources) {
    route('GET', pathOf(resource), async ({ req }) => {
      const params = { ...req.query(), ...req.param() };
      return calls.answer(req.raw, resource.name, async (call) => resource.answer(params, call));
    });
  }
  route('POST', '/resources', async ({ req: { raw } }) => {
    const bodyOf = readOnce(raw);
    return calls.answer(raw, 'resources', async (call) => {
      const body = await bodyOf();
      if (!body.ok) return { answer: body, namespace: undefined };
      const wanted = readResourceRequest(body.value);
      if (!wanted.ok) return { answer: wanted, namespace: undefined };
      const { resource: name, params } = wanted.value;
      const resource = allResources.find((each) => each.name === name);
      if (resource === undefined) {
        return { answer: refusal('INVALID_REQUEST', `resource: one of ${names}`), namespace: undefined };
      }
      const { answer, namespace } = await resource.answer(params, call);
      const isInput = !answer.ok && answer.code === 'INVALID_REQUEST';
      return { answer: isInput ? refusal(answer.code, `params: ${answer.error}`) : answer, namespace, name };
    });
  });

  const { version } = gateway;
  const surface = options.surface ?? createSurface({ tools, resources: allResources, version });
  const watches = createResourceWatches({ streams, catalog, clock, calls, unwatched });
  const posts = createMcpPosts({ calls, clock, log, tools });
  const answerMcp = createMcpRoute({ surface, calls, posts, watches, arrivals, clock, random, log });
  app.all('/mcp', async (context) => {
    context.set('route', '/mcp');
    return answerMcp(context.req.raw);
  });

  const answerEvents = createEventsHandler(options, calls);
  const eventsOf = ({ req, env }: Context<Env>) => ({ request: req.raw, query: req.query(), outgoing: env?.outgoing });
  const sessions = createMcpSessions('/messages', { surface, watches, clock, log, newSessionId: options.newSessionId });
  const openChanges = (opening: StreamOpening) => unwatched ?? openEventStream(streams, opening);
  route('GET', '/events', async (context) => answerEvents({ ...eventsOf(context), name: 'events', open: openChanges }));
  // Clients of MCP name the type, because EventSource does; people with curl and HTTP libraries do not.
  route('GET', '/sse', async (context) =>
    answerEvents({
      ...eventsOf(context),
      ...(namesEventStream(context.req.header('accept'))
        ? { name: 'mcp:sse', open: sessions.open }
        : { name: 'sse', open: openChanges }),
    }),
  );
  const answerMessages = createMessagesRoute({ sessions, calls, arrivals, posts });
  route('POST', '/messages', async ({ req }) => answerMessages(req.raw, req.query('sessionId')));

  const [publishedTools, publishedResources] = [toolList(tools), resourceList(allResources)];
  route('GET', '/mcp/tools', ({ req: { raw } }) => publishedResponse(publishedTools, raw));
  route('GET', '/mcp/resources', ({ req: { raw } }) => publishedResponse(publishedResources, raw));
  const openApi = openApiDocument({ tools, resources: allResources, version });
  route('GET', '/openapi.json', ({ req: { raw } }) => publishedResponse(openApi, raw));
  for (const { path, contentType, value, crossOrigin: open } of documents) {
    const headers = { 'content-type': contentType, ...(open ? crossOriginHeaders : {}) };
    route('GET', path, ({ req: { raw } }) => documentResponse(value, raw, headers));
  }
  route('GET', '/healthz', () => jsonResponse({ status: 'healthy', version }));
  route('GET', '/readyz', () => {
    if (options.draining?.() === true)
      return errorResponse({ code: 'NOT_SYNCED', error: 'The gateway is about to stop.' });
    if (!catalog.synced) return errorResponse({ code: 'NOT_SYNCED', error: 'Not everything has been read yet.' });
    return jsonResponse({ status: 'ready' });
  });
  return app;
}

const names = allResources.map(({ name }) => name).join(', ');
const readResourceRequest = createInputReader(
  z.object({ resource: z.string().max(64), params: z.record(z.string(), z.unknown()).default({}) }),
);

/** The body of a request, read when it is asked for first: a call may be made anew, and a body is there once. */
function readOnce(request: Request, bytesMax?: number): () => Promise<Answer<unknown>> {
  let reading: Promise<Answer<unknown>> | undefined;
  return async () => {
    reading ??= readJsonBody(request, bytesMax);
    return reading;
  };
}

/** `potoo://constraints/{namespace}/{name}` → `/resources/constraints/:namespace/:name{.+}`: a name may hold slashes. */
function pathOf(resource: ResourceDefinition): string {
  const path = resourceRoute(resource).replaceAll('{', ':').replaceAll('}', '');
  return path.replace(/:name$/, ':name{.+}');
}
