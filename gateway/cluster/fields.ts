/** Fields that several cluster tools take. What is no name cannot be sent: it is refused here, before a right is asked for. */
import * as z from 'zod';
import { isDnsLabel } from '../../kube/names.ts';
import { readFieldSelector, readLabelSelector, selectorLengthMax } from './selectors.ts';

/**
 * Whether an object can have this name, and a path holds it as it is: letters, digits, `-`, `.`, `_` and, as in names of RBAC
 * objects, `:`. A letter or digit comes first, so that no name is taken for an option or a step up in a path.
 */
export function isObjectName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/.test(text) && !text.includes('..');
}

export const nameSentence =
  'is no name of an object: letters, digits, dashes and dots, a letter or digit first, at most 253';

export const ObjectName = z.string().max(253).refine(isObjectName, nameSentence);

const namespaceSentence = 'is no name of a namespace: lower-case letters, digits and dashes, at most 63';

export const NamespaceName = z.string().max(63).refine(isDnsLabel, namespaceSentence);

/** `''` is what some clients send for none. */
export const OptionalNamespace = z
  .string()
  .max(63)
  .refine((text) => text === '' || isDnsLabel(text), namespaceSentence)
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const labelSentence = 'is no label selector: like app=web,tier in (a,b),!canary; at most 32 parts';
const fieldSentence = 'is no field selector: like metadata.name=web,status.phase!=Running; at most 32 parts';

export const LabelSelectorField = z
  .string()
  .max(selectorLengthMax)
  .refine((text) => readLabelSelector(text) !== undefined, labelSentence)
  .transform(readLabelSelector)
  .optional()
  .describe('Only objects with these labels, as kubectl takes it: app=web,tier in (a,b),!canary.');

export const FieldSelectorField = z
  .string()
  .max(selectorLengthMax)
  .refine((text) => readFieldSelector(text) !== undefined, fieldSentence)
  .transform(readFieldSelector)
  .optional()
  .describe(
    'Only objects with these fields, as kubectl takes it: status.phase!=Running. Kinds differ in what they offer.',
  );

export const ApiVersion = z
  .string()
  .min(1)
  .max(317)
  .describe('As manifests have it: v1, apps/v1, networking.k8s.io/v1.');
export const Kind = z.string().min(1).max(63).describe('As manifests have it: Pod, Deployment, Ingress.');
