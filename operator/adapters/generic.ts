/**
 * Policies of kinds that no adapter is made for. That there is one is all that is known of it: one constraint an object, of
 * type Unknown, effect unknown and severity Info. More is told by
 *
 * - a ConstraintProfile of the kind: where pods, namespaces, effect and a sentence stand in its objects, and a severity;
 * - the annotations potoo.io/summary, potoo.io/severity and potoo.io/constraint-type of the object, which go before.
 *
 * An object in a namespace binds that namespace and no other, whatever it says: nobody writes into the reports of others by
 * a policy of a kind that is not understood. An object of the cluster binds all namespaces unless the profile says where its
 * namespaces stand. What stands there and cannot be read narrows nothing, and the message says so.
 *
 * The summary is shown to every reader of a bound namespace; whoever writes the annotation or names its path decides that.
 * Objects of other kinds have these annotations to no effect: what their adapters compute is true, and a NetworkPolicy does
 * not get harmless by saying so.
 */
import type { ProfileSpec } from '../../crds/profile.ts';
import { type ConstraintType, constraintTypes, type Severity, severities } from '../../crds/constraint.ts';
import type { WorkloadScope } from '../../crds/scope.ts';
import { type Adapter, type Draft, type Fault, type Imposed, type ObjectHead, defineAdapter } from './define.ts';
import { type FieldPath, fieldPathText, parseFieldPath } from './field-path.ts';
import { type Read, readEffect, readNamespaces, readPods, readText } from './generic-fields.ts';
import { boundedList, sentence } from './text.ts';

export const genericId = 'generic';

/** The adapter for a kind that no other is made for. All of them have the same id. */
export function genericAdapter(
  kind: { readonly group: string; readonly plural: string },
  profile: ProfileSpec | undefined,
): Adapter {
  const paths = readPaths(profile);
  return defineAdapter({
    id: genericId,
    resources: [{ group: kind.group, plural: kind.plural }],
    fields: {},
    constraints: (head, whole) => imposedBy(head, whole, paths, profile?.severity),
  });
}

/** What is wrong with the field paths of a profile, for its status. Paths that are wrong are not followed. */
export function fieldPathFaults(profile: ProfileSpec): readonly Fault[] {
  return readPaths(profile).faults;
}

interface Paths {
  readonly selector?: FieldPath | undefined;
  readonly namespaceSelector?: FieldPath | undefined;
  readonly effect?: FieldPath | undefined;
  readonly summary?: FieldPath | undefined;
  readonly faults: readonly Fault[];
}

function readPaths({ fieldPaths = {} }: Partial<ProfileSpec> = {}): Paths {
  const faults: Fault[] = [];
  const read = (name: keyof typeof fieldPaths): FieldPath | undefined => {
    const text = fieldPaths[name];
    if (text === undefined) return undefined;
    const { path, fault } = parseFieldPath(text);
    if (fault !== undefined) faults.push({ path: ['spec', 'fieldPaths', name], message: fault });
    return path;
  };
  return {
    selector: read('selectorPath'),
    namespaceSelector: read('namespaceSelectorPath'),
    effect: read('effectPath'),
    summary: read('summaryPath'),
    faults,
  };
}

