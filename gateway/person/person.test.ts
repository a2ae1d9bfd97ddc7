import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { constraintDetails, potooResources } from '../../crds/api.ts';
import { handleOf } from '../../crds/report-line.ts';
import { isJsonObject } from '../../kube/object.ts';
import type { KubeObject, Resource } from '../../kube/resource.ts';
import { createFakeApi, type FakeRequest } from '../../kube/testing/fake-api.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import {
  clusterDetailObject,
  detailObject,
  entryOf,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
import { keptMs } from './kept.ts';
import { createPersonOver } from './person.ts';

// What is asked of the API server, and how often; whether answers are those of a gateway is for e2e/tests/person.test.ts.

const own = networkConstraint('shop', 'web-in');
const foreign = networkConstraint('platform', 'platform-wide', { severity: 'Warning' });
const clusterWide = networkConstraint('-', 'company-wide', {
  severity: 'Info',
  source: { apiVersion: 'policy.example/v1', kind: 'ClusterPolicy', name: 'company-wide' },
});
const inherited = [lineOf(foreign), lineOf(clusterWide)];
const world = [
  reportObject('shop', [entryOf(own)], { total: 3, warning: 1, info: 1, inherited }),
  reportObject('alone', []),
  detailObject('shop', 'constraints', [own]),
  detailObject('platform', 'constraints', [foreign]),
  clusterDetailObject('company-wide', [clusterWide]),
];
const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const namespaceObject = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: name, resourceVersion: '1' },
});

type Allowed = (verb: string, resource: string, namespace: string | undefined) => boolean;

/** A person at a fake API server that checks rights as the real one does. */
function personWith(allowed: Allowed, objects: readonly KubeObject[] = world, namespace?: string) {
  const clock = createVirtualClock();
  const api = createFakeApi({
    clock,
    resources: [...potooResources, namespaces],
    onSelfSubjectAccessReview(spec) {
      const attributes = z
        .object({ verb: z.string(), resource: z.string(), namespace: z.string().optional() })
        .parse(spec['resourceAttributes']);
      return { allowed: allowed(attributes.verb, attributes.resource, attributes.namespace) };
    },
  });
  for (const object of objects) {
    const resource = [...potooResources, namespaces].find(({ kind }) => kind === object.kind);
    if (resource !== undefined) api.put(resource, object);
  }
  const isReview = ({ plural }: FakeRequest) => plural === 'selfsubjectaccessreviews';
  api.fail({
    matching: (request) => !isReview(request) && !allowed(request.verb, request.plural ?? '', request.namespace),
    times: Number.POSITIVE_INFINITY,
    status: 403,
    reason: 'Forbidden',
  });
  const { transport } = api;
  const log = pino({ level: 'silent' });
  const place = { server: 'https://api.example', at: 'context "test" of ~/.kube/config', user: 'test' };
  const person = createPersonOver({ ...place, transport, namespace, clock, log, version: '1' });
  const requests = () =>
    api.requests.map((request) => {
      const review = isReview(request) && isJsonObject(request.body) ? JSON.stringify(request.body['spec']) : undefined;
      return review ?? [request.verb, request.plural, request.namespace].filter(Boolean).join(' ');
    });
  return { person, api, clock, requests };
}

/** A SelfSubjectAccessReview as `requests` has it. */
const may = (verb: string, resource: string, namespace?: string) =>
  JSON.stringify({ resourceAttributes: { group: 'potoo.io', verb, resource, namespace } });

const everything: Allowed = () => true;
const Answered = z.object({ constraints: z.array(z.object({ name: z.string(), detail_level: z.string() })) });

async function levelsIn(person: ReturnType<typeof personWith>['person'], namespace = 'shop') {
  const answer = await person.ask('potoo_query', { namespace });
  if (!answer.ok) throw new Error(answer.error);
  return Answered.parse(answer.value).constraints.map((each) => `${each.name} ${each.detail_level}`);
}

