import * as z from 'zod';

/**
 * A Pod Security Standard that pods must meet.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export const PodSecurityRule = z.object({
  form: z.literal('podSecurity'),
  mode: z.enum(['enforce', 'audit', 'warn']),
  level: z.enum(['privileged', 'baseline', 'restricted']).describe('As it is applied, whatever the label says.'),
  version: z.string().describe('`latest` or `v1.<minor>`, as it is applied.'),
  implied: z.boolean().describe('True for a warn level that no label sets and that follows from enforce.'),
});
export type PodSecurityRule = z.infer<typeof PodSecurityRule>;