function imposedBy(head: ObjectHead, object: unknown, paths: Paths, severity: Severity | undefined): Imposed {
  const { namespace, annotations = {} } = head.metadata;
  const told = readAnnotations(annotations);
  const pods = readAt(object, paths.selector, readPods);
  const namespaces = readAt(object, namespace === undefined ? paths.namespaceSelector : undefined, readNamespaces);
  const effect = readAt(object, paths.effect, readEffect);
  const text = readAt(object, told.summary === undefined ? paths.summary : undefined, readText);

  const reads = [
    { path: paths.selector, ...pods },
    { path: paths.namespaceSelector, ...namespaces },
    { path: paths.effect, ...effect },
    { path: paths.summary, ...text },
  ];
  const kind = sentence(head.kind, 63);
  const summary = told.summary ?? text.value ?? `A ${kind} applies here; Potoo does not know what it imposes`;
  const draft: Draft = {
    key: 'object',
    type: told.type ?? 'Unknown',
    severity: told.severity ?? severity ?? 'Info',
    effect: effect.value?.effect ?? 'unknown',
    summary,
    message: [summary, ...notesOn({ pods, namespaces, effect }, paths)].join('; '),
    scope: {
      namespaces: namespace === undefined ? (namespaces.value ?? {}) : { names: [namespace] },
      ...workloadsOf(paths, pods),
    },
    rule: {
      form: 'opaque',
      fields: reads.flatMap(({ path, value }) =>
        path === undefined || value === undefined ? [] : fieldPathText(path),
      ),
    },
  };
  const faults = reads.flatMap(({ path, fault }) =>
    path === undefined || fault === undefined ? [] : { path, message: fault },
  );
  return { drafts: [draft], faults: [...told.faults, ...faults] };
}

function readAt<Value>(
  object: unknown,
  path: FieldPath | undefined,
  read: (object: unknown, path: FieldPath) => Read<Value>,
): Read<Value> {
  return path === undefined ? {} : read(object, path);
}

/** A profile that says where pods are selected says that the kind is about pods. */
function workloadsOf(paths: Paths, pods: Read<WorkloadScope>): { workloads?: WorkloadScope } {
  return paths.selector === undefined ? {} : { workloads: pods.value ?? {} };
}

interface Reads {
  readonly pods: Read<unknown>;
  readonly namespaces: Read<unknown>;
  readonly effect: Read<{ readonly unknownWords: readonly string[] }>;
}

const wordsLengthMax = 120;

/** What a reader of the full sentence has to know of how it came about. */
function notesOn({ pods, namespaces, effect }: Reads, paths: Paths): string[] {
  const notes: string[] = [];
  const unread = [
    ...(pods.fault === undefined || paths.selector === undefined ? [] : [paths.selector]),
    ...(namespaces.fault === undefined || paths.namespaceSelector === undefined ? [] : [paths.namespaceSelector]),
  ].map(fieldPathText);
  if (unread.length > 0) {
    notes.push(`it may bind less than is said here, because ${sentence(unread.join(' and '), 300)} could not be read`);
  }
  const words = (effect.value?.unknownWords ?? []).map((word) => JSON.stringify(word));
  if (words.length > 0) {
    const list = boundedList(words, { separator: ', ', lengthMax: wordsLengthMax, noun: 'word' });
    notes.push(`Potoo does not know what it means by ${list}`);
  }
  return notes;
}

interface Told {
  readonly summary: string | undefined;
  readonly severity: Severity | undefined;
  readonly type: ConstraintType | undefined;
  readonly faults: readonly Fault[];
}

const annotationNames = {
  summary: 'potoo.io/summary',
  severity: 'potoo.io/severity',
  type: 'potoo.io/constraint-type',
} as const;

/** What an object says of itself. What is not understood is left out. */
function readAnnotations(annotations: Readonly<Record<string, string>>): Told {
  const faults: Fault[] = [];
  const oneOf = <Value extends string>(name: string, values: readonly Value[]): Value | undefined => {
    const text = annotations[name];
    const value = values.find((each) => each === text);
    if (text !== undefined && value === undefined) {
      faults.push({ path: ['metadata', 'annotations', name], message: `Must be one of ${values.join(', ')}` });
    }
    return value;
  };
  const text = annotations[annotationNames.summary];
  if (text?.trim() === '') {
    faults.push({
      path: ['metadata', 'annotations', annotationNames.summary],
      message: 'Must be a sentence, and not empty',
    });
  }
  return {
    summary: text?.trim() === '' ? undefined : text,
    severity: oneOf(annotationNames.severity, severities),
    type: oneOf(annotationNames.type, constraintTypes),
    faults,
  };
}
