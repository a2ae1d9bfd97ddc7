import { capabilities } from './capabilities.ts';
import { constraints } from './constraints.ts';
import type { ResourceDefinition } from './define.ts';
import { health } from './health.ts';
import { reports } from './reports.ts';

/** Every resource, by name. Adding one: a file beside this one, and a line here. */
export const resources: readonly ResourceDefinition[] = [capabilities, constraints, health, reports];
