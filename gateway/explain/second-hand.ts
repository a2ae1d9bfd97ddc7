/**
 * Errors that stand in a text without having happened there: in a value that whoever made the request chose, and in words that
 * tell of an error as an example or as what was hoped for.
 */
import type { ErrorText, Span } from './error-text.ts';

/** Characters before a place that are looked at. */
const valueMax = 512;

/**
 * What stands in front of a value of the request in messages of Kubernetes, all with %q: names of users, values and names of
 * objects, which hold whatever somebody wrote.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/util/validation/field/errors.go (ErrorBody)
 * @see https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/endpoints/handlers/responsewriters/errors.go (forbiddenMessage)
 */
const leads: readonly string[] = [
  'invalid value: "',
  'unsupported value: "',
  'duplicate value: "',
  'user "',
  'group "',
  'label value "',
  'label key "',
  'namespace "',
  'configmaps "',
  'deployments.apps "',
  'jobs.batch "',
  'nodes "',
  'persistentvolumeclaims "',
  'pods "',
  'replicasets.apps "',
  'resource "',
  'secrets "',
  'serviceaccounts "',
  'services "',
  'statefulsets.apps "',
  'path "',
];
const leadLengthMax = Math.max(...leads.map(({ length }) => length));

/** Whether the words begin in a value that whoever made the request chose: no message, whatever they say. */
export function isInValue({ flat, lower }: ErrorText, { start, end: last }: Span): boolean {
  const opening = flat.slice(Math.max(0, start - valueMax), start).lastIndexOf('"');
  // What closes the value is none of its words: an odd mark among them is that one.
  if (opening < 0 || flat.slice(start, last).split('"').length % 2 === 0) return false;
  const end = Math.max(0, start - valueMax) + opening + 1;
  const before = lower.slice(Math.max(0, end - leadLengthMax), end);
  return leads.some((lead) => before.endsWith(lead));
}

/** Words that tell of an error which did not just happen. */
const hearsay: readonly string[] = [
  'got expected error',
  'got the expected error',
  'as expected',
  'expected error',
  'expected denial',
  'expected message',
  'for example',
  'e.g.',
  'such as',
  'if you see',
  'when you see',
  'errors like',
  'error like',
  'something like',
  'should be denied with',
  'should fail with',
  'must fail with',
  'would fail with',
];
const hearsayLengthMax = Math.max(...hearsay.map(({ length }) => length)) + 1;

/** Whether the words in front tell of an example, or of what a test hoped for. */
export function isHearsay({ lower }: ErrorText, { start }: Span): boolean {
  let end = start;
  while (end > 0 && ' :"\'(,-='.includes(lower.charAt(end - 1)) && start - end < 8) end -= 1;
  const before = lower.slice(Math.max(0, end - hearsayLengthMax), end);
  return hearsay.some(
    (words) => before.endsWith(words) && !/^[a-z]$/.test(before.charAt(before.length - words.length - 1)),
  );
}
