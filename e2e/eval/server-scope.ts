/**
 * Questions about scopes that a real API server answers: every admission policy and webhook of the corpus and of the cases,
 * with what it matches as it is written, and requests just inside and just outside of that.
 *
 * A policy is installed as one that notes every request that it is asked about, without conditions and parameters; a webhook
 * as one that is not there and may fail. So all of them can be in force at once, and none hides another.
 */
import { loadCases } from '../../crds/cases/load-cases.ts';
import { compareText } from '../../crds/constraint.ts';
import { connect } from '../control-plane/connection.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { corpusMissing, type JsonObject, sharedCorpus } from './corpus.ts';
import { distinctObjects } from './generated-scope.ts';
import { objectKinds } from './object-kinds.ts';
import { listIn, objectIn, textIn } from './plain-match.ts';
import { type RequestKind, requestKinds } from './request-kinds.ts';
import { resourceCorners } from './scope-corners.ts';
import type { AdmissionRequest } from './scope-match.ts';
import { type Corner, type Looks, scopeRequests, within } from './scope-requests.ts';
import { constraintsOf, type ScopeRow } from './scope-rows.ts';
import { installed, judgedByServer, noteKey, untilInForce } from './server-truth.ts';

/** One policy with one binding, or one webhook, under a name of its own. */
interface Subject {
  readonly name: string;
  /** Where it stands. */
  readonly from: string;
  /** What is put into the API server, by collection; the last is what has the name. */
  readonly objects: readonly (readonly [collection: string, object: JsonObject])[];
  /** What the adapters read. */
  readonly read: readonly JsonObject[];
  readonly corners: readonly Corner[];
  /** About which it is asked at all. */
  readonly operations: readonly string[];
}

export interface ServerScope {
  readonly rows: readonly ScopeRow[];
  /** Of policies that the API server does not take. */
  readonly refused: readonly string[];
}

const group = 'admissionregistration.k8s.io';
const everyOperation = ['CREATE', 'UPDATE', 'DELETE'];
const bindingsMax = 4;
const requestsOfSubject = 20;
const mention = /kind:\s*(Validating|Mutating)(AdmissionPolicy|WebhookConfiguration)/;

export async function serverScope(controlPlane: ControlPlane): Promise<ServerScope> {
  const definitions =
    corpusMissing === undefined ? sharedCorpus.files('crds').flatMap((file) => sharedCorpus.objects(file)) : [];
  const kinds = requestKinds([]);
  const kindOf = objectKinds(definitions);
  const found = subjectsOf(manifests(), kinds);
  await using client = await connect(controlPlane);
  const subjects: Subject[] = [];
  const refused: string[] = [];
  for (const subject of found) {
    const said: string[] = [];
    for (const [collection, object] of subject.objects) {
      const why = await installed(client, collection, object);
      if (why !== undefined) said.push(`${subject.from}: ${why}`);
    }
    if (said.length === 0) subjects.push(subject);
    refused.push(...said);
  }
  const asked = settled(
    subjects.flatMap((subject) => {
      const looks: Looks = { atOld: true, atGenerateName: false, operations: everyOperation };
      const requests = scopeRequests(subject.corners, kinds, looks, subject.from);
      return evenly(requests, requestsOfSubject).map((request) => ({ subject, request: possible(request) }));
    }),
  );
  for (const [collection, object] of probes().flatMap(({ objects }) => objects)) {
    const why = await installed(client, collection, object);
    if (why !== undefined) throw new Error(`the API server does not take what tells that all is in force: ${why}`);
  }
  await untilInForce(
    controlPlane,
    probes().map(({ name }) => name),
  );
  const requests = asked.map(({ request }) => request);
  const judged = await judgedByServer(controlPlane, requests);
  const constraints = new Map(subjects.map((subject) => [subject, constraintsOf(subject.read, kindOf)]));
  const rows = asked.flatMap(({ subject, request }, index): ScopeRow[] => {
    const answer = judged[index];
    if (answer === undefined || !subject.operations.includes(request.operation)) return [];
    const id = `${subject.from} ${index}`;
    const own = constraints.get(subject) ?? [];
    return [{ id, constraints: own, request, bound: answer.asked.has(subject.name), conditional: false }];
  });
  return { rows, refused };
}

