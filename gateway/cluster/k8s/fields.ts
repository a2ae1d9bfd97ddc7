/**
 * What the `k8s_` tools have in common: a namespace and a path are always told, nothing else may be, and refusals and failures
 * are told apart by their first word.
 */
import * as z from 'zod';
import { isDnsSubdomain } from '../../../kube/names.ts';
import type { Resource } from '../../../kube/resource.ts';
import { type Answer, type ErrorCode, type Refusal, refusal } from '../../errors.ts';
import { closed, soundsClosed } from '../closed.ts';
import { NamespaceName, ObjectName } from '../fields.ts';

const part = 'is no part of a path: lower-case letters, digits, dashes and dots';

export const InNamespace = NamespaceName.describe('The namespace.');

export const pathFields = {
  namespace: InNamespace,
  group: z
    .string()
    .max(253)
    .refine((text) => text === '' || isDnsSubdomain(text), part)
    .describe("Group of the kind, like apps; '' for the core group."),
  version: z.string().max(63).refine(isDnsSubdomain, part).describe('Version, like v1.'),
  plural: z.string().max(253).refine(isSpelt, part).describe('Plural of the kind in lower case, like deployments.'),
  kind: z.string().max(63).optional().describe('The kind, like Deployment; the plural decides.'),
};

/** Secrets by another spelling are refused by their own reason and not as a misspelt plural. */
function isSpelt(text: string): boolean {
  return isDnsSubdomain(text) || soundsClosed(text);
}

export const namedFields = { ...pathFields, name: ObjectName.describe('Name of the object.') };

/**
 * What the API server reads after the name of a namespace as a part of that Namespace: it would ask for another right than
 * that to a kind of this name.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go (namespaceSubresources)
 */
const ofNamespace: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Exactly what the path says. No discovery is needed to ask for it, so one call is one request. */
export function resourceOf(given: {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind?: string | undefined;
}): Answer<Resource> {
  const { version, plural, kind = '' } = given;
  // As some clients call the group that has no name.
  const group = given.group === 'core' ? '' : given.group;
  if (soundsClosed(plural) || soundsClosed(kind)) return closed;
  if (!isDnsSubdomain(plural)) return refusal('INVALID_REQUEST', `plural: ${part}`);
  if (ofNamespace.has(plural))
    return refusal('INVALID_REQUEST', 'plural: is a part of the Namespace here, and no kind');
  return { ok: true, value: { group, version, plural, kind: plural, namespaced: true } };
}

const blocked: ReadonlySet<ErrorCode> = new Set(['INVALID_REQUEST', 'UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED']);

/** `BLOCKED: <reason>` when the call was not let through, `ERROR: <type>: <message>` when it was and failed. */
export function blockedOrError({ code, error }: Refusal): string {
  const failed = error.startsWith('The API server says: ');
  return blocked.has(code) && !failed ? `BLOCKED: ${error}` : `ERROR: ${code}: ${error}`;
}
