/**
 * What to do about a webhook that gave no answer: where to look, by the reason that the message tells.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import { isDnsLabel, isDnsSubdomain } from '../../../kube/names.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import { shown } from '../../words.ts';
import type { About } from '../finding.ts';
import type { Asked, FailureKind } from '../signatures/webhook-failure.ts';
import type { WebhookOwner } from '../signatures/webhook-owners.ts';

/** What a conversion webhook converts. */
export interface ConversionOf {
  readonly group: string;
  readonly kind: string;
}

interface Failure {
  readonly asked: Asked;
  readonly failure: FailureKind | undefined;
}

/** Of a webhook for admission. */
export function webhookFailureSteps(
  {
    hook,
    owner,
    asked,
    failure,
  }: Failure & { readonly hook: string | undefined; readonly owner: WebhookOwner | undefined },
  about: About,
): readonly RemediationStep[] {
  const program = owner?.title ?? (hook === undefined ? 'the webhook' : `the webhook ${shown(hook)}`);
  return [
    ...(isPassing(failure)
      ? [manual('Try again: pods that start or change places look like this for a minute.', 'developer')]
      : []),
    ...lookAt({ asked, failure }),
    ask(about, `${needed(failure, program)}.`, 'cluster-admin'),
    manual(
      'While it is down, requests that it is asked about pass only with failurePolicy Ignore in its configuration: then nothing is checked. That is for emergencies.',
      'cluster-admin',
    ),
  ].slice(0, 4);
}

/** Of a webhook that converts objects between versions. */
export function conversionSteps(
  { conversion: { group, kind }, asked, failure }: Failure & { readonly conversion: ConversionOf },
  about: About,
): readonly RemediationStep[] {
  const what = kind === '' ? 'that kind' : shown(kind, 63);
  return [
    ...lookAt({ asked, failure }),
    ask(about, `${needed(failure, `the webhook that converts ${what}`)}.`, 'cluster-admin'),
    ...(isDnsSubdomain(group)
      ? [
          kubectl(
            `Find the CustomResourceDefinition of ${what}: the webhook stands in its spec.conversion.`,
            [
              'get',
              'customresourcedefinitions',
              '-o',
              `custom-columns=NAME:.metadata.name,GROUP:.spec.group,SERVICE:.spec.conversion.webhook.clientConfig.service`,
            ],
            'cluster-admin',
          ),
        ]
      : []),
  ];
}

function isPassing(failure: FailureKind | undefined): boolean {
  return failure === 'timeout' || failure === 'refused' || failure === 'endpoints' || failure === 'closed';
}

/** What must be done, as it follows `Ask the contact `. */
function needed(failure: FailureKind | undefined, program: string): string {
  switch (failure) {
    case 'endpoints':
    case 'refused':
      return `to bring ${program} up again: its pods must run and be ready`;
    case 'service':
      return `to bring ${program} back, or to delete its webhook configuration if it was removed on purpose`;
    case 'port':
      return `to set the port of ${program} to one that its Service has`;
    case 'unreachable':
      return `to let the API server reach the pods of ${program}: network policies, firewall rules and security groups must allow the port on which they listen`;
    case 'timeout':
      return `why ${program} answers too late: load, few replicas, or packets that are dropped on the way from the API server`;
    case 'closed':
      return `to look at the log of ${program}: it closes connections, as when it restarts or speaks another protocol`;
    case 'dns':
      return `to correct the host of ${program}, or the DNS of the control plane`;
    case 'authority':
      return `to renew the caBundle of ${program}: it must hold the authority that signed the certificate it serves`;
    case 'expired':
      return `to renew the certificate of ${program}, and to check the clocks`;
    case 'hostname':
      return `to make out the certificate of ${program} to the name of its Service (name.namespace.svc)`;
    case 'tls':
      return `to let ${program} serve TLS at that port, with a certificate that the API server accepts`;
    case 'path':
      return `to correct the path of ${program}, or to delete its webhook configuration: it is left over, or belongs to another version`;
    case 'server':
    case 'response':
      return `to look at the log of ${program}: it fails, or is of a version that does not fit`;
    case 'rejected':
      return `to let ${program} accept what the API server asks, which comes without credentials by default`;
    case 'proxy':
      return `to repair the way from the control plane to the nodes (proxy, konnectivity)`;
    case 'setup':
      return `to correct the configuration of ${program}`;
    case undefined:
      return `to look after ${program}`;
    default:
      return failure satisfies never;
  }
}

function lookAt({ asked: { service, namespace }, failure }: Failure): RemediationStep[] {
  if (service === undefined || namespace === undefined) return [];
  if (!isDnsLabel(service) || !isDnsLabel(namespace)) return [];
  const pods = kubectl(
    `See whether the pods in namespace ${namespace} run and are ready.`,
    ['get', 'pods', '-n', namespace, '-o', 'wide'],
    'cluster-admin',
  );
  const endpoints = kubectl(
    `See which pods stand behind the Service ${service}.`,
    ['get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${service}`],
    'cluster-admin',
  );
  const object = kubectl(
    `See whether the Service ${service} is there, with its ports and what it selects.`,
    ['get', 'service', { value: service }, '-n', namespace, '-o', 'yaml'],
    'cluster-admin',
  );
  const policies = kubectl(
    `See which network policies stand in namespace ${namespace}: one must let the API server in.`,
    ['get', 'networkpolicies', '-n', namespace],
    'cluster-admin',
  );
  switch (failure) {
    case 'endpoints':
    case 'refused':
    case 'closed':
    case 'server':
      return [endpoints, pods];
    case 'service':
    case 'port':
      return [object];
    case 'unreachable':
      return [policies, pods];
    case 'timeout':
      return [pods, policies];
    case 'authority':
    case 'expired':
    case 'hostname':
    case 'tls':
      return [pods];
    case 'dns':
    case 'path':
    case 'rejected':
    case 'proxy':
    case 'response':
    case 'setup':
    case undefined:
      return [endpoints];
    default:
      return failure satisfies never;
  }
}
