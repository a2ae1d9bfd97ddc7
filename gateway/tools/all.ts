import type { Tool } from './define.ts';
import { explain } from './explain.ts';
import { listNamespaces } from './list-namespaces.ts';
import { ping } from './ping.ts';
import { query } from './query.ts';
import { remediation } from './remediation.ts';

/** Every tool that answers from Potoo's own resources, by name. Adding one: a file beside this one, and a line here. */
export const tools: readonly Tool[] = [ping, explain, listNamespaces, query, remediation];
