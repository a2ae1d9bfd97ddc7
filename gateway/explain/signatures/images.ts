/**
 * Images that were not pulled. The node pulls them, so no rule for the network of pods has a part in it.
 *
 * @see https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet/images
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
import { manual } from '../../remediation/steps.ts';
import { cited } from '../../words.ts';
import type { Signature } from '../finding.ts';
import { nearby, outside, quotationAt, says } from '../sayings.ts';

const engine = 'image-pull';

interface Reason {
  /** Any of these stands in the message, in lower case. */
  readonly words: readonly string[];
  readonly sentence: string;
  readonly advice: string;
}

const reasons: readonly Reason[] = [
  {
    words: ['toomanyrequests', 'too many requests', 'pull rate limit', 'rate limit'],
    sentence: 'the registry limits how often one may pull',
    advice: 'Pull with an account (imagePullSecrets) or through a mirror or cache of your own, or wait.',
  },
  {
    words: ['x509', 'tls: ', 'tls handshake', 'certificate', 'http response to https client'],
    sentence: 'the node does not accept the certificate or encryption of the registry',
    advice: 'Have the authority of the registry trusted by the nodes, or the registry set up for TLS.',
  },
  {
    words: ['no match for platform', 'no matching manifest for', 'no image found in manifest list'],
    sentence: 'there is none for the platform of the node',
    advice: 'Use an image that is built for it, or a node selector kubernetes.io/arch.',
  },
  {
    words: [
      'manifest unknown',
      'manifest for',
      'not found',
      'name unknown',
      'name_unknown',
      'manifest_unknown',
      'does not exist or no pull access',
    ],
    sentence: 'the registry has no image of that name and tag, or shows none without credentials',
    advice: 'Correct the name, tag or digest of the image; for a private one give the pod imagePullSecrets.',
  },
  {
    words: [
      'pull access denied',
      'unauthorized',
      'authentication required',
      'no basic auth credentials',
      'requested access to the resource is denied',
      'insufficient_scope',
      '403',
      '401',
      'denied',
      'forbidden',
      'authorization failed',
      'failed to fetch anonymous token',
      'failed to fetch oauth token',
    ],
    sentence: 'the registry wants other credentials, or there is no such repository',
    advice:
      'Give the pod imagePullSecrets of that registry in its own namespace (or its ServiceAccount), and see that the account may pull.',
  },
  {
    words: ['no space left on device', 'disk'],
    sentence: 'the disk of the node is full',
    advice: 'Have images and logs removed from the node.',
  },
  {
    words: [
      'i/o timeout',
      'no such host',
      'connection refused',
      'deadline exceeded',
      'no route to host',
      'connection reset',
      'eof',
      'timeout',
      'network is unreachable',
      'server misbehaving',
      'canceled',
    ],
    sentence: 'the node did not reach the registry',
    advice:
      'Look at the network, the proxy and the name resolution of the node: it pulls, and no NetworkPolicy for pods binds it.',
  },
];

/** With the reason that the rest of the message gives. */
function pull(anchors: readonly string[]): Signature {
  return {
    anchors,
    read(text, at) {
      const word = anchors.find((each) => text.lower.startsWith(each, at)) ?? '';
      const end = Math.min(text.lineEnd(at), at + 900);
      const line = text.lower.slice(at, end);
      const reason = reasons.find(({ words }) => words.some((each) => line.includes(each)));
      const image = word.endsWith('"')
        ? text.flat.slice(at + word.length, text.flat.indexOf('"', at + word.length))
        : '';
      const title = image === '' || image.length > 300 ? 'An image' : `The image ${cited(image)}`;
      const quotation = quotationAt(text, at, word.length);
      return outside({
        category: 'negative',
        engine,
        certainty: 'stated',
        span: { start: at, end },
        evidence: [{ start: quotation.start, end: Math.min(end, quotation.start + 300) }],
        sentence: `${title} was not pulled${reason === undefined ? '' : `: ${reason.sentence}`}.`,
        steps: () => [
          manual(
            reason?.advice ??
              'See with kubectl describe pod what the registry answered: the name of the image, credentials or the network of the node.',
            'developer',
          ),
        ],
      });
    },
  };
}

