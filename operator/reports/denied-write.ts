/**
 * What in the cluster refused a write of ours, from the text of its refusal. The beginnings are those of the API server; what
 * comes behind them is free text of webhooks and policies and decides nothing.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go
 */
import type { KubeError } from '../../kube/errors.ts';

export const deniers = ['webhook', 'quota', 'admission-policy', 'rbac', 'other'] as const;
export type Denier = (typeof deniers)[number];

export interface Denied {
  readonly by: Denier;
  /** Of the webhook, the quota or the policy, where the text names it. */
  readonly name?: string;
}

/** Undefined for a failure that is no refusal: no answer, a conflict, too many requests, a mistake of the API server. */
export function deniedBy({ code, said }: KubeError): Denied | undefined {
  const webhook =
    between(said, 'Internal error occurred: failed calling webhook "', '"') ??
    between(said, 'admission webhook "', '"');
  if (webhook !== undefined) return { by: 'webhook', ...webhook };
  const why = whyForbidden(said);
  if (why !== undefined) return deniedFor(why);
  // An admission plugin or an authorizer that we do not know, or a schema of ours that another version has defined.
  return code === 'KUBE_FORBIDDEN' || code === 'KUBE_INVALID' ? { by: 'other' } : undefined;
}

/** In words, for people: `webhook guard.example.org`. */
export function deniedText({ by, name }: Denied): string {
  return `${denierWords[by]}${name === undefined ? '' : ` ${name}`}`;
}

/** For a log line. */
export function deniedFields(denied: Denied | undefined): { readonly deniedBy?: string } {
  return denied === undefined ? {} : { deniedBy: deniedText(denied) };
}

const denierWords: Record<Denier, string> = {
  webhook: 'webhook',
  quota: 'ResourceQuota',
  'admission-policy': 'admission policy',
  rbac: 'RBAC',
  other: 'the API server',
};

/** A Status names at most the kind, its group and an object before this. */
const forbidden = ' is forbidden: ';
const headLengthMax = 600;

/** What stands behind `plural.group "name" is forbidden: `, or without the name. */
function whyForbidden(said: string): string | undefined {
  const at = said.slice(0, headLengthMax).indexOf(forbidden);
  if (at < 0) return undefined;
  const [resource = '', name, ...more] = said.slice(0, at).split(' ');
  const isNamed = name === undefined || (name.startsWith('"') && name.endsWith('"'));
  return isIdentifier(resource) && isNamed && more.length === 0 ? said.slice(at + forbidden.length) : undefined;
}

function deniedFor(why: string): Denied {
  // The last two are of quotas whose usage is not known, and which ask for what our objects do not state.
  const quota =
    between(why, 'exceeded quota: ', ',') ??
    between(why, 'status unknown for quota: ', ',') ??
    between(why, 'failed quota: ', ':');
  if (quota !== undefined) return { by: 'quota', ...quota };
  const policy =
    between(why, "ValidatingAdmissionPolicy '", "' with binding '") ??
    between(why, "policy '", "' with binding '") ??
    between(why, 'policy "', '" denied request');
  if (policy !== undefined) return { by: 'admission-policy', ...policy };
  return { by: why.startsWith('User "') ? 'rbac' : 'other' };
}

const nameLengthMax = 253;

/** The name between the two, or that there is none that can be one; undefined when the text does not begin like that. */
function between(text: string, before: string, after: string): { readonly name?: string } | undefined {
  if (!text.startsWith(before)) return undefined;
  const rest = text.slice(before.length, before.length + nameLengthMax + after.length);
  const end = rest.indexOf(after);
  const name = rest.slice(0, Math.max(0, end));
  return isIdentifier(name) ? { name } : {};
}

/** One class, repeated: linear. Colons are in names of RBAC and of policies of the API server's own. */
function isIdentifier(text: string): boolean {
  return /^[A-Za-z0-9.:_-]+$/.test(text);
}
