/**
 * What a request says about the form in which it takes an answer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
 */

/** Whether gzip is asked for: by name, or by `*` where it has no weight of its own, and not with a weight of 0. */
export function acceptsGzip(acceptEncoding: string | null): boolean {
  if (acceptEncoding === null) return false;
  const weights = new Map<string, number>();
  for (const item of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    // What is no number is no wish either.
    weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0;
  // Who would rather have it as it is says so by a higher weight.
  return gzip > 0 && gzip >= (weights.get('identity') ?? 0);
}

/** Whether an Accept header names the type of event streams, other than by a wildcard and other than to rule it out. */
export function namesEventStream(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((item) => {
    const [type = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return type === 'text/event-stream' && Number(weight) !== 0;
  });
}

/** Whether the caller has what it would get: one of the listed tags, weak or not, is the same, or `*` stands there. */
export function hasAlready(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  // Tags of ours hold no comma, so one that another server gave and that does is taken apart without harm.
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
