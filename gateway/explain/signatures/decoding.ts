/**
 * Manifests that cannot be read: no YAML or JSON, or not of the schema of their kind.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/error.go (strictDecodingError)
 */
import type { Signature } from '../finding.ts';
import { nearby, says } from '../sayings.ts';

/** Stands near words about decoding when an object of Kubernetes was decoded. */
const ofManifest = [
  'error validating',
  'error when ',
  'unable to decode',
  'cannot be handled as',
  'unable to build kubernetes',
  'kubectl',
  'kustomiz',
  'helpers.go',
  'helm',
  'manifest',
  'apiversion',
  'objectmeta',
  'podspec',
  'go struct field container.',
  'metadata',
  '.spec.',
  'spec.template',
  'reflector.go',
  'reconcil',
  'bad request',
  'badrequest',
];

const adviceUnknown =
  'Correct the name and the place of the field; kubectl explain with the kind and the path tells which there are.';

export const decodingSignatures: readonly Signature[] = says({ category: 'immutable', engine: 'kube-apiserver' }, [
  {
    words: [
      'strict decoding error',
      'error validating data',
      'found invalid field ',
      'validationerror(',
      'cannot be handled as a ',
      'unknown field "spec',
      'unknown field "metadata',
      'unknown field "data',
      'cannot restore slice from map',
      'cannot restore struct from',
      'missing required field "',
    ],
    holds: (text, at) =>
      !['denied the request', 'no matches for kind', 'failed to download openapi'].some((each) =>
        nearby(text, at).includes(each),
      ),
    sentence: 'The manifest does not fit the schema of its kind: a field is not known, missing, or of another type.',
    advice: [adviceUnknown],
  },
  {
    // Programs of every kind say the first; what stands around it tells whether it was a manifest.
    words: ['json: cannot unmarshal ', 'json: unknown field "'],
    beside: ofManifest,
    never: ['denied the request', 'failed calling webhook', 'error response from daemon'],
    sentence: 'The manifest does not fit the schema of its kind: a field is not known, or of another type.',
    advice: [adviceUnknown],
  },
  {
    words: [
      'error converting yaml to json',
      'error parsing /',
      'mapping values are not allowed in this context',
      'did not find expected key',
      'found character that cannot start any token',
    ],
    beside: ['yaml', 'json'],
    never: ['docker-compose', 'compose.y', 'playbook', 'ansible', '.github/workflows', '.gitlab-ci'],
    sentence: 'The manifest cannot be read as YAML or JSON.',
    advice: [
      'Correct the line that the message names: mostly it is the indentation, a tab or a missing quotation mark.',
    ],
  },
]);