/** The corpus, where it is at hand, and the cases of adapters. */
function manifests(): readonly { readonly from: string; readonly objects: readonly JsonObject[] }[] {
  const ids = ['validatingadmissionpolicy', 'mutatingadmissionpolicy', 'webhookconfig'];
  const cases = ids.flatMap((id) => loadCases(id).map(({ name, objects }) => ({ from: `${id}/${name}`, objects })));
  if (corpusMissing !== undefined) return cases;
  const all = distinctObjects(sharedCorpus, mention);
  const bindings = all.filter(({ object }) => textIn(object, 'kind').endsWith('PolicyBinding'));
  const policies = all.filter(({ object }) => !textIn(object, 'kind').endsWith('PolicyBinding'));
  const ofCorpus = policies.map(({ file, object }) => {
    const own = bindings.filter(
      (binding) =>
        textIn(binding.object, 'spec', 'policyName') === textIn(object, 'metadata', 'name') &&
        textIn(binding.object, 'kind').startsWith(textIn(object, 'kind')),
    );
    return { from: file, objects: [object, ...own.map((binding) => binding.object)] };
  });
  return [...ofCorpus, ...cases];
}

function subjectsOf(
  found: readonly { readonly from: string; readonly objects: readonly JsonObject[] }[],
  kinds: readonly RequestKind[],
): readonly Subject[] {
  const known = new Set<string>();
  const subjects: Subject[] = [];
  for (const { from, objects } of found) {
    const own = objects.flatMap((object) => {
      const kind = textIn(object, 'kind');
      if (kind.endsWith('AdmissionPolicy')) return policySubjects(object, objects);
      return kind.endsWith('WebhookConfiguration') ? webhookSubjects(object) : [];
    });
    for (const { matches, build } of own) {
      const text = JSON.stringify(matches);
      if (known.has(text)) continue;
      known.add(text);
      const corners = matches.slice(1).map((match) => resourceCorners(objectIn(match), kinds));
      const [first = [], second = [{}]] = corners;
      const both = first.flatMap((outer) => second.slice(0, 3).map((inner) => within(outer, inner)));
      subjects.push({ ...build(`subject-${subjects.length}`), from, corners: [...both, ...second.slice(0, 3)] });
    }
  }
  return subjects;
}

interface Draft {
  /** What decides, after its kind: subjects that agree in it are asked about once. */
  readonly matches: readonly unknown[];
  readonly build: (name: string) => Pick<Subject, 'name' | 'objects' | 'read' | 'operations'>;
}

function policySubjects(policy: JsonObject, objects: readonly JsonObject[]): readonly Draft[] {
  const kind = textIn(policy, 'kind');
  const own = textIn(policy, 'metadata', 'name');
  const matchConstraints = objectIn(policy, 'spec', 'matchConstraints');
  const bindings = objects.filter((object) => textIn(object, 'spec', 'policyName') === own).slice(0, bindingsMax);
  const ofBindings = bindings.map((binding) => objectIn(binding, 'spec')['matchResources']);
  const validationActions = ['Audit'];
  return (ofBindings.length === 0 ? [undefined] : ofBindings).map((matchResources) => ({
    matches: [kind, matchConstraints, ...(matchResources === undefined ? [] : [matchResources])],
    build(name) {
      const apiVersion = `${group}/v1`;
      const bound = { policyName: name, ...(matchResources === undefined ? {} : { matchResources }) };
      const validations = [{ expression: 'false' }];
      // Every policy has a note of its own in the audit log; of validations that fail only the first is noted.
      const auditAnnotations = [{ key: noteKey, valueExpression: '"yes"' }];
      const head = { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name } };
      const bindingHead = { ...head, kind: 'ValidatingAdmissionPolicyBinding' };
      const isMutating = kind.startsWith('Mutating');
      const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }];
      const readPolicy = isMutating ? { ...head, kind } : head;
      const readBinding = isMutating ? { ...bindingHead, kind: `${kind}Binding` } : bindingHead;
      return {
        name,
        objects: [
          ['validatingadmissionpolicies', { ...head, spec: { matchConstraints, auditAnnotations } }],
          ['validatingadmissionpolicybindings', { ...bindingHead, spec: { ...bound, validationActions } }],
        ],
        read: [
          {
            ...readPolicy,
            spec: { matchConstraints, ...(isMutating ? { mutations, reinvocationPolicy: 'Never' } : { validations }) },
          },
          { ...readBinding, spec: { ...bound, ...(isMutating ? {} : { validationActions }) } },
        ],
        operations: isMutating ? ['CREATE', 'UPDATE'] : everyOperation,
      };
    },
  }));
}

