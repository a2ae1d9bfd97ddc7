import * as z from 'zod';

/** Engines whose webhooks are told apart, because they enforce policies that stand in objects of their own. */
export const webhookEngines = ['gatekeeper', 'kubewarden', 'kyverno'] as const;

/**
 * A program that is asked about requests. What it demands is not known: it is asked, and answers. Neither its URL nor its
 * path nor its certificate is kept.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export const WebhookRule = z.object({
  form: z.literal('webhook'),
  mutating: z.boolean().describe('Whether it may change the object. It may refuse the request either way.'),
  failurePolicy: z
    .enum(['Fail', 'Ignore'])
    .describe('What happens to a request when it gives no valid answer: refused, or passed as if it were not there.'),
  timeoutSeconds: z.int(),
  sideEffects: z
    .enum(['None', 'NoneOnDryRun', 'Some', 'Unknown'])
    .optional()
    .describe('With Some and Unknown dry runs are refused.'),
  reinvocationPolicy: z
    .enum(['Never', 'IfNeeded'])
    .optional()
    .describe('IfNeeded: asked again when something later changes the object. Only of one that is mutating.'),
  service: z
    .object({ namespace: z.string(), name: z.string() })
    .optional()
    .describe('The Service that leads to it. Absent when it is reached by a URL.'),
  carries: z.enum(webhookEngines).optional().describe('The engine that enforces its policies by this webhook.'),
  unread: z
    .array(z.string())
    .optional()
    .describe(
      'JSON pointers of parts that are not understood. Which requests such a webhook is asked about is not known.',
    ),
});
export type WebhookRule = z.infer<typeof WebhookRule>;
