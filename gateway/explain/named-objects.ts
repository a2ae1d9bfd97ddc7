/**
 * Objects that a text names, in whatever form: `pods "web-1"`, `deployment.apps/web`, `resource Pod/shop/web`, `"namespace":"shop"`,
 * `namespace=shop`, `-n shop`, and of flow logs `shop/web-1:8080`.
 * Pods are not known here, but their names tell whose they are.
 */
import type { StoredWorkload } from '../../crds/detail.ts';
import type { ErrorText, Span } from './error-text.ts';
import type { About } from './finding.ts';

export interface NamedObject {
  /** Kind or resource as the text writes it, in lower case and singular: pod, deployment. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** By resource, kind or short name. Others are not looked for: any word may stand before a name. */
const kinds: ReadonlyMap<string, string> = new Map(
  [
    ['pod', 'pods', 'po'],
    ['deployment', 'deployments', 'deploy'],
    ['replicaset', 'replicasets', 'rs'],
    ['statefulset', 'statefulsets', 'sts'],
    ['daemonset', 'daemonsets', 'ds'],
    ['job', 'jobs'],
    ['cronjob', 'cronjobs', 'cj'],
    ['replicationcontroller', 'replicationcontrollers', 'rc'],
    ['rollout', 'rollouts'],
    ['service', 'services', 'svc'],
    ['configmap', 'configmaps', 'cm'],
    ['secret', 'secrets'],
    ['serviceaccount', 'serviceaccounts', 'sa'],
    ['persistentvolumeclaim', 'persistentvolumeclaims', 'pvc'],
    ['ingress', 'ingresses', 'ing'],
    ['node', 'nodes'],
    ['namespace', 'namespaces', 'ns'],
  ].flatMap(([kind = '', ...others]) => [kind, ...others].map((word) => [word, kind] as const)),
);
const wordLengthMax = Math.max(...[...kinds.keys()].map(({ length }) => length));

/** Longer texts are read around their causes alone: what a log says elsewhere is about something else. */
const wholeMax = 16_384;
const aroundMax = 2_000;
const placesMax = 8;
const objectsMax = 64;

/**
 * What the text names, each once: what stands nearest to the first of these places comes first, or in the order of the text where
 * there are none.
 */
export function namedObjects(text: ErrorText, causes: readonly Span[] = []): readonly NamedObject[] {
  const { length } = text.flat;
  const [first] = causes;
  const places =
    length <= wholeMax || first === undefined
      ? [{ start: 0, end: Math.min(length, wholeMax) }]
      : causes.slice(0, placesMax).map(({ start, end }) => ({
          start: Math.max(0, start - aroundMax),
          end: Math.min(length, Math.min(end, start + aroundMax) + aroundMax),
        }));
  const found = places.flatMap((place) => objectsIn(text, place));
  const distance = ({ at }: Placed) => (first === undefined ? at : Math.max(first.start - at, at - first.end, 0));
  const byKey = new Map<string, NamedObject>();
  for (const { object } of found.toSorted((a, b) => distance(a) - distance(b) || a.at - b.at)) {
    const key = JSON.stringify([object.kind, object.namespace, object.name]);
    if (!byKey.has(key)) byKey.set(key, object);
  }
  return [...byKey.values()].slice(0, objectsMax);
}

/** Namespaces of which it speaks. */
export function namedNamespaces(named: readonly NamedObject[]): ReadonlySet<string> {
  return new Set(named.flatMap(({ kind, name, namespace }) => (kind === 'namespace' ? [name] : (namespace ?? []))));
}

/** The namespace that the text speaks of, where that is another one than was asked about. */
export function elsewhere({ namespace, named }: Pick<About, 'namespace' | 'named'>): string | undefined {
  const spoken = namedNamespaces(named);
  const [other] = spoken;
  return spoken.has(namespace) ? undefined : other;
}

interface Placed {
  readonly object: NamedObject;
  readonly at: number;
}

function objectsIn(text: ErrorText, { start, end }: Span): readonly Placed[] {
  const { lower } = text;
  const found: Placed[] = [];
  for (let at = start; at < end; at += 1) {
    if (lower[at] === '-' && isFlag(lower, at)) {
      const name = nameAt(lower, at + (lower.startsWith('--namespace', at) ? 12 : 3));
      if (isLabel(name)) found.push({ at, object: { kind: 'namespace', name, namespace: undefined } });
    }
    if (!isLetter(lower.charCodeAt(at))) continue;
    const begins = !isNameCharacter(lower.charAt(at - 1));
    let wordEnd = at + 1;
    while (wordEnd < end && isLetter(lower.charCodeAt(wordEnd))) wordEnd += 1;
    const kind = wordEnd - at > wordLengthMax ? undefined : kinds.get(lower.slice(at, wordEnd));
    const object =
      begins && kind !== undefined ? objectBehind(text, wordEnd, kind, lower.slice(at, wordEnd)) : undefined;
    const flow = object === undefined && begins ? flowEnd(text, at) : undefined;
    if (object !== undefined) found.push({ at, object });
    else if (flow !== undefined) found.push({ at, object: flow });
    at = wordEnd - 1;
  }
  return found;
}

/** Of kubectl and helm: `-n shop`, `--namespace shop`, `--namespace=shop`. */
function isFlag(lower: string, at: number): boolean {
  if (at > 0 && lower[at - 1] !== ' ') return false;
  return lower.startsWith('-n ', at) || lower.startsWith('--namespace ', at) || lower.startsWith('--namespace=', at);
}

/** What stands between a kind and a name. What begins with a quotation mark ends with it. */
const separators = ['/', ' "', " '", '":"', '": "', '="', "='", '=', ': "', ": '", ': ', ' '] as const;

function objectBehind(text: ErrorText, wordEnd: number, kind: string, word: string): NamedObject | undefined {
  const { lower } = text;
  let at = wordEnd;
  // pod_name=web-1, and the group in deployments.apps "web".
  if (lower.startsWith('_name', at) || lower.startsWith('.name', at)) at += 5;
  const hasGroup = lower[at] === '.' && isLetter(lower.charCodeAt(at + 1));
  const groupBound = at + nameLengthMax;
  if (hasGroup) while (at < groupBound && (isNameCharacter(lower.charAt(at)) || lower[at] === '.')) at += 1;
  const separator = separators.find((each) => lower.startsWith(each, at));
  if (separator === undefined || (hasGroup && !['/', ' "', " '"].includes(separator))) return undefined;
  // Short names stand before a slash, or are any other word.
  if (word.length <= 3 && word !== kind && !['/', '=', '="', '":"'].includes(separator)) return undefined;
  at += separator.length;
  const first = nameAt(lower, at);
  if (first === '') return undefined;
  const behind = at + first.length;
  const second = lower[behind] === '/' ? nameAt(lower, behind + 1) : '';
  const mark = separator.at(-1);
  const end = second === '' ? behind : behind + 1 + second.length;
  if ((mark === '"' || mark === "'") && lower[end] !== mark) return undefined;
  const bare = separator === ' ' || separator === ': ';
  if (bare && second === '' && !isSurelyName(text, wordEnd, first, end)) return undefined;
  if (kind === 'namespace') return isLabel(first) ? { kind, name: first, namespace: undefined } : undefined;
  // A node has no namespace: `Node: worker-1/10.0.0.11` of kubectl describe has its address there.
  if (second === '' || kind === 'node') return { kind, name: first, namespace: undefined };
  return isLabel(first) ? { kind, name: second, namespace: first } : undefined;
}

/** Whether a word after a kind without any marks is a name: most words are not. */
function isSurelyName({ lower }: ErrorText, wordEnd: number, name: string, end: number): boolean {
  if (/[0-9]/.test(name)) return true;
  const ofNamespace = lower.startsWith('namespace', wordEnd - 9);
  return ofNamespace && (name.includes('-') || end >= lower.length || ',;.)'.includes(lower.charAt(end)));
}

/** `shop/web-1:8080`, on a line with an arrow. */
function flowEnd(text: ErrorText, at: number): NamedObject | undefined {
  const { lower } = text;
  const namespace = nameAt(lower, at, 64);
  const slash = at + namespace.length;
  if (lower[slash] !== '/' || !isLabel(namespace)) return undefined;
  const name = nameAt(lower, slash + 1);
  const colon = slash + 1 + name.length;
  const isPort = lower[colon] === ':' && isDigit(lower.charCodeAt(colon + 1));
  if (name === '' || !isPort) return undefined;
  const line = lower.slice(Math.max(0, at - 200), Math.min(text.lineEnd(at), colon + 200));
  if (!line.includes(' -> ') && !line.includes(' <> ') && !line.includes(' <- ')) return undefined;
  return { kind: 'pod', name, namespace };
}

const nameLengthMax = 253;

/** The name that begins here: letters, digits, dots and hyphens, and no dot at its end. */
function nameAt(lower: string, at: number, lengthMax = nameLengthMax): string {
  let end = at;
  while (end < at + lengthMax && (isNameCharacter(lower.charAt(end)) || lower[end] === '.')) end += 1;
  if (end === at + lengthMax) return '';
  while (end > at && '.-'.includes(lower.charAt(end - 1))) end -= 1;
  return lower.slice(at, end);
}

function isLabel(name: string): boolean {
  return name !== '' && name.length <= 63 && /^[a-z0-9-]+$/.test(name);
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNameCharacter(character: string): boolean {
  const code = character.charCodeAt(0);
  return isLetter(code) || isDigit(code) || character === '-';
}

/** The workload that the question is about: the one that was asked about, else the one that the text names or whose pod it names. */
export function workloadOf({ namespace, workloads, workloadName, named }: About): StoredWorkload | undefined {
  if (workloads === undefined) return undefined;
  if (workloadName !== undefined) return askedFor(workloads, workloadName);
  for (const object of named) {
    const isElsewhere = object.namespace !== undefined && object.namespace !== namespace;
    const found = isElsewhere ? undefined : ownerOf(workloads, object);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param asked `web`, `Deployment/web`, or the name of a pod. */
function askedFor(workloads: readonly StoredWorkload[], asked: string): StoredWorkload | undefined {
  const slash = asked.indexOf('/');
  const name = asked.slice(slash + 1);
  if (slash >= 0) return ownerOf(workloads, { kind: asked.slice(0, slash).toLowerCase(), name, namespace: undefined });
  return (
    workloads.find((workload) => workload.name === name) ??
    ownerOf(workloads, { kind: 'pod', name, namespace: undefined })
  );
}

function ownerOf(workloads: readonly StoredWorkload[], { kind, name }: NamedObject): StoredWorkload | undefined {
  const same = workloads.find((workload) => workload.name === name && workload.kind.toLowerCase() === kind);
  if (same !== undefined) return same;
  const owners = workloads.filter((workload) => owns(workload, kind, name));
  // web-api is none of web's where there is a web-api.
  return owners.toSorted((a, b) => b.name.length - a.name.length)[0];
}

/**
 * Letters and digits of generated names: no vowels, and nothing that looks like another. Older hashes were numbers.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/release-1.36/pkg/util/rand/rand.go
 */
const hash = /^[0-9bcdfghjklmnpqrstvwxz]{1,10}$/;
const random = /^[2456789bcdfghjklmnpqrstvwxz]{5}$/;
const digits = /^[0-9]{1,10}$/;

function owns(workload: StoredWorkload, kind: string, name: string): boolean {
  if (!name.startsWith(`${workload.name}-`)) return false;
  const parts = name.slice(workload.name.length + 1).split('-', 3);
  const [first = '', second = ''] = parts;
  const isRandomAlone = parts.length === 1 && random.test(first);
  switch (workload.kind) {
    case 'Deployment':
    case 'Rollout':
      if (kind === 'replicaset') return parts.length === 1 && hash.test(first);
      return kind === 'pod' && parts.length === 2 && hash.test(first) && random.test(second);
    case 'StatefulSet':
      return kind === 'pod' && parts.length === 1 && digits.test(first);
    case 'CronJob':
      if (kind === 'job') return parts.length === 1 && digits.test(first);
      return kind === 'pod' && parts.length === 2 && digits.test(first) && random.test(second);
    case 'Job':
      // Indexed ones have their index before the rest.
      return kind === 'pod' && (isRandomAlone || (parts.length === 2 && digits.test(first) && random.test(second)));
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'ReplicationController':
      return kind === 'pod' && isRandomAlone;
    default:
      return false;
  }
}
