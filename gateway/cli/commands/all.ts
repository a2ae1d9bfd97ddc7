import type { AddCommand } from '../surroundings.ts';
import { addCompletion } from './completion.ts';
import { addDetails } from './details.ts';
import { addExplain } from './explain.ts';
import { addMcp } from './mcp.ts';
import { addNamespaces } from './namespaces.ts';
import { addProxy } from './proxy.ts';
import { addQuery } from './query.ts';
import { addRemediate } from './remediate.ts';
import { addStatus } from './status.ts';

/** Every command, in the order of the help. Adding one: a file beside this one, and a line here. */
export const commands: readonly AddCommand[] = [
  addQuery,
  addExplain,
  addNamespaces,
  addRemediate,
  addDetails,
  addStatus,
  addMcp,
  addProxy,
  addCompletion,
];
