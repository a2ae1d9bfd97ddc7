/**
 * Amazon Web Services: IAM, quotas and request rates, as its client libraries print them.
 *
 * @see https://github.com/boto/botocore/blob/develop/botocore/exceptions.py (ClientError)
 * @see https://github.com/aws/smithy-go/blob/main/errors.go (OperationError, APIError)
 */
import type { Signature } from '../finding.ts';
import { says } from '../sayings.ts';
import { runFrom, startsWord } from '../places.ts';
import { behind, codeFrom, refusal } from '../provider-refusals.ts';

const aws = { engine: 'aws', title: 'AWS' };

/** Codes that older clients print bare, in front of the message. */
const bareAwsCodes = [
  'accessdeniedexception: ',
  'addresslimitexceeded: ',
  'authfailure: ',
  'clusterlimitexceeded',
  'expiredtokenexception: ',
  'insufficientinstancecapacity',
  'instancelimitexceeded: ',
  'invalidclienttokenid',
  'limitexceededexception: ',
  'maxspotinstancecountexceeded',
  'optinrequired: ',
  'provisionedthroughputexceededexception',
  'requestlimitexceeded',
  'securitygrouplimitexceeded',
  'servicequotaexceededexception',
  'signaturedoesnotmatch',
  'throttling: rate exceeded',
  'throttlingexception',
  'toomanyloadbalancers',
  'toomanytargetgroups',
  'unauthorizedoperation',
  'unrecognizedclientexception',
  'vcpulimitexceeded',
  'volumelimitexceeded',
  'vpclimitexceeded',
  'webidentityerr: ',
];

export const awsSignatures: readonly Signature[] = [
  refusal(aws, 'an error occurred (', (text, at) => {
    const code = runFrom(text, at + 'an error occurred ('.length, ')', 80);
    return text.lower.startsWith(') when calling the ', at + 'an error occurred ('.length + code.length)
      ? code
      : undefined;
  }),
  refusal(aws, 'api error ', behind('api error ', 'operation error ')),
  refusal(aws, '"__type":"', (text, at) => {
    // Some services put a namespace in front: com.amazon.coral.service#AccessDeniedException.
    const whole = runFrom(text, at + '"__type":"'.length, '"', 120);
    return whole.slice(whole.lastIndexOf('#') + 1);
  }),
  ...bareAwsCodes.map((word) =>
    refusal(aws, word, (text, at) => (startsWord(text, at) ? codeFrom(text, at) : undefined)),
  ),
  ...says({ category: 'negative', engine: 'aws' }, [
    {
      words: [
        'is not authorized to perform: ',
        'not authorized to perform: ',
        'not authorized to perform sts:',
        'with an explicit deny in a',
        'no identity-based policy allows the',
        'because no identity-based policy',
        'you are not authorized to perform this operation',
        'encoded authorization failure message',
      ],
      sentence:
        'An IAM policy of AWS does not allow this to the identity that asked; no policy of the cluster is meant.',
      advice: [
        'Look at the IAM role of the workload (annotation of its ServiceAccount, or the role of the node) and at the policies of that role.',
      ],
    },
    {
      words: [
        '<code>accessdenied</code>',
        '<code>invalidaccesskeyid</code>',
        '<code>requesttimetooskewed</code>',
        'nocredentialproviders: ',
        'unable to locate credentials',
        'could not be resolved to an aws account',
        'no ec2 imds role found',
        'failed to refresh cached credentials',
      ],
      sentence: 'AWS or a storage that speaks its language knows no credentials that allow this.',
      advice: ['Look at the IAM role or keys of the workload.'],
    },
    {
      words: [
        'status code: 403, request id: ',
        'status code: 429, request id: ',
        'status code: 503, request id: ',
        'status code: 400, request id: ',
        'statuscode: 403, requestid: ',
        'statuscode: 429, requestid: ',
        'statuscode: 400, requestid: ',
        'reached max retries: failed to call aws',
        'you have requested more vcpu capacity than your current vcpu limit',
        'the maximum number of addresses has been reached',
        'the maximum number of vpcs has been reached',
        'resource limit exceeded for aws',
      ],
      sentence:
        'AWS refused a call by its own rules: permissions of an IAM role, a quota of the account or a request rate.',
      advice: ['Read the code in the message of AWS, and look at the IAM role or the service quotas of the account.'],
    },
    {
      words: [
        'insufficientfreeaddressesinsubnet',
        'failed to assign an ip address to container',
        'insufficientcidrblocks',
        'has insufficient free addresses',
      ],
      sentence: 'The subnet of the cloud network or the node has no free address for the pod.',
      advice: ['Use a larger subnet, prefix delegation, or nodes with more network interfaces.'],
      privilege: 'cluster-admin',
    },
  ]),
];
