/**
 * Cloud providers: their quotas, request rates, identities and organisation policies. Codes stand where the client libraries
 * put them.
 *
 * @see https://github.com/googleapis/google-api-go-client/blob/main/googleapi/googleapi.go (Error)
 * @see https://github.com/Azure/go-autorest/blob/main/autorest/azure/azure.go (RequestError)
 */
import type { Signature } from '../finding.ts';
import { nearby, says } from '../sayings.ts';
import { runFrom, startsWord } from '../places.ts';
import { behind, codeFrom, refusal } from '../provider-refusals.ts';

const google = { engine: 'google-cloud', title: 'Google Cloud' };
const azure = { engine: 'azure', title: 'Azure' };
const oracle = { engine: 'oracle-cloud', title: 'Oracle Cloud' };

/** Codes of AWS that older clients print bare, in front of the message. */
const bareAzureCodes = [
  'authorizationfailed',
  'linkedauthorizationfailed',
  'requestdisallowedbypolicy',
  'skunotavailable',
  'allocationfailed',
  'zonalallocationfailed',
  'subscriptionrequeststhrottled',
  'publicipcountlimitreached',
  'quotaexceeded',
  'scopelocked',
];

export const cloudSignatures: readonly Signature[] = [
  refusal(oracle, 'service error:', behind('service error:', 'http status code')),
  refusal(oracle, 'error returned by ', (text, at) =>
    nearby(text, at).includes('opc-request-id') ? 'by its service' : undefined,
  ),
  refusal(azure, 'code="', (text, at) =>
    nearby(text, at).includes('message="') ? runFrom(text, at + 'code="'.length, '"', 80) : undefined,
  ),
  refusal(azure, 'error code: ', behind('error code: ', 'management.azure.com')),
  refusal(azure, 'aadsts', (text, at) => codeFrom(text, at)),
  ...bareAzureCodes.map((word) =>
    refusal(azure, word, (text, at) =>
      startsWord(text, at) && nearby(text, at).includes('azure') ? codeFrom(text, at) : undefined,
    ),
  ),
  refusal(google, 'googleapi: ', (text, at) => {
    const near = text.lower.slice(at, at + 500);
    // Told of below, as the policy of an organisation.
    if (near.includes('constraints/')) return undefined;
    const code = [
      'quotaexceeded',
      'ratelimitexceeded',
      'accessnotconfigured',
      'insufficientpermissions',
      'resource_exhausted',
    ].find((each) => near.includes(each));
    if (code !== undefined) return code;
    return near.includes('error 403') || near.includes('error 401')
      ? 'forbidden'
      : near.includes('quota')
        ? 'quota'
        : 'googleapi error';
  }),
  ...says({ category: 'negative', engine: 'google-cloud' }, [
    {
      words: [
        'constraint constraints/',
        "constraint 'constraints/",
        'org policy constraint',
        'organization policy constraint',
      ],
      sentence:
        'An organisation policy of Google Cloud forbids this: the word constraint means no rule of the cluster here.',
      advice: [
        'Ask who administers the Google Cloud organisation for an exception, or set up the resource as that constraint demands.',
      ],
    },
    {
      words: [
        'quota metrics exceed quota limits',
        'zone_resource_pool_exhausted',
        'consumer_quota',
        'quotas_exceeded',
        'quota_exceeded',
        'gce_stockout',
        'gce quota exceeded',
      ],
      sentence: 'A quota of the Google Cloud project is used up; no ResourceQuota of the cluster is meant.',
      advice: ['Look at the quotas of the project and region, free some of it, or ask Google Cloud for more.'],
    },
    {
      words: [
        'quota exceeded for quota metric',
        "quota 'cpus",
        "quota 'ssd_total",
        "quota 'in_use_addresses",
        "quota 'instances",
        "quota 'disks_total",
        "quota 'nvidia",
        'googleapis.com/',
      ],
      beside: ['exceeded', 'resource_exhausted', 'quota exceeded', 'permission_denied', 'permission denied', ' denied'],
      never: ['container.googleapis.com/v1beta1/namespaces', 'failed calling webhook'],
      sentence: 'Google Cloud refused a call, for a quota or permission of the project.',
      advice: ['Look at the quotas of the project and at what the identity that asked may do there.'],
    },
    {
      words: [
        '"status": "resource_exhausted"',
        '"status":"resource_exhausted"',
        'iam_permission_denied',
        'the caller does not have permission',
        '"status": "permission_denied"',
        '"status":"permission_denied"',
      ],
      sentence: 'An API of Google refused a call, for a quota or permission of the project.',
      advice: ['Look at the quotas of the project and at what the identity that asked may do there.'],
    },
    {
      words: [
        'does not have storage.',
        'does not have iam.',
        'does not have compute.',
        "permission 'iam.",
        "permission 'compute.",
        "permission 'storage.",
        "permission 'secretmanager.",
        "permission 'artifactregistry.",
        'permission "artifactregistry.',
        "permission 'cloudsql.",
        "permission 'container.",
        "required 'compute.",
        "required 'container.",
      ],
      never: ['is forbidden: user'],
      sentence: 'An identity lacks a permission of Google Cloud IAM; RBAC of the cluster has no part in it.',
      advice: [
        'Grant the permission to the identity that the workload uses (Workload Identity, or the service account of the node).',
      ],
      privilege: 'cluster-admin',
    },
  ]),
  ...says({ category: 'negative', engine: 'azure' }, [
    {
      words: [
        "does not have authorization to perform action 'microsoft.",
        'does not have authorization to perform action "microsoft.',
        'the client does not have permission to perform action',
      ],
      sentence:
        'A role assignment of Azure is missing for the identity that asked; RBAC of the cluster has no part in it.',
      advice: ['Assign the role that the message names to that identity in Azure.'],
      privilege: 'cluster-admin',
    },
    {
      words: [
        'cores quota',
        'was disallowed by policy. policy identifiers',
        'exceeding approved',
        'exceeding quota limits of core',
        'subscription does not have enough',
      ],
      beside: ['azure', 'microsoft', 'operation', 'subscription', 'location', 'region'],
      sentence: 'A quota or policy of the Azure subscription refused this; nothing of the cluster is meant.',
      advice: ['Look at the quotas of the subscription and region, or ask Azure for more.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'cloud' }, [
    {
      words: [
        'quota exceeded for resources: ',
        'quota exceeded for instances',
        'quota exceeded for cores',
        'quota exceeded for ram',
        'volumesizeexceedsavailablequota',
        'volumelimitexceeded',
        'overquota',
        'quota_exceeded: ',
        '(resource_limit_exceeded)',
        'resource_limit_exceeded',
        'server limit reached',
        'droplet limit',
        'volume limit has been reached',
        'maximum number of volumes/snapshots',
      ],
      sentence: 'A quota of the project with the cloud provider is used up; no ResourceQuota of the cluster is meant.',
      advice: ['Remove what is not needed there, or have the quota of the project raised.'],
    },
    {
      words: ['the following service limits were exceeded', 'service limit increase', 'exceeded your service limits'],
      sentence: 'A service limit of the cloud account is used up; nothing of the cluster is meant.',
      advice: ['Remove what is not needed there, or ask the provider for a higher limit.'],
    },
  ]),
];
