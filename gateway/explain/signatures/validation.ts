/**
 * Validation of the API server itself: fields that cannot be changed, and values that no object may have.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go (Error.ErrorBody)
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go (NewInvalid, NewConflict, NewApplyConflict)
 */
import type { ErrorText, Span } from '../error-text.ts';
import { fieldErrors, fieldErrorWords, pathBefore } from '../field-errors.ts';
import type { Signature } from '../finding.ts';
import { nearby, outside, says } from '../sayings.ts';
import { wholeWordsStart, wordBefore } from '../places.ts';
import { decodingSignatures } from './decoding.ts';
import { type FieldError, validationSteps, validationWords } from '../steps/validation.ts';

const engine = 'kube-apiserver';

const messageLengthMax = 2_400;

/** `Deployment.apps "web" is invalid: …`, of kubectl `The Deployment "web" is invalid: …` with a line for each cause. */
const invalidObject: Signature = {
  anchors: ['" is invalid: '],
  read(text, at) {
    const { flat, lower } = text;
    const open = flat.lastIndexOf('"', at - 1);
    if (open < 1 || at - open > 320 || flat.charAt(open - 1) !== ' ') return undefined;
    const kind = wordBefore(text, open - 1, 260);
    const from = at + '" is invalid: '.length;
    // Of a policy kubectl leaves the field out: `is invalid: : ValidatingAdmissionPolicy …`.
    if (kind === '' || lower.slice(from, from + 80).includes('admissionpolicy')) return undefined;
    const span = { start: open - 1 - kind.length, end: endOfErrors(text, from) };
    return about(text, { kind, name: flat.slice(open + 1, at) }, span, fieldErrors(text, from, span.end), 'stated');
  },
};

function about(
  text: ErrorText,
  object: { kind: string; name: string } | undefined,
  span: Span,
  errors: readonly FieldError[],
  certainty: 'stated' | 'likely',
) {
  const end = Math.min(span.end, span.start + 300);
  return outside({
    category: 'immutable',
    engine,
    certainty,
    span,
    evidence: [{ start: object === undefined ? wholeWordsStart(text, span.start, 60) : span.start, end }],
    sentence: validationWords(object, errors),
    steps: (question) => validationSteps(object, errors, question),
  });
}

/** The line, the lines of a list of kubectl, or a list in brackets that goes over several lines. */
function endOfErrors(text: ErrorText, from: number): number {
  const lines = text.linesFrom(from, messageLengthMax);
  const lineEnd = lines[0]?.end ?? from;
  const next = nextObject(text, from, lineEnd);
  if (next !== undefined) return next;
  let end = lineEnd;
  const isList = text.flat.charAt(from) === '[' && !text.flat.slice(from, end).includes(']');
  for (const line of lines.slice(1)) {
    const goesOn = isList ? line.start - from < messageLengthMax : text.flat.startsWith('* ', line.start);
    if (!goesOn) break;
    end = line.end;
    if (isList && text.flat.slice(line.start, line.end).includes(']')) break;
  }
  return end;
}

/** Argo CD puts the errors of several objects on one line, with commas between: where the next object begins. */
function nextObject({ flat, lower }: ErrorText, from: number, lineEnd: number): number | undefined {
  const line = lower.slice(from, lineEnd);
  const places = ['" is invalid: ', '" is forbidden: '].map((words) => line.indexOf(words)).filter((at) => at >= 0);
  if (places.length === 0) return undefined;
  const open = flat.lastIndexOf(' "', from + Math.min(...places) - 1);
  const comma = flat.lastIndexOf(',', open);
  // Between the comma and the name stands the kind alone.
  if (
    comma < from ||
    flat
      .slice(comma + 1, open)
      .trim()
      .includes(' ')
  )
    return undefined;
  return comma;
}

/** Where fields of objects of Kubernetes begin. */
const roots: ReadonlySet<string> = new Set([
  'spec',
  'metadata',
  'data',
  'stringData',
  'roleRef',
  'subjects',
  'rules',
  'webhooks',
  'status',
  'template',
  'provisioner',
  'parameters',
  'reclaimPolicy',
  'volumeBindingMode',
  'involvedObject',
  'value',
  'overhead',
  'handler',
  'type',
  'immutable',
  'selector',
  'volumes',
  'containers',
]);

/** A field error without the object that it is of. */
const fieldError: Signature = {
  anchors: fieldErrorWords,
  read(text, at) {
    const path = pathBefore(text, at);
    const root = path.split('.', 1)[0]?.split('[', 1)[0] ?? '';
    if (!roots.has(root)) return undefined;
    // Others who judge manifests say it in the same form.
    const near = nearby(text, at);
    if (
      ['denied the request', 'security context constraint', 'podsecuritypolicy', 'admissionpolicy'].some((each) =>
        near.includes(each),
      )
    )
      return undefined;
    const span = { start: at - path.length, end: Math.min(text.lineEnd(at), at + 600) };
    return about(text, undefined, span, fieldErrors(text, at, span.end), 'likely');
  },
};

/** What registries and stores keep for good: nothing of an object of Kubernetes. */
const keptElsewhere = [
  'image tag',
  'tag is immutable',
  'repository is immutable',
  'configured as immutable',
  'tag immutability',
  'blob is immutable',
  'blobimmutable',
  'retention polic',
  'object lock',
];

