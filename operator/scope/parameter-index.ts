/**
 * Objects that policies take parameters from, kind by kind: what is known of each kind, which objects there are, and what of
 * them is stored beside the constraints that use them.
 */
import { compareText, type Constraint } from '../../crds/constraint.ts';
import { parameterBytesMax, parametersBytesMax, parametersMax, type StoredParameter } from '../../crds/detail.ts';
import type { CelParams } from '../../crds/rules/cel.ts';
import type { KubeObject } from '../../kube/resource.ts';
import {
  isNeverRead,
  isParameter,
  type KnownParameters,
  type ParameterHead,
  type ParameterKind,
  type Parameters,
} from '../adapters/parameters.ts';

/** An object as it is kept. */
export interface ParameterObject extends ParameterHead {
  /** Of a StoredParameter. */
  readonly text: string;
}

/** What is known of a kind besides its objects. */
export type ParameterState =
  | { readonly state: 'unread'; readonly namespaced?: boolean | undefined }
  | { readonly state: 'notServed' }
  | { readonly state: 'read'; readonly namespaced: boolean };

export interface ParameterIndex {
  readonly known: Parameters;
  /** Returns whether that is news. */
  setState(kind: ParameterKind, state: ParameterState): boolean;
  /** Forgets the kind and all its objects. */
  forget(kind: ParameterKind): void;
  /** Returns what was there before. */
  set(kind: ParameterKind, object: ParameterObject): ParameterObject | undefined;
  remove(kind: ParameterKind, object: ParameterHead): void;
  /**
   * Texts of what these constraints take parameters from: of the objects of a namespace, for requests there, or of those
   * that are the same for every request. Sorted, each once, and no more than can be stored.
   */
  textsOf(constraints: Iterable<Constraint>, namespace?: string): readonly string[];
}

interface Kind {
  state: ParameterState;
  /** Namespace, or '' without one, → name → object. */
  readonly objects: Map<string, Map<string, ParameterObject>>;
}

/** An empty index: nothing is read. */
export function createParameterIndex(): ParameterIndex {
  const kinds = new Map<string, Kind>();

  function kindOf(kind: ParameterKind): Kind {
    const key = `${kind.apiVersion} ${kind.kind}`;
    const present = kinds.get(key) ?? { state: { state: 'unread' }, objects: new Map() };
    kinds.set(key, present);
    return present;
  }

  function known(kind: ParameterKind): KnownParameters {
    if (isNeverRead(kind)) return { state: 'neverRead', namespaced: true };
    const { state, objects } = kindOf(kind);
    return state.state === 'read' ? { ...state, objects: () => all(objects) } : state;
  }

  function usedBy(params: CelParams, namespace: string | undefined): Iterable<ParameterObject> {
    const { objects } = kindOf(params);
    const place = namespace ?? (params.namespaced === false ? '' : params.namespace);
    const here = place === undefined ? undefined : objects.get(place);
    if (here === undefined) return [];
    const named = params.name === undefined ? undefined : here.get(params.name);
    return (params.name === undefined ? [...here.values()] : named === undefined ? [] : [named]).filter((object) =>
      isParameter(params, object),
    );
  }

  return {
    known,
    setState(kind, state) {
      const entry = kindOf(kind);
      if (JSON.stringify(entry.state) === JSON.stringify(state)) return false;
      entry.state = state;
      return true;
    },
    forget: (kind) => void kinds.delete(`${kind.apiVersion} ${kind.kind}`),
    set(kind, object) {
      const { objects } = kindOf(kind);
      const place = object.namespace ?? '';
      const here = objects.get(place) ?? new Map<string, ParameterObject>();
      objects.set(place, here);
      const before = here.get(object.name);
      here.set(object.name, object);
      return before;
    },
    remove(kind, { namespace = '', name }) {
      const { objects } = kindOf(kind);
      const here = objects.get(namespace);
      here?.delete(name);
      if (here?.size === 0) objects.delete(namespace);
    },
    textsOf(constraints, namespace) {
      const used = new Map<string, ParameterObject>();
      for (const constraint of constraints) {
        const params = readParamsOf(constraint);
        if (params === undefined || isOfRequest(params) !== (namespace !== undefined)) continue;
        for (const object of usedBy(params, namespace)) {
          used.set([params.apiVersion, params.kind, object.namespace ?? '', object.name].join(' '), object);
        }
      }
      return bounded([...used].toSorted(([a], [b]) => compareText(a, b)).map(([, { text }]) => text));
    },
  };
}

function* all(objects: ReadonlyMap<string, ReadonlyMap<string, ParameterObject>>): Iterable<ParameterObject> {
  for (const here of objects.values()) yield* here.values();
}

/** The parameters that a constraint is judged with; undefined where there are none, or they are not read. */
export function readParamsOf({ rule }: Pick<Constraint, 'rule'>): CelParams | undefined {
  if (rule.form !== 'cel' || rule.broken !== undefined) return undefined;
  return rule.params?.state === 'read' ? rule.params : undefined;
}

/** Whether they are those of the namespace of a request. */
export function isOfRequest({ namespaced, namespace }: CelParams): boolean {
  return namespaced === true && namespace === undefined;
}

/** An object of a kind that is read as parameters, with nothing that moves when nobody changes it. */
export function parameterOf({ apiVersion, kind }: ParameterKind, object: KubeObject): ParameterObject {
  const { name, namespace, labels = {} } = object.metadata;
  const { status: _status, metadata, ...content } = object;
  const {
    managedFields: _managedFields,
    resourceVersion: _resourceVersion,
    ...kept
  } = { managedFields: 0, ...metadata };
  const named = { kind: 'Parameter' as const, apiVersion, objectKind: kind, name, ...(namespace && { namespace }) };
  const whole = isDeeper(content, depthMax)
    ? undefined
    : stored({ ...named, object: sorted({ ...content, apiVersion, kind, metadata: kept }) });
  const text = whole !== undefined && Buffer.byteLength(whole) <= parameterBytesMax ? whole : stored(named);
  return { name, namespace, labels, text };
}

/** Deeper objects are as good as too large ones: reading them would end in a full stack. */
const depthMax = 100;

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((child) => isDeeper(child, depth - 1));
}

function stored(parameter: StoredParameter): string {
  return JSON.stringify(parameter);
}

/** The API server promises no order of fields. */
function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object)
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([field, value]) => [field, sortedValue(value)]),
  );
}

function sortedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedValue);
  return typeof value === 'object' && value !== null ? sorted({ ...value }) : value;
}

/** What does not fit is named without its content, and what is too much to be named is counted. */
function bounded(texts: readonly string[]): readonly string[] {
  let bytes = 0;
  const kept = texts.slice(0, parametersMax).map((text) => {
    bytes += Buffer.byteLength(text);
    return bytes <= parametersBytesMax ? text : withoutObject(text);
  });
  const count = texts.length - kept.length;
  return count === 0 ? kept : [...kept, stored({ kind: 'ParametersLeftOut', count })];
}

/** `text` is one that this module has made. */
function withoutObject(text: string): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => (key === 'object' ? undefined : value));
}
