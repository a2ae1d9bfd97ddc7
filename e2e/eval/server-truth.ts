/**
 * What an API server says of requests: which policies and webhooks it asked about them. Nothing of them is refused, since
 * the policies only note what they would refuse, and the webhooks are not there and may fail; both stand in the audit log.
 */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { systemClock } from '../../kube/clock.ts';
import { AdminError, type Client, connect } from '../control-plane/connection.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { JsonObject } from './corpus.ts';
import type { Labels } from './plain-match.ts';
import type { AdmissionRequest } from './scope-match.ts';
import { collectionPath, leastObject, type ObjectPlace, subresourceBody } from './server-objects.ts';

/** A request as it was made, and the names of policies and webhooks that it was for. */
export interface Judged {
  readonly request: AdmissionRequest;
  readonly asked: ReadonlySet<string>;
}

const atOnce = 8;
const admission = '/apis/admissionregistration.k8s.io/v1';

/** Undefined when the API server takes it, and else what it says. */
export async function installed(client: Client, collection: string, object: JsonObject): Promise<string | undefined> {
  try {
    await client.json('POST', `${admission}/${collection}?fieldValidation=Strict`, object);
    return undefined;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    return error.said;
  }
}

/** The namespaces that requests are about, with their labels. A second set of labels of one name gets a name of its own. */
export function namespacesOf(requests: readonly AdmissionRequest[]): ReadonlyMap<string, Labels> {
  const namespaces = new Map<string, Labels>();
  for (const { namespace, namespaceLabels = {} } of requests) {
    if (namespace !== undefined && !namespaces.has(namespace)) namespaces.set(namespace, namespaceLabels);
  }
  return namespaces;
}

/** @returns In the order of the requests; undefined for one that the API server does not take. */
export async function judgedByServer(
  controlPlane: ControlPlane,
  requests: readonly AdmissionRequest[],
): Promise<readonly (Judged | undefined)[]> {
  await using client = await connect(controlPlane);
  const namespaces = [...namespacesOf(requests)];
  await Promise.all(namespaces.map(([name, labels]) => makeNamespace(client, name, labels)));
  for (const [name] of namespaces) await defaultServiceAccount(client, name);

  const ids: (string | undefined)[] = requests.map(() => undefined);
  const isCreating = (index: number) => requests[index]?.operation === 'CREATE';
  const [creating, others] = [
    requests.keys().filter(isCreating),
    requests.keys().filter((index) => !isCreating(index)),
  ];
  // What is there cannot be created; and requests about one object may each need it to have other labels.
  for (const tasks of [
    [...creating].map((index) => [index]),
    [...Map.groupBy(others, (index) => objectKey(requests[index])).values()],
  ]) {
    const workers = Array.from({ length: atOnce }, async () => {
      for (let own = tasks.pop(); own !== undefined; own = tasks.pop()) {
        const kept: Kept = { stored: undefined };
        for (const index of own) {
          const request = requests[index];
          ids[index] = request === undefined ? undefined : await sent(client, request, kept);
        }
      }
    });
    await Promise.all(workers);
  }

  const asked = askedIn(readFileSync(controlPlane.auditLog, 'utf8'));
  return requests.map((request, index) => {
    const id = ids[index];
    return id === undefined ? undefined : { request, asked: asked.get(id) ?? new Set() };
  });
}

/** Policies and webhooks take effect some time after they are there, all of a kind up to the last one together. */
export async function untilInForce(controlPlane: ControlPlane, names: readonly string[]): Promise<void> {
  await using client = await connect(controlPlane);
  const probe: AdmissionRequest = {
    operation: 'CREATE',
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    name: 'probe',
    namespace: 'default',
    labels: [{}],
    annotations: {},
  };
  for (let tries = 0; tries < 300; tries += 1) {
    const id = await sent(client, probe, { stored: undefined });
    const asked = askedIn(readFileSync(controlPlane.auditLog, 'utf8'));
    if (id !== undefined && names.every((name) => asked.get(id)?.has(name) === true)) return;
    await systemClock.sleep(100);
  }
  throw new Error(`the API server has not taken ${names.join(', ')} into account`);
}

interface Kept {
  stored: JsonObject | undefined;
}

