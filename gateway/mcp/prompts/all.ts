import { clusterHealthCheck } from './cluster-health-check.ts';
import type { PromptDefinition } from './define.ts';
import { diagnoseDenial } from './diagnose-denial.ts';
import { explainNamespace } from './explain-namespace.ts';
import { precheckManifest } from './precheck-manifest.ts';

/** Every prompt, by name. Adding one: a file beside this one, and a line here. */
export const prompts: readonly PromptDefinition[] = [
  clusterHealthCheck,
  diagnoseDenial,
  explainNamespace,
  precheckManifest,
];