function webhookSubjects(configuration: JsonObject): readonly Draft[] {
  const kind = textIn(configuration, 'kind');
  return listIn(configuration, 'webhooks').map((each) => {
    const { rules, matchPolicy, namespaceSelector, objectSelector } = objectIn(each);
    const match = { rules, matchPolicy, namespaceSelector, objectSelector };
    return {
      matches: [kind, { ...match, resourceRules: rules }],
      build(name) {
        const webhook = {
          ...match,
          name: `${name}.example.com`,
          // Nobody listens there.
          clientConfig: { url: 'https://127.0.0.1:9/' },
          failurePolicy: 'Ignore',
          sideEffects: 'None',
          timeoutSeconds: 1,
          admissionReviewVersions: ['v1'],
        };
        const object = { apiVersion: `${group}/v1`, kind, metadata: { name }, webhooks: [webhook] };
        const collection = `${kind.toLowerCase()}s`;
        return { name: webhook.name, objects: [[collection, object]], read: [object], operations: everyOperation };
      },
    };
  });
}

/** One of each kind that is asked about everything: what was installed before one is in force when that is. */
function probes() {
  const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }];
  const webhooks = ['Validating', 'Mutating'].flatMap((verb) => {
    const kind = `${verb}WebhookConfiguration`;
    return webhookSubjects({ kind, webhooks: [{ rules }] }).map(({ build }) => build(`probe-${verb.toLowerCase()}`));
  });
  const policy = { kind: 'ValidatingAdmissionPolicy', spec: { matchConstraints: { resourceRules: rules } } };
  return [...policySubjects(policy, []).map(({ build }) => build('probe')), ...webhooks];
}

/** So many of them, from all parts. */
function evenly<Value>(values: readonly Value[], count: number): readonly Value[] {
  const step = Math.max(1, values.length / count);
  return Array.from(
    { length: Math.min(count, values.length) },
    (_each, index) => values[Math.floor(index * step)],
  ).flatMap((value) => (value === undefined ? [] : [value]));
}

const nameLabel = 'kubernetes.io/metadata.name';

/** As an API server could be asked it: a namespace is called what its label says, and a status has the labels of its object. */
function possible(request: AdmissionRequest): AdmissionRequest {
  const { kind, subresource, operation, labels, namespaceLabels } = request;
  const called = namespaceLabels?.[nameLabel] ?? 'default';
  const kept = subresource === undefined ? labels : labels.slice(-1).flatMap((own) => [own, own]);
  const ofScale = subresource === 'scale' ? [{}] : kept;
  const now = subresource === undefined ? operation : 'UPDATE';
  const placed = { ...request, operation: now, labels: ofScale };
  if (kind === 'Namespace' && request.group === '') return { ...placed, name: called };
  if (request.namespace !== undefined) return { ...placed, namespace: called };
  return kind === 'CustomResourceDefinition' && !request.name.includes('.')
    ? { ...placed, name: `${request.name}s.example.com` }
    : placed;
}

/** One name for one set of labels, and Namespaces that are asked about are not those that others are in. */
function settled<Asked extends { readonly request: AdmissionRequest }>(all: readonly Asked[]): readonly Asked[] {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const nameOf = (wanted: string, labels: string) => {
    const key = `${wanted} ${labels}`;
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = taken.has(wanted) ? `${wanted}-${taken.size}` : wanted;
    taken.add(name);
    names.set(key, name);
    return name;
  };
  const labelled = (labels: Readonly<Record<string, string>>, name: string) => ({ ...labels, [nameLabel]: name });
  const placed = all.map((each) => {
    const { request } = each;
    const { namespace, namespaceLabels = {} } = request;
    if (namespace === undefined) return each;
    const name = nameOf(
      namespace,
      JSON.stringify(Object.entries(namespaceLabels).toSorted(([a], [b]) => compareText(a, b))),
    );
    return { ...each, request: { ...request, namespace: name, namespaceLabels: labelled(namespaceLabels, name) } };
  });
  return placed.map((each) => {
    const { request } = each;
    if (request.kind !== 'Namespace' || request.group !== '' || !taken.has(request.name)) return each;
    const name = `${request.name}-itself`;
    const labels = request.labels.map((own) => labelled(own, name));
    return { ...each, request: { ...request, name, labels, namespaceLabels: labels[0] } };
  });
}
