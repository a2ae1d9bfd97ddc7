import * as z from 'zod';

/** What kind of thing caused an error. The last seven are no policies of an engine. */
export const Category = z.enum([
  'quota',
  'limitrange',
  'podsecurity',
  'vap',
  'kyverno',
  'gatekeeper',
  'webhook-denied',
  'webhook-unavailable',
  'network',
  'mesh',
  'pdb',
  'rbac',
  'scheduling',
  'missing',
  'immutable',
  'negative',
]);
export type Category = z.infer<typeof Category>;

/** How sure an explanation is: see `confidenceOf`. */
export const Confidence = z.enum(['high', 'medium', 'low']);
export type Confidence = z.infer<typeof Confidence>;
