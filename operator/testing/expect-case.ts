/**
 * The arrow of a case that is the operator's: objects → constraints and problems.
 */
import { expect } from 'vitest';
import { asStored, type Case } from '../../crds/cases/load-cases.ts';
import type { Adapter } from '../adapters/define.ts';

function readAll(adapter: Adapter, objects: Case['objects']) {
  const readings = objects.map((object) => adapter.read(asStored(object)));
  return {
    constraints: readings.flatMap(({ constraints }) => constraints),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

function pick(object: object = {}, fields: readonly string[]) {
  return Object.fromEntries(Object.entries(object).filter(([field]) => fields.includes(field)));
}

/** Fails unless the adapter makes of the objects what the case expects. */
export function expectCase(adapter: Adapter, { objects, constraints, problems }: Case): void {
  const read = readAll(adapter, objects);
  expect(read).toMatchObject({ constraints, problems });
  // Where these parts are given, they are given in full: that something is absent is half of their meaning.
  const partsGiven = constraints.map((expected) => ['rule', 'scope', 'metrics'].filter((part) => part in expected));
  expect(partsGiven.map((parts, index) => pick(read.constraints[index], parts))).toEqual(
    partsGiven.map((parts, index) => pick(constraints[index], parts)),
  );
}
