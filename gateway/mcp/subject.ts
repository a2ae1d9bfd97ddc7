/** What a subscription is about: an address is read once, and what is told of it carries the address as the client wrote it. */
import { ConstraintName } from '../answer/find-constraint.ts';
import type { Caller } from '../auth/identity.ts';
import type { Refusal } from '../errors.ts';
import type { ResourceDefinition } from '../resources/define.ts';
import { Namespace } from '../tools/fields.ts';

/** All that binds a namespace, or what one name stands for there. */
export interface NamespaceSubject {
  readonly uri: string;
  readonly namespace: string;
  /** Of a constraint; undefined for the whole report. */
  readonly name: string | undefined;
}

/** What is about the cluster: it has changed when its answer has. */
export interface ClusterSubject {
  readonly uri: string;
  readonly resource: ResourceDefinition;
}

export type Subject = NamespaceSubject | ClusterSubject;

/** Undefined where the address cannot be one that there is. */
export function subjectOf(
  uri: string,
  resource: ResourceDefinition,
  params: Readonly<Record<string, string>>,
): Subject | undefined {
  if (!resource.uri.includes('{namespace}')) return { uri, resource };
  const namespace = Namespace.safeParse(params['namespace']);
  const name = ConstraintName.optional().safeParse(resource.uri.includes('{name}') ? params['name'] : undefined);
  return namespace.success && name.success ? { uri, namespace: namespace.data, name: name.data } : undefined;
}

/** What a client subscribes to over one connection. */
export interface Subscriptions {
  /** Whether the client is told of changes there: only then subscriptions are promised. */
  readonly isTold: boolean;
  /** One address more from now on, or why not. Nothing changes for one that is there already. */
  add(subject: Subject, caller: Caller): Promise<Refusal | undefined>;
  remove(uri: string): void;
}
