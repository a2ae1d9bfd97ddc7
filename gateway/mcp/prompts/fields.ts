/** Arguments that several prompts take. */
import type { PromptArgument } from './define.ts';

/** A namespace, which clients can complete. */
export function namespaceArgument(required: boolean, description: string): PromptArgument {
  return { name: 'namespace', title: 'Namespace', description, required, kind: 'namespace' };
}