/** The HTTP interface of registries: https://registry.example/v2/… */
const registryUrl: Signature = {
  anchors: ['/v2/'],
  read(text, at) {
    const near = nearby(text, at);
    const before = text.lower.slice(Math.max(0, at - 120), at);
    if (!before.includes('://') || before.slice(before.lastIndexOf('://')).includes(' ')) return undefined;
    const refusals = [
      'tls',
      'x509',
      'unauthorized',
      'denied',
      'toomanyrequests',
      '401',
      '403',
      '404',
      '429',
      'http response to https',
      'no basic auth',
      'manifests',
    ];
    const inside = ['.svc', 'failed calling webhook', 'elasticsearch', 'dial tcp', 'etcd'];
    if (!refusals.some((each) => near.includes(each)) || inside.some((each) => near.includes(each))) return undefined;
    const end = Math.min(text.lineEnd(at), at + 500);
    const reason = reasons.find(({ words }) => words.some((each) => text.lower.slice(at, end).includes(each)));
    return outside({
      category: 'negative',
      engine,
      certainty: 'likely',
      span: { start: at, end },
      evidence: [quotationAt(text, at, 4)],
      sentence: `A registry of images was asked${reason === undefined ? ' and refused' : `: ${reason.sentence}`}.`,
      steps: () => [
        manual(reason?.advice ?? 'Look at the name of the image and at the credentials for the registry.', 'developer'),
      ],
    });
  },
};

export const imageSignatures: readonly Signature[] = [
  pull([
    'failed to pull image "',
    'back-off pulling image "',
    'failed to pull and unpack image "',
    'failed to resolve reference "',
    'failed to pull image ',
    'error pulling image configuration: ',
    'pulling image "',
    'pull access denied for ',
    'failed to apply default image tag "',
    'couldn\'t parse image reference "',
    'couldn\'t parse image name "',
  ]),
  registryUrl,
  ...says({ category: 'negative', engine }, [
    {
      words: ['is not present with pull policy of never', 'errimageneverpull'],
      sentence:
        'The image is not on the node, and the pod says imagePullPolicy: Never; no policy of the cluster is meant.',
      advice: ['Load the image onto the node, or take imagePullPolicy: IfNotPresent.'],
    },
    {
      words: [
        'toomanyrequests: ',
        'you have reached your pull rate limit',
        'you have reached your unauthenticated pull rate limit',
      ],
      never: ['evict', 'disruption budget', 'healthy pods'],
      sentence: 'The registry of images limits how often one may pull.',
      advice: ['Pull with an account (imagePullSecrets) or through a mirror or cache of your own, or wait.'],
    },
    {
      words: ['invalidimagename', 'invalid reference format'],
      sentence: 'The name of the image is not written as names of images are.',
      advice: ['Correct the image of the container: small letters, one tag, no https:// in front.'],
    },
    {
      words: [
        'manifest unknown',
        'no basic auth credentials',
        'requested access to the resource is denied',
        'unauthorized: authentication required',
        'no match for platform in manifest',
        'no matching manifest for',
        'server gave http response to https client',
        'insufficient_scope: authorization failed',
        'failed to fetch anonymous token',
        'errregistryunavailable',
        'registryunavailable',
      ],
      sentence:
        'A registry of images refused: the image is not there, wants other credentials, or is for another platform.',
      advice: ['Correct the name of the image, or give the pod imagePullSecrets for the registry.'],
    },
    {
      words: [
        'errimagepull',
        'imagepullbackoff',
        'imageinspecterror',
        'signaturevalidationfailed',
        'is rejected by policy',
      ],
      certainty: 'likely',
      never: ['denied the request'],
      sentence: 'The node did not get the image of a container.',
      advice: [
        'See with kubectl describe pod what the registry answered: the name of the image, credentials or the network of the node.',
      ],
    },
  ]),
];