export const validationSignatures: readonly Signature[] = [
  invalidObject,
  ...decodingSignatures,
  ...says({ category: 'immutable', engine }, [
    {
      words: [
        'field is immutable',
        'is immutable after creation',
        'cannot change roleref',
        'may not change once set',
        'may not be changed once set',
        'updates to statefulset spec for fields other than',
        'pod updates may not change fields other than',
        'pod updates may not add or remove containers',
        'updates to provisioner are forbidden',
        'updates to parameters are forbidden',
        'value is immutable',
        'primary clusterip can not be unset',
      ],
      sentence: 'The API server refuses to change a field that cannot be changed once the object is there.',
      advice: ['Leave the field as it is, or delete the object and create it anew.'],
    },
    {
      words: [
        'is immutable',
        'are immutable',
        'cannot be changed after creation',
        'cannot be modified after creation',
        'field cannot be changed',
      ],
      certainty: 'likely',
      never: ['denied the request', 'admissionpolicy', ...keptElsewhere],
      sentence: 'A field is meant to be changed that cannot be changed once the object is there.',
      advice: ['Leave the field as it is, or delete the object and create it anew.'],
    },
    {
      words: [
        'provided port is already allocated',
        'provided ip is already allocated',
        'provided ip is not in the valid range',
        'provided port is not in the valid range',
        'failed to allocate a nodeport',
        'failed to allocate ip',
        'range is full',
      ],
      beside: ['nodeport', 'clusterip', 'port', 'ip', 'service'],
      sentence: 'The port or address of the Service is taken already, or lies outside of the range of the cluster.',
      advice: ['Leave nodePort or clusterIP out, so that a free one is taken, or take another one.'],
    },
    {
      words: [
        'only dynamically provisioned pvc can be resized',
        'only bound persistent volume claims can be expanded',
        'field can not be less than previous value',
        'field can not be less than status.capacity',
      ],
      sentence:
        'The claim cannot be resized so: claims only grow, when they are bound and their StorageClass allows it.',
      advice: ['Look at allowVolumeExpansion of the StorageClass, or make a new claim and copy the data.'],
    },
    {
      words: ['this namespace may not be deleted'],
      sentence: 'The API server never deletes the namespaces that the cluster itself needs.',
      advice: ['Delete the objects in it instead.'],
    },
    {
      words: ["pod's overhead doesn't match runtimeclass's", 'conflict: runtimeclass.scheduling.nodeselector'],
      sentence: 'The pod says something else than the RuntimeClass that it names.',
      advice: ['Leave overhead and the node selector to the RuntimeClass.'],
    },
    {
      words: [
        'may not be more than 262144',
        'must have at most 262144 bytes',
        'must have at most 1048576 bytes',
        'may not be more than 1048576',
      ],
      sentence: 'The annotations or the data of the object are longer than the API server takes.',
      advice: [
        'Apply with kubectl apply --server-side, which keeps no copy in an annotation; else make the object smaller.',
      ],
    },
    {
      words: [
        'a lowercase rfc 1123',
        'a dns-1123 ',
        'a dns-1035 ',
        'a valid label must be',
        'a qualified name must consist',
        'a valid config key must',
        'must be no more than 63 characters',
        'must be no more than 253 characters',
        'must be no more than 15 characters',
        'must be no more than 52 characters',
        'quantities must match the regular expression',
        'unable to parse quantity',
      ],
      never: ['denied the request'],
      sentence: 'A name, label or quantity is not written as Kubernetes wants it.',
      advice: [
        'Names: small letters, digits, - (and . where they may have dots), at most 63 or 253 characters; quantities as 500m or 1Gi.',
      ],
    },
    {
      words: [
        'the namespace from the provided object',
        'the api version in the data (',
        'does not match the name on the url',
        'must be specified for an update',
        'resource name may not be empty',
        'name or generatename is required',
        'name: required value',
      ],
      sentence:
        'The request does not fit itself: name, namespace or version of the object and of the request differ or are missing.',
      advice: ['Correct metadata and apiVersion in the manifest, or the namespace in the command (-n).'],
    },
    {
      words: ['apply failed with '],
      beside: ['conflict'],
      sentence: 'Another manager owns fields that are meant to be set with server-side apply.',
      advice: [
        'Leave these fields out of the manifest, or take them over with kubectl apply --server-side --force-conflicts.',
      ],
    },
  ]),
  fieldError,
  ...says({ category: 'negative', engine }, [
    {
      words: [
        'the object has been modified; please apply your changes',
        'storageerror: invalid object, code: 4',
        'please apply your changes to the latest version',
        'precondition failed: uid in precondition',
      ],
      certainty: 'likely',
      sentence:
        'Somebody else changed the object at the same time, so the API server did not take an older version of it; nothing forbids the change.',
      advice: ['Read the object anew and try again: controllers do so by themselves.'],
    },
    {
      words: [
        '" already exists',
        'cannot re-use a name that is still in use',
        'cannot be imported into the current release',
        'invalid ownership metadata',
        'another operation (install/upgrade/rollback) is in progress',
      ],
      certainty: 'likely',
      never: ['failed calling'],
      sentence: 'An object or release of that name is there already.',
      advice: ['Change the one that is there (kubectl apply, helm upgrade), remove it, or take another name.'],
    },
  ]),
];
