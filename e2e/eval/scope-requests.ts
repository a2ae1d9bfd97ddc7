/**
 * Requests about what a policy says: one that has all of it, those that differ from it in one thing, and some that mix.
 * The same policy always gives the same requests.
 */
import { createHash } from 'node:crypto';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import type { Labels } from './plain-match.ts';
import { otherKinds, type RequestKind } from './request-kinds.ts';
import type { AdmissionRequest, RequestUser } from './scope-match.ts';

/** What one part of a policy speaks of. The first value of each list is one that it means; an absent list says nothing. */
export interface Corner {
  readonly kinds?: readonly RequestKind[] | undefined;
  readonly operations?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly namespaceLabels?: readonly Labels[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly labels?: readonly Labels[] | undefined;
  readonly annotations?: readonly Labels[] | undefined;
  readonly users?: readonly RequestUser[] | undefined;
}

/** What an engine looks at beyond that. */
export interface Looks {
  /** At the object that is replaced, too. */
  readonly atOld: boolean;
  /** At the beginning of a name that is still to be made. */
  readonly atGenerateName: boolean;
  readonly operations: readonly string[];
}

/** One part of a policy within another: an exclusion within what is matched. */
export function within(outer: Corner, inner: Corner): Corner {
  const either = <Value>(a: readonly Value[] | undefined, b: readonly Value[] | undefined) =>
    a === undefined && b === undefined ? undefined : [...(b ?? []), ...(a ?? [])];
  const both = (a: readonly Labels[] | undefined, b: readonly Labels[] | undefined) =>
    a === undefined && b === undefined ? undefined : [{ ...a?.[0], ...b?.[0] }, ...(a ?? []), ...(b ?? [])];
  return {
    kinds: either(outer.kinds, inner.kinds),
    operations: either(outer.operations, inner.operations),
    namespaces: either(outer.namespaces, inner.namespaces),
    namespaceLabels: both(outer.namespaceLabels, inner.namespaceLabels),
    names: either(outer.names, inner.names),
    labels: both(outer.labels, inner.labels),
    annotations: both(outer.annotations, inner.annotations),
    users: either(outer.users, inner.users),
  };
}

const cornersMax = 12;
const mixesOfCorner = 24;
const nobody: RequestUser = { name: 'jane', groups: ['system:authenticated'], roles: [], clusterRoles: [] };

interface Choice {
  readonly kind: RequestKind;
  readonly operation: string;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly user: RequestUser;
  readonly oldLabels: Labels;
  readonly unnamed: boolean;
}
type Choices = { readonly [Part in keyof Choice]: readonly Choice[Part][] };

/** @param seed Of the policy: its file and name. */
export function scopeRequests(
  corners: readonly Corner[],
  kinds: readonly RequestKind[],
  looks: Looks,
  seed: string,
): readonly AdmissionRequest[] {
  const random = seededRandom(createHash('sha256').update(seed).digest().readUInt32BE());
  const requests = corners.slice(0, cornersMax).flatMap((corner) => {
    const choices = choicesOf(corner, kinds, looks);
    const base = firstOf(choices);
    const changed = partsOf(choices).flatMap((part) =>
      choices[part].slice(1).map((value) => ({ ...base, [part]: value })),
    );
    const mixes = Array.from({ length: mixesOfCorner }, () => mixOf(choices, random));
    return [base, ...changed, ...mixes].map((choice) => requestOf(choice, looks));
  });
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
}

function choicesOf(corner: Corner, kinds: readonly RequestKind[], looks: Looks): Choices {
  const { operations = [], namespaces = [], namespaceLabels = [{}], names = [], labels = [{}] } = corner;
  const first = corner.kinds ?? kinds.slice(0, 1);
  const allLabels = [...labels, { unrelated: 'label' }];
  return {
    kind: [...first, ...otherKinds(kinds, first)],
    operation: [...new Set([...operations, ...looks.operations])],
    namespace: [...new Set([...namespaces, 'team-blue', 'default'])],
    namespaceLabels: [...namespaceLabels, { unrelated: 'label' }],
    name: [...new Set([...names, 'thing'])],
    labels: allLabels,
    annotations: [...(corner.annotations ?? [{}]), { unrelated: 'note' }],
    user: [...(corner.users ?? []), nobody],
    oldLabels: looks.atOld ? allLabels : [labels[0] ?? {}],
    unnamed: looks.atGenerateName ? [false, true] : [false],
  };
}

function partsOf(choices: Choices): readonly (keyof Choice)[] {
  const isPart = (name: string): name is keyof Choice => name in choices;
  return Object.keys(choices).filter(isPart);
}

function firstOf(choices: Choices): Choice {
  return chosen(choices, (values) => values[0]);
}

/** Mostly what is meant, and something else here and there. */
function mixOf(choices: Choices, random: () => number): Choice {
  return chosen(choices, (values) => (random() < 0.55 ? values[0] : values[Math.floor(random() * values.length)]));
}

function chosen(choices: Choices, pick: <Value>(values: readonly Value[]) => Value | undefined): Choice {
  const one = <Value>(values: readonly Value[]): Value => {
    const value = pick(values);
    if (value === undefined) throw new Error('nothing to choose from');
    return value;
  };
  return {
    kind: one(choices.kind),
    operation: one(choices.operation),
    namespace: one(choices.namespace),
    namespaceLabels: one(choices.namespaceLabels),
    name: one(choices.name),
    labels: one(choices.labels),
    annotations: one(choices.annotations),
    user: one(choices.user),
    oldLabels: one(choices.oldLabels),
    unnamed: one(choices.unnamed),
  };
}

function requestOf(choice: Choice, looks: Looks): AdmissionRequest {
  const { kind, namespace, namespaceLabels, user, annotations, unnamed } = choice;
  // Nothing creates or deletes a status by itself.
  const operation = kind.subresource === 'status' ? 'UPDATE' : choice.operation;
  const { namespaced, ...resource } = kind;
  const isNamespace = kind.group === '' && kind.kind === 'Namespace';
  const around = { 'kubernetes.io/metadata.name': namespace, ...namespaceLabels };
  const isMade = unnamed && operation === 'CREATE' && !isNamespace;
  const name = isNamespace ? namespace : choice.name;
  const labels = isNamespace ? { ...choice.labels, ...around } : choice.labels;
  const old = isNamespace || !looks.atOld ? labels : choice.oldLabels;
  return {
    ...resource,
    operation,
    name: isMade ? '' : name,
    ...(isMade ? { generateName: name } : {}),
    namespace: namespaced ? namespace : undefined,
    namespaceLabels: namespaced ? around : isNamespace ? labels : undefined,
    labels: operation === 'UPDATE' ? [labels, old] : [labels],
    annotations,
    user,
  };
}
