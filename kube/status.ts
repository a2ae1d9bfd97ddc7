import { KubeError, type KubeErrorCode } from './errors.ts';
import { isJsonObject } from './object.ts';

/**
 * The error for a refused request, from the HTTP status and the metav1.Status object that came with it, if one did.
 * Also for the object of an ERROR event inside a watch, which carries the status in its `code`.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go (StatusReason)
 */
export function errorOfStatus(
  status: number,
  body: unknown,
  details: { readonly request: string; readonly retryAfterMs?: number | undefined },
): KubeError {
  const answer = isJsonObject(body) ? body : {};
  const reason = typeof answer.reason === 'string' ? answer.reason : '';
  return new KubeError(codeOf(status, reason), {
    status,
    request: details.request,
    said: typeof answer.message === 'string' ? answer.message : reason,
    retryAfterMs: details.retryAfterMs ?? retryAfterOf(answer.details),
  });
}

/** The error for an ERROR event inside a watch. */
export function errorOfEvent(object: unknown, request: string): KubeError {
  const code = isJsonObject(object) && typeof object.code === 'number' ? object.code : 500;
  return errorOfStatus(code, object, { request });
}

function codeOf(status: number, reason: string): KubeErrorCode {
  // The same HTTP status stands for two situations here, and Expired comes with 410 as well as inside watches.
  if (reason === 'AlreadyExists') return 'KUBE_ALREADY_EXISTS';
  if (reason === 'Expired' || reason === 'Gone') return 'KUBE_GONE';
  switch (status) {
    case 401:
      return 'KUBE_UNAUTHORIZED';
    case 403:
      return 'KUBE_FORBIDDEN';
    case 404:
      return 'KUBE_NOT_FOUND';
    case 408:
    case 504:
      return 'KUBE_TIMEOUT';
    case 409:
      return 'KUBE_CONFLICT';
    case 410:
      return 'KUBE_GONE';
    case 422:
      return 'KUBE_INVALID';
    case 429:
      return 'KUBE_THROTTLED';
    default:
      return status >= 400 && status < 500 ? 'KUBE_BAD_REQUEST' : 'KUBE_SERVER_ERROR';
  }
}

/** Status.details.retryAfterSeconds: the only place for it inside a watch, where no header can follow. */
function retryAfterOf(details: unknown): number | undefined {
  if (!isJsonObject(details)) return undefined;
  const seconds = details.retryAfterSeconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : undefined;
}

/** Retry-After as RFC 9110 has it: seconds, or a date. */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined || header.length > 64) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds > 0 ? seconds * 1_000 : undefined;
  const until = Date.parse(header);
  return Number.isNaN(until) ? undefined : Math.max(0, until - nowMs);
}