function objectKey(request: AdmissionRequest | undefined): string {
  return JSON.stringify([request?.group, request?.plural, request?.namespace, request?.name]);
}

async function makeNamespace(client: Client, name: string, labels: Labels): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await client.json('PATCH', `/api/v1/namespaces/${name}?fieldManager=potoo-admin&force=true`, body);
}

/** Pods are refused before a namespace has one. */
async function defaultServiceAccount(client: Client, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  for (let tries = 0; (await client.find(path)) === undefined; tries += 1) {
    if (tries === 600) throw new Error(`${namespace} has no ServiceAccount default after 30 s`);
    await systemClock.sleep(50);
  }
}

/** @returns The audit id of the answer; undefined when there is none, because the API server refused it before. */
async function sent(client: Client, request: AdmissionRequest, kept: Kept): Promise<string | undefined> {
  const {
    operation,
    subresource,
    labels: [labels = {}, old = labels],
  } = request;
  const place: ObjectPlace = request;
  const object = leastObject(place, labels);
  if (object === undefined) return undefined;
  const path = `${collectionPath(place)}/${encodeURIComponent(place.name)}`;
  try {
    if (operation === 'CREATE') {
      if (subresource !== undefined) return undefined;
      return await answered(client, 'POST', `${collectionPath(place)}?dryRun=All`, object);
    }
    const stored = await keptWith(client, place, old, kept);
    if (operation === 'DELETE') {
      return subresource === undefined ? await answered(client, 'DELETE', `${path}?dryRun=All`) : undefined;
    }
    if (operation !== 'UPDATE') return undefined;
    if (subresource === undefined) {
      const changed = { ...stored, metadata: { ...Metadata.parse(stored['metadata']), labels } };
      return await answered(client, 'PUT', `${path}?dryRun=All`, changed);
    }
    const body = subresourceBody(place.kind, subresource, stored);
    return body === undefined ? undefined : await answered(client, 'PUT', `${path}/${subresource}?dryRun=All`, body);
  } catch (error) {
    if (error instanceof AdminError) return undefined;
    throw error;
  }
}

const Json = z.record(z.string(), z.unknown());
const Metadata = Json.catch({});

/** The object as it is there, with these labels. Its version is left out: controllers write to it, too. */
async function keptWith(client: Client, place: ObjectPlace, labels: Labels, kept: Kept): Promise<JsonObject> {
  const collection = collectionPath(place);
  const path = `${collection}/${encodeURIComponent(place.name)}`;
  const there = kept.stored ?? Json.optional().parse(await client.find(path));
  const current = there ?? Json.parse(await client.json('POST', collection, leastObject(place, labels)));
  const metadata = Metadata.parse(current['metadata']);
  const { resourceVersion: _version, managedFields: _managed, ...rest } = metadata;
  const wanted = { ...current, metadata: { ...rest, labels } };
  const same = JSON.stringify(metadata['labels'] ?? {}) === JSON.stringify(labels);
  if (!same) await client.json('PUT', path, wanted);
  kept.stored = wanted;
  return wanted;
}

async function answered(client: Client, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) {
  const answer = await client.open(method, path, body);
  await answer.body.text();
  return z.string().parse(answer.headers['audit-id']);
}

const AuditLine = z.object({ auditID: z.string(), annotations: z.record(z.string(), z.string()).optional() });

/** What policies put into the audit log when they are asked. */
export const noteKey = 'asked';

/** By audit id: the policies that noted something, and the webhooks that were not reached. */
function askedIn(log: string): ReadonlyMap<string, ReadonlySet<string>> {
  const asked = new Map<string, Set<string>>();
  for (const line of log.split('\n')) {
    if (!line.includes(`/${noteKey}"`) && !line.includes('"failed-open.')) continue;
    const { auditID, annotations = {} } = AuditLine.parse(JSON.parse(line));
    const names = asked.get(auditID) ?? new Set<string>();
    for (const [key, value] of Object.entries(annotations)) {
      if (key.endsWith(`/${noteKey}`)) names.add(key.slice(0, -`/${noteKey}`.length));
      else if (key.startsWith('failed-open.')) names.add(value);
    }
    asked.set(auditID, names);
  }
  return asked;
}
