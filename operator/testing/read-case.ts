/**
 * The arrow of a case that is the operator's: objects → constraints and problems.
 */
import { asStored, type Case } from '../../crds/cases/load-cases.ts';
import type { Adapter } from '../adapters/define.ts';
import { readTogether } from '../adapters/join.ts';
import { noParametersRead, type Parameters } from '../adapters/parameters.ts';

/** What is given in full where it is given: that something is absent is half of its meaning. */
const wholeParts: readonly string[] = ['rule', 'scope', 'metrics'];

/** What the adapter makes of the objects, and those parts that must equal what the case gives and not only contain it. */
export function readCase(adapter: Adapter, { objects, parameters, constraints: expected }: Case) {
  const { constraints, problems } = readTogether(adapter, objects.map(asStored), parametersOf(parameters));
  const given = expected.map((constraint) => wholeParts.filter((part) => part in constraint));
  return {
    read: { constraints, problems },
    parts: given.map((parts, index) => pick(constraints[index], parts)),
    partsGiven: given.map((parts, index) => pick(expected[index], parts)),
  };
}

function parametersOf(kinds: Case['parameters']): Parameters {
  return (wanted) => {
    const kind = kinds.find(({ apiVersion, kind: name }) => apiVersion === wanted.apiVersion && name === wanted.kind);
    if (kind === undefined) return noParametersRead(wanted);
    if (!kind.served) return { state: 'notServed' };
    return { state: 'read', namespaced: kind.namespaced, objects: () => kind.objects };
  };
}

function pick(object: object = {}, fields: readonly string[]) {
  return Object.fromEntries(Object.entries(object).filter(([field]) => fields.includes(field)));
}
