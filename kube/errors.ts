/** Stable: metrics, runbooks and callers match on these strings. errors.test.ts pins the whole list. */
export const kubeErrorCodes = [
  'KUBE_BAD_REQUEST',
  'KUBE_UNAUTHORIZED',
  'KUBE_FORBIDDEN',
  'KUBE_NOT_FOUND',
  'KUBE_CONFLICT',
  'KUBE_ALREADY_EXISTS',
  'KUBE_GONE',
  'KUBE_INVALID',
  'KUBE_THROTTLED',
  'KUBE_SERVER_ERROR',
  'KUBE_UNREACHABLE',
  'KUBE_TIMEOUT',
  'KUBE_UNREADABLE',
] as const;
export type KubeErrorCode = (typeof kubeErrorCodes)[number];

/** A request to the API server that failed, with what its Status object said, if it sent one. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Verb and path, never headers or body: they can hold secrets. */
  readonly request: string;
  /** `message` of the Status object, bounded; it names webhooks, policies and quotas that refused a write. */
  readonly said: string;
  /** Milliseconds the server asked to wait (Retry-After), if it did. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: KubeErrorCode,
    details: {
      readonly status: number;
      readonly request: string;
      readonly said?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    },
  ) {
    const said = (details.said ?? '').slice(0, 2_000);
    super(`${details.request}: ${code}${said === '' ? '' : `: ${said}`}`, { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.request = details.request;
    this.said = said;
    this.retryAfterMs = details.retryAfterMs;
  }
}