describe('a query', () => {
  test('costs a report, two rights and two lists, where no policy of another namespace binds', async () => {
    const { person, requests } = personWith(everything, [...world, reportObject('shop', [entryOf(own)])]);
    expect(await levelsIn(person)).toEqual(['web-in detailed']);
    expect(requests().toSorted()).toEqual([
      'get constraintreports shop',
      'list clusterconstraintdetails',
      'list constraintdetails shop',
      may('get', 'clusterconstraintdetails'),
      may('get', 'constraintdetails', 'shop'),
    ]);
  });

  test('costs nothing more as long as what was read is kept, and is read anew after that', async () => {
    const { person, api, clock, requests } = personWith(everything);
    await levelsIn(person);
    api.forgetRequests();
    await person.ask('potoo_remediation', { namespace: 'shop', constraint_name: 'web-in' });
    await person.read('reports', { namespace: 'shop' });
    expect(requests()).toEqual([]);
    api.put(
      potooResources.find(({ kind }) => kind === 'ConstraintReport') ?? namespaces,
      reportObject('shop', [entryOf(own), entryOf(networkConstraint('shop', 'late'))]),
    );
    await clock.advance(keptMs);
    expect(await levelsIn(person)).toContain('late summary');
    // A yes holds for a minute, so no right was asked for again.
    expect(requests().filter((each) => each.includes('verb'))).toEqual([]);
  });

  test('finds the home of a policy that binds from elsewhere, and then reads that home alone', async () => {
    const { person, api, clock, requests } = personWith(everything);
    expect(await levelsIn(person)).toEqual(['web-in detailed', 'platform-wide full', 'company-wide full']);
    await clock.advance(keptMs);
    api.forgetRequests();
    await levelsIn(person);
    expect(requests()).toContain('list constraintdetails platform');
    expect(requests()).not.toContain('list constraintdetails');
  });

  test('of a person who may read reports alone asks for no details', async () => {
    const { person, requests } = personWith((_verb, resource) => resource === 'constraintreports');
    expect(await levelsIn(person)).toEqual([
      'web-in summary',
      `${handleOf(foreign.id)} summary`,
      'company-wide summary',
    ]);
    expect(requests().filter((each) => each.startsWith('list'))).toEqual([]);
  });

  test('reads details one by one for who may get and not list them', async () => {
    const { person } = personWith((verb, _resource, namespace) => verb === 'get' && namespace === 'shop');
    expect(await levelsIn(person)).toContain('web-in detailed');
  });

  test('has policies of the whole cluster at summary level for who may get and not list their details', async () => {
    const { person, requests } = personWith((verb, resource, namespace) => {
      if (resource === 'clusterconstraintdetails') return verb === 'get';
      return verb === 'get' && namespace === 'shop';
    });
    expect(await levelsIn(person)).toEqual([
      'web-in detailed',
      `${handleOf(foreign.id)} summary`,
      'company-wide summary',
    ]);
    expect(requests().filter((each) => each === 'list clusterconstraintdetails')).toHaveLength(1);
    expect(requests()).not.toContain('get clusterconstraintdetails');
  });

  test('has no old details after the right to them was withdrawn', async () => {
    let mayDetails = true;
    const { person, clock } = personWith((_verb, resource) => resource !== constraintDetails.plural || mayDetails);
    expect(await levelsIn(person)).toContain('web-in detailed');
    mayDetails = false;
    await clock.advance(60_000);
    expect(await levelsIn(person)).toContain('web-in summary');
  });
});

describe('the list of namespaces', () => {
  const names = async (person: ReturnType<typeof personWith>['person']) => {
    const answer = await person.ask('potoo_list_namespaces', {});
    if (!answer.ok) return answer;
    return z
      .object({ namespaces: z.array(z.object({ namespace: z.string() })) })
      .parse(answer.value)
      .namespaces.map(({ namespace }) => namespace);
  };

  test('is read in pages by who may list all reports', async () => {
    const many = Array.from({ length: 250 }, (_, index) => reportObject(`team-${1_000 + index}`, []));
    const { person, requests } = personWith(everything, many);
    const answer = await person.ask('potoo_list_namespaces', { limit: 1_000 });
    expect(answer).toMatchObject({ ok: true, value: { total: 250, returned: 250, truncated: false } });
    expect(requests().filter((each) => each === 'list constraintreports')).toHaveLength(3);
  });

  test('is of those that may be read, for who may list Namespaces', async () => {
    const objects = [...world, ...['shop', 'alone', 'platform'].map(namespaceObject)];
    const mayRead = (verb: string, resource: string, namespace: string | undefined) =>
      resource === 'namespaces' || (verb === 'get' && namespace === 'alone');
    const { person } = personWith(mayRead, objects);
    expect(await names(person)).toEqual(['alone']);
  });

  test('is of the namespace of the context for everyone else', async () => {
    const { person } = personWith(
      (verb, _resource, namespace) => verb === 'get' && namespace === 'shop',
      world,
      'shop',
    );
    expect(await names(person)).toEqual(['shop']);
  });
});

describe('what goes wrong', () => {
  test.each([
    [401, 'UNAUTHENTICATED', /does not accept the credentials of context "test" of ~\/.kube\/config/],
    [0, 'REVIEW_UNAVAILABLE', /https:\/\/api\.example cannot be reached \(context "test"/],
    [500, 'REVIEW_UNAVAILABLE', /did not answer GET .*context "test"/],
  ])('status %d is %s, with server, file and context', async (status, code, sentence) => {
    const { person, api } = personWith(everything);
    api.fail({ status, times: Number.POSITIVE_INFINITY, matching: ({ verb }) => verb === 'get' });
    const answer = await person.ask('potoo_query', { namespace: 'shop' });
    expect(answer).toMatchObject({ ok: false, code, error: expect.stringMatching(sentence) });
  });

  test('a failure is not kept', async () => {
    const { person, api } = personWith(everything);
    api.fail({ status: 500, matching: ({ verb }) => verb === 'get' });
    expect(await person.ask('potoo_query', { namespace: 'shop' })).toMatchObject({ ok: false });
    expect(await levelsIn(person)).toHaveLength(3);
  });

  test('there is no tool or resource of another name', async () => {
    const { person } = personWith(everything);
    expect(await person.ask('potoo_delete', {})).toMatchObject({ code: 'NOT_FOUND' });
    expect(await person.read('secrets', {})).toMatchObject({ code: 'NOT_FOUND' });
  });
});
