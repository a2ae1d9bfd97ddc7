/**
 * Objects and kinds that are not there.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go (NewNotFound, NewGenericServerResponse)
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/meta/errors.go (NoKindMatchError)
 */
import { cited, shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { format, quoted, text as rest, word } from '../format.ts';
import { outside, says } from '../sayings.ts';
import { wholeWordsStart, wordBefore } from '../places.ts';
import { kindOf, missingKindSteps, missingSteps } from '../steps/missing.ts';

const engine = 'kube-apiserver';

const inVersion = format`no matches for kind "${quoted('kind', '"', 130)}" in version "${quoted('version', '"', 260)}"`;
const inGroup = format`no matches for kind "${quoted('kind', '"', 130)}" in group "${quoted('version', '"', 260)}"`;
const inNothing = format`no matches for kind "${quoted('kind', '"', 130)}"`;
const registered = format`no kind "${quoted('kind', '"', 130)}" is registered for version "${quoted('version', '"', 260)}"`;
const argo = format`the kubernetes api could not find ${word('kind', 300)} for requested resource ${word('object', 320)}`;
const resourceType = format`the server doesn't have a resource type "${quoted('kind', '"', 260)}"`;

/** Words in front of these that belong to the message. */
const heads = ['resource mapping not found for name: ', 'unable to recognize "'];
const installFirst = ' ensure crds are installed first';

const kinds: Signature = {
  anchors: [
    'no matches for kind "',
    'no kind "',
    'the kubernetes api could not find ',
    "the server doesn't have a resource type ",
  ],
  read(text, at) {
    const found = [inVersion, inGroup, inNothing, registered, argo, resourceType]
      .map((each) => each.read(text, at))
      .find((each) => each !== undefined);
    if (found === undefined) return undefined;
    const parts: { kind?: string; version?: string } = found.parts;
    const start = headOf(text, at);
    const end = text.lower.startsWith(installFirst, found.end) ? found.end + installFirst.length : found.end;
    const { kind, version } = fromSlash(parts);
    const what = kind === undefined ? 'a kind of the manifest' : `the kind ${shown(kind, 130)}`;
    return outside({
      category: 'missing',
      engine,
      certainty: 'stated',
      span: { start, end },
      evidence: [{ start, end }],
      sentence: `The cluster does not serve ${what}${version === undefined || version === '' ? '' : ` in ${shown(version)}`}: its definition is not installed, or this version of it is no longer served.`,
      steps: (about) => missingKindSteps({ kind, version }, about),
    });
  },
};

/** Argo CD writes group and kind in one: `monitoring.coreos.com/ServiceMonitor`. */
function fromSlash({ kind, version }: { kind?: string; version?: string }): {
  kind: string | undefined;
  version: string | undefined;
} {
  const slash = kind?.lastIndexOf('/') ?? -1;
  return kind !== undefined && slash > 0
    ? { kind: kind.slice(slash + 1), version: kind.slice(0, slash) }
    : { kind, version };
}

function headOf(text: ErrorText, at: number): number {
  const from = Math.max(0, at - 360);
  const window = text.lower.slice(from, at);
  const places = heads
    .map((head) => window.lastIndexOf(head))
    .filter((each) => each >= 0 && !window.slice(each).includes('no matches for'));
  return places.length === 0 ? at : from + Math.max(...places);
}

/** `secrets "x" not found`, `storageclass.storage.k8s.io "x" not found`, `RuntimeClass "x" not found`. */
const notFound: Signature = {
  anchors: ['" not found'],
  read(text, at) {
    const { flat } = text;
    const open = flat.lastIndexOf('"', at - 1);
    if (open < 1 || at - open > 320 || flat.charAt(open - 1) !== ' ') return undefined;
    const name = flat.slice(open + 1, at);
    const resource = wordBefore(text, open - 1, 260);
    const kind = kindOf(resource);
    if (kind === undefined || name === '') return undefined;
    const start = open - 1 - resource.length;
    return absent(text, { kind, name }, { start, end: at + '" not found'.length });
  },
};

/** @param span Of the words themselves; those in front of them in the line are quoted too. */
function absent(
  text: ErrorText,
  object: { kind: string; name: string | undefined; key?: string | undefined },
  span: Span,
): Finding {
  const { kind, name, key } = object;
  const start = Math.min(span.start, Math.max(wholeWordsStart(text, span.start, 90), 0));
  const named = name === undefined ? `a ${shown(kind, 80)}` : `the ${shown(kind, 80)} ${cited(name, 120)}`;
  return outside({
    category: 'missing',
    engine,
    certainty: 'stated',
    span,
    evidence: [{ start, end: span.end }],
    sentence:
      key === undefined
        ? `What is asked for needs ${named}, which is not there.`
        : `What is asked for needs the key ${cited(key, 80)} of ${named}, which is not there.`,
    steps: (about) => missingSteps(object, about),
  });
}

const keyForm = format`couldn't find key ${word('key', 253)} in ${word('kind', 40)} ${word('object', 320)}`;
const accountForm = format`error looking up service account ${word('account', 320)}: `;
/** Before 1.10. */
const olderAccountForm = format`service account ${word('account', 320)} was not found, retry after the service account is created`;
const tokenForm = format`no api token found for service account ${word('account', 320)}`;
const pullSecretForm = format`unable to retrieve pull secret ${word('secret', 320)} for `;
const pullSecretsForm = format`unable to retrieve some image pull secrets (${rest('secret', 900)})`;
const priorityClassForm = format`no priorityclass with name ${word('name', 260)}`;
const driverForm = format`driver name ${word('name', 260)} not found in the list of registered csi drivers`;

/** Messages with a grammar of their own, each with the kind and the name that are not there. */
const others: Signature = {
  anchors: [
    "couldn't find key ",
    'error looking up service account ',
    'service account ',
    'no api token found for service account ',
    'unable to retrieve pull secret ',
    'unable to retrieve some image pull secrets (',
    'no priorityclass with name ',
    'driver name ',
  ],
  read(text, at) {
    const key = keyForm.read(text, at);
    if (key !== undefined) {
      const { kind, object } = key.parts;
      const known = kind === undefined ? undefined : kindOf(kind);
      return known === undefined
        ? undefined
        : absent(text, { kind: known, name: object?.slice(object.lastIndexOf('/') + 1), key: key.parts.key }, key);
    }
    const token = tokenForm.read(text, at);
    const account = accountForm.read(text, at) ?? olderAccountForm.read(text, at) ?? token;
    if (account !== undefined) {
      const name = account.parts.account?.replaceAll(',', '');
      const end = Math.max(account.end, Math.min(text.lineEnd(at), at + 500));
      return absent(
        text,
        {
          kind: token === undefined ? 'ServiceAccount' : 'token of the ServiceAccount',
          name: name?.slice(name.lastIndexOf('/') + 1),
        },
        { start: account.start, end },
      );
    }
    const secret = pullSecretForm.read(text, at) ?? pullSecretsForm.read(text, at);
    if (secret !== undefined) {
      const [name = ''] = (secret.parts.secret ?? '').split(/[, ]/, 1);
      const end = Math.max(secret.end, Math.min(text.lineEnd(at), at + 500));
      return absent(
        text,
        { kind: 'Secret', name: name === '' ? undefined : name.slice(name.lastIndexOf('/') + 1) },
        { start: at, end },
      );
    }
    const priority = priorityClassForm.read(text, at);
    if (priority !== undefined) return absent(text, { kind: 'PriorityClass', name: priority.parts.name }, priority);
    const driver = driverForm.read(text, at);
    return driver === undefined ? undefined : absent(text, { kind: 'CSIDriver', name: driver.parts.name }, driver);
  },
};

const keyless = format`references non-existent ${rest('what', 200)}`;

/** `configmap references non-existent config key: x` */
const keys: Signature = {
  anchors: ['references non-existent '],
  read(text, at) {
    const found = keyless.read(text, at);
    const what = found?.parts.what ?? '';
    const colon = what.indexOf(': ');
    if (found === undefined || colon < 0) return undefined;
    const kind = what.toLowerCase().startsWith('secret') ? 'Secret' : 'ConfigMap';
    return absent(text, { kind, name: undefined, key: what.slice(colon + 2) }, found);
  },
};

/** What stands around a call of a webhook is told of as such. */
const ofWebhook = ['failed calling', 'failed to call webhook', 'conversion webhook'];

export const missingSignatures: readonly Signature[] = [
  kinds,
  others,
  keys,
  notFound,
  ...says({ category: 'missing', engine }, [
    {
      words: ['could not find the requested resource'],
      never: ofWebhook,
      certainty: 'likely',
      sentence:
        'The API server does not serve what was asked for: its definition is not installed, or this version of the API is no longer served.',
      advice: [
        'See with kubectl api-resources and kubectl api-versions what is served, and install what defines the rest.',
      ],
    },
    {
      words: [
        'ensure crds are installed first',
        'if kind is a crd, it should be installed before calling start',
        'crd may not be installed',
        'no kind is registered for the type',
        'api did not recognize groupversionkind from manifest',
        'unable to retrieve the complete list of server apis',
        'the server is currently unable to handle the request',
        'could not find the requested kind',
      ],
      never: ofWebhook,
      certainty: 'likely',
      sentence: 'A kind of object is not served: its definition is not installed, or what serves it does not answer.',
      advice: ['See with kubectl api-resources and kubectl get apiservices what is served.'],
    },
    {
      words: ['because it is being terminated', 'unable to create new content in namespace'],
      sentence: 'The namespace is being deleted: nothing new can be created in it.',
      advice: [
        'Wait until it is gone and create it anew, or use another one; kubectl get namespace with -o yaml tells what its deletion waits for.',
      ],
    },
    {
      words: ['no persistent volumes available for this claim'],
      sentence: 'The claim names no StorageClass, there is no default one, and no volume fits it.',
      advice: [
        'Set spec.storageClassName of the claim to one of those that kubectl get storageclass lists, or have one made the default.',
      ],
    },
    {
      words: [
        'waiting for a volume to be created',
        'no volume plugin matched',
        'cannot find volume plugin',
        'externalprovisioning',
      ],
      certainty: 'likely',
      sentence: 'What provisions volumes of that StorageClass is not there or has not done it yet.',
      advice: ['Look whether the provisioner that the StorageClass names is installed and running.'],
      privilege: 'cluster-admin',
    },
    {
      words: ['does not contain driver ', 'no csidriver', 'csidriver.storage.k8s.io "'],
      beside: ['csinode', 'csidriver'],
      sentence: 'The driver of that volume does not run on the node (yet), or is not installed.',
      advice: ['Look whether the pods of the CSI driver run on that node, and whether the driver is installed at all.'],
      privilege: 'cluster-admin',
    },
    {
      words: ['cannot find volume "', 'is not allowed because service account'],
      sentence: 'The pod mounts something that is not declared for it.',
      advice: ['Declare the volume in spec.volumes of the pod, or the Secret in the ServiceAccount that it runs as.'],
    },
    {
      words: [
        'missing request for cpu',
        'missing request for memory',
        'no metrics returned from resource metrics api',
        'unable to fetch metrics from resource metrics api',
        'unable to get metrics for resource',
      ],
      sentence:
        'The autoscaler lacks metrics: containers state no request for the resource, or no metrics server answers.',
      advice: [
        'Set resources.requests of each container of the pods, and look whether the metrics API is served (kubectl get apiservices).',
      ],
    },
    {
      words: [
        'does not have any active endpoint',
        'ingress does not contain a valid ingressclass',
        'no ingressclass',
        'error obtaining endpoints for service',
        'could not find service',
        'service does not exist',
      ],
      never: ['as an installed service', 'systemctl', 'systemd', 'docker', 'daemon'],
      certainty: 'likely',
      sentence: 'What an Ingress refers to, a class, a Service or a pod behind it, is not there.',
      advice: [
        'Look at spec.ingressClassName, the name and port of the Service, and whether pods that it selects are ready.',
      ],
    },
    {
      words: ['not registered'],
      beside: ['mountvolume.setup failed', 'object "'],
      sentence:
        'The kubelet does not know a ConfigMap or Secret of the pod (yet): the pod is gone, or the node has just started.',
      advice: ['Wait a minute; then look whether the ConfigMap or Secret is in the namespace of the pod.'],
    },
    {
      words: ['hostpath type check failed'],
      sentence: 'A path that the pod mounts from its node is not there, or is something else.',
      advice: ['Correct spec.volumes.hostPath.path and type, or have the path made on the nodes.'],
    },
    {
      words: ['release: not found', 'has no deployed releases', 'could not find tiller'],
      certainty: 'likely',
      sentence: 'Helm knows no such release in this namespace.',
      advice: ['See with helm list --all-namespaces which releases there are.'],
    },
  ]),
];
