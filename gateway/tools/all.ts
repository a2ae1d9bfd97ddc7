import type { Tool } from './define.ts';
import { listNamespaces } from './list-namespaces.ts';
import { query } from './query.ts';
import { remediation } from './remediation.ts';

/** Every tool, by name. Adding one: a file beside this one, and a line here. */
export const tools: readonly Tool[] = [listNamespaces, query, remediation];
