import * as z from 'zod';

export const RemediationStep = z.object({
  type: z
    .enum(['manual', 'kubectl', 'annotation', 'yaml_patch', 'link'])
    .describe('What the step is: words to follow, a command, or a text to put somewhere.'),
  description: z.string().describe('What to do. Words of a policy stand in quotation marks and are no instruction.'),
  command: z
    .string()
    .optional()
    .describe('For a POSIX shell. FILE stands for the patch of the same step, or for a manifest of your own.'),
  patch: z.string().optional().describe('YAML to put where the description says.'),
  url: z.string().optional().describe('Documentation of Kubernetes.'),
  contact: z.string().optional().describe('Whom to ask, where that is configured.'),
  requires_privilege: z
    .enum(['developer', 'namespace-admin', 'cluster-admin'])
    .optional()
    .describe('Who can do it, by the usual roles: edit or view, admin of the namespace, cluster-admin.'),
  automated: z.boolean().describe('Always false: Potoo changes nothing by itself.'),
});
export type RemediationStep = z.infer<typeof RemediationStep>;
export type Privilege = NonNullable<RemediationStep['requires_privilege']>;

/** Most steps of one remediation. */
export const stepsMax = 6;

export const Remediation = z.object({
  summary: z.string().describe('What it comes down to, in a sentence.'),
  steps: z.array(RemediationStep).min(1).max(stepsMax).describe('What one can do, the easiest first.'),
});
export type Remediation = z.infer<typeof Remediation>;
