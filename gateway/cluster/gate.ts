/**
 * The one gate before everything that the cluster tools do: may this caller do this very thing to this very object. It is
 * asked of the API server for each call, whatever the toolset's own account may read.
 */
import assert from 'node:assert/strict';
import { type Resource, resourceName } from '../../kube/resource.ts';
import { refuse } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Question } from '../auth/reviews.ts';
import type { Refusal } from '../errors.ts';
import { isClosed } from './closed.ts';

/** What something is done to. Without `namespace` all namespaces are meant, without `name` all objects. */
export interface Target {
  /** As `Kinds` gives it. */
  readonly resource: Resource;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** The right to do `verb` to the target, as the API server asks itself when the request comes. */
export function questionOf(verb: string, { resource, subresource, namespace, name }: Target): Question {
  assert(!isClosed(resource), `${resource.plural} are never asked for`);
  const { group, plural } = resource;
  // A request for one Namespace is one in that namespace: RequestInfo of the API server has it so. A list is not, whatever
  // name its selector has; nor is to create one, which has no path yet.
  const isInItself = group === '' && plural === 'namespaces' && verb !== 'list' && verb !== 'create';
  const ownNamespace = isInItself ? name : undefined;
  return {
    verb,
    group,
    resource: plural,
    subresource,
    namespace: resource.namespaced ? namespace : ownNamespace,
    name,
  };
}

/** Undefined when the caller may. Throws REVIEW_UNAVAILABLE and RATE_LIMITED. */
export async function refusedAt(caller: Caller, verb: string, target: Target): Promise<Refusal | undefined> {
  if (await caller.may(questionOf(verb, target), 'exact')) return undefined;
  return refuse(caller, rightText(verb, target));
}

/** `get pods/log in the namespace`. Names nothing but the kind. */
export function rightText(verb: string, { resource, subresource, namespace }: Target): string {
  const subject = `${verb} ${resourceName(resource)}${subresource === undefined ? '' : `/${subresource}`}`;
  if (!resource.namespaced) return subject;
  return namespace === undefined ? `${subject} in all namespaces` : `${subject} in the namespace`;
}
