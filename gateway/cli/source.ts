/** Where commands get their answers: a cluster with the person's own rights, files, or a gateway. */
import type { Answer } from '../errors.ts';

export interface Source {
  /** Answers one call of a tool by its name, like potoo_query. Never rejects. */
  ask(tool: string, input: object): Promise<Answer<object>>;
  /** Reads one resource by its name: capabilities, constraints, health or reports. Never rejects. */
  read(resource: string, params: Readonly<Record<string, unknown>>): Promise<Answer<object>>;
  /** What could not be looked at, in sentences: as long as there is something, nobody knows how well Potoo works. */
  unread(): Promise<readonly string[]>;
  /** The namespace that is meant where none is named: that of the kubeconfig's context. */
  readonly namespace: string | undefined;
  close(): Promise<void>;
}
