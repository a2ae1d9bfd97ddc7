/**
 * Policies, constraints and webhooks of other systems: words that rules of a cluster use as well, in the formats of those who
 * say them here.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol and https://www.w3.org/TR/CSP3/ (browsers)
 * @see https://github.com/hashicorp/nomad/blob/main/command/monitor.go (formatAllocMetrics)
 * @see https://github.com/moby/swarmkit/blob/master/manager/scheduler/filter.go (Explain)
 * @see https://github.com/SchedMD/slurm/blob/master/src/common/slurm_errno.c
 * @see https://github.com/containers/image/blob/main/signature/policy_eval.go
 */
import type { Signature } from '../finding.ts';
import { says } from '../sayings.ts';

/** Words of the API server and of its engines: what stands near them is theirs. */
const ofCluster = ['denied the request', 'is forbidden: ', 'failed calling webhook', 'admission webhook'];

export const otherPolicySignatures: readonly Signature[] = [
  ...says({ category: 'negative', engine: 'browser' }, [
    {
      words: ['blocked by cors policy', 'cross-origin request blocked', 'same origin policy disallows'],
      sentence:
        'A browser kept a page from reading an answer of another origin: the policy meant is CORS, which the server that was asked sets in its headers.',
      advice: [
        'Have the server (or the Ingress in front of it) answer with Access-Control-Allow-Origin for that origin, also to OPTIONS and to errors.',
      ],
    },
    {
      words: ['content security policy directive', 'permissions policy violation', 'mixed content: the page at'],
      sentence:
        'A browser followed a security policy that the web server sends in its headers; no policy of the cluster is meant.',
      advice: ['Allow the source in the header that the message names, or load it from one that is allowed.'],
    },
    {
      words: ['quotaexceedederror', 'domexception: the quota has been exceeded', "failed to execute 'setitem' on"],
      sentence: 'The storage that a browser gives a page is full; no ResourceQuota is meant.',
      advice: ['Store less in the browser, or remove old entries.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'database' }, [
    {
      words: [
        'unique constraint failed: ',
        'foreign key constraint fail',
        'check constraint failed: ',
        'not null constraint failed: ',
        'sqlite_constraint',
        'constraintvalidationfailed',
        'constraintviolationexception',
        'violates exclusion constraint',
      ],
      never: [...ofCluster, 'gatekeeper'],
      sentence: 'A database refused the row: constraint and policy are those of its tables here.',
      advice: ['Correct the data, or the constraint or policy of the table.'],
    },
    {
      words: ['integrity constraint ('],
      beside: ['ora-'],
      sentence: 'A database refused the row: constraint and policy are those of its tables here.',
      advice: ['Correct the data, or the constraint of the table.'],
    },
    {
      words: [
        'dsquotaexceededexception',
        'nsquotaexceededexception',
        'query exceeded per-node ',
        'query exceeded distributed ',
        'query exceeded maximum ',
        'rejected query from pool ',
        'maximum shards open',
        'series limit of ',
        'ingestion rate limit',
        'maximum active stream limit exceeded',
        'per-user streams limit',
      ],
      never: ofCluster,
      sentence: 'A data store refused this by a quota or limit of its own; no ResourceQuota or LimitRange is meant.',
      advice: ['Look at the limits of that store for the user or tenant, and ask for less or have them raised.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'other-scheduler' }, [
    {
      words: ['failed to place all allocations', 'failed to place allocations on all nodes'],
      sentence: 'Nomad found no node for the job: its constraints and quotas are no part of Kubernetes.',
      advice: ['Look at the constraints of the job and at what its nodes have (nomad node status -verbose).'],
    },
    {
      words: ['no suitable node (', 'unable to find a node that satisfies the following conditions'],
      sentence: 'Docker Swarm found no node for the service: its constraints are no part of Kubernetes.',
      advice: ['Look at the placement constraints and reservations of the service, and at the labels of the nodes.'],
    },
    {
      words: ['job violates accounting/qos policy', 'assocmaxsubmitjoblimit', 'assocgrpsubmitjobslimit'],
      sentence: 'Slurm refused the job by the limits of the account or its QOS; no rule of the cluster is meant.',
      advice: ['See with sacctmgr show qos and squeue what the account may have and has.'],
    },
    {
      words: ['container killed by yarn for exceeding', 'is running beyond virtual memory limits'],
      sentence: 'YARN ended a container that used more memory than it had asked for.',
      advice: ['Raise the memory that the job asks for, and its overhead.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'mail' }, [
    {
      words: [
        'blocked using ',
        "is in spamhaus's list",
        'message rejected due to ',
        'mail has been blocked because',
        '550 relay not permitted',
        'email account that you tried to reach is over quota',
      ],
      beside: ['5.7.', '5.2.', '550', '553', '554', 'smtp', 'rcpt', 'mail'],
      sentence: 'A mail server refused the message by its own rules: who sends, from where, and how much.',
      advice: ['Look at SPF, DKIM, the reputation of the sending address and at the account, or send through a relay.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'operating-system' }, [
    {
      words: [
        'about_execution_policies',
        'blocked by group policy',
        'an application control policy has blocked',
        'running scripts is disabled on this system',
      ],
      sentence: 'Windows or PowerShell kept a program from running by a policy of that machine.',
      advice: ['Sign the program, or have it allowed on that machine.'],
    },
    {
      certainty: 'likely',
      words: ['[ufw block]', '[ufw audit]', '[ufw docker block]', '[ufw route block]'],
      sentence: 'The firewall of a machine (ufw) dropped the packet; a NetworkPolicy is not logged so.',
      advice: ['Look at the rules of ufw on that machine (ufw status numbered).'],
      privilege: 'cluster-admin',
    },
  ]),
  ...says({ category: 'negative', engine: 'container-tool' }, [
    {
      words: ['authorization denied by plugin'],
      sentence: 'A plugin of the Docker daemon decides who may do what there; it refused the command.',
      advice: ['Look at the rules of that plugin on the machine where the daemon runs.'],
    },
    {
      words: ['source image rejected: ', 'is rejected by policy.', 'invalid policy in "/etc/containers/policy.json"'],
      sentence:
        'The policy of container tools on that machine (policy.json) refuses the image or wants it signed; no admission policy is meant.',
      advice: ['Sign the image, or have its registry allowed in /etc/containers/policy.json of that machine.'],
      privilege: 'cluster-admin',
    },
    {
      words: ['projectpolicyviolation', 'due to configured policy in '],
      sentence:
        'The registry (Harbor) does not give the image out by a policy of its project: vulnerabilities or no signature.',
      advice: ['Mend or sign the image, or have the policy of the project in the registry changed.'],
    },
    {
      words: ['tag is immutable', 'repository is immutable', "' configured as immutable", 'imagetagalreadyexists'],
      sentence: 'The registry keeps tags as they are: one that is there is not overwritten.',
      advice: ['Push under a new tag.'],
    },
    {
      words: ['blob is immutable due to a policy', 'blobimmutableduetopolicy'],
      sentence: 'The store keeps the blob as it is, by a retention policy of its container.',
      advice: ['Write to another name, or wait until the retention of the store has passed.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'policy-check' }, [
    {
      words: [
        'sentinel result: ',
        'sentinel evaluated to false',
        'hard-mandatory',
        'soft-mandatory',
        'rego_type_error',
        'rego_parse_error',
        'rego_unsafe_var_error',
        'eval_conflict_error',
      ],
      never: ofCluster,
      sentence:
        'A check of policies before anything reached the cluster said no or failed: Terraform, OPA or the like, where it ran.',
      advice: ['Look at that policy in the repository or service that runs the check.'],
    },
    {
      words: ['cannot exceed quota for ', 'cannot exceed quota for:'],
      sentence: 'A quota of AWS IAM or another service of AWS is used up; no ResourceQuota is meant.',
      advice: ['Use fewer or shorter policies, or ask AWS for more.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'web-server' }, [
    {
      words: [
        'modsecurity: access denied',
        'client denied by server configuration',
        'access forbidden by rule, client',
      ],
      sentence: 'A rule of the web server or of its firewall for applications refused the request.',
      advice: ['Look at the rule that the message names, in the configuration of that server or Ingress controller.'],
    },
    {
      words: ['client intended to send too large body'],
      sentence: 'The web server or Ingress takes no bodies that large.',
      advice: [
        'Raise client_max_body_size, for Ingress NGINX the annotation nginx.ingress.kubernetes.io/proxy-body-size.',
      ],
    },
  ]),
  ...says({ category: 'negative', engine: 'external-service' }, [
    {
      words: [
        'webhook signature verification failed',
        'no signatures found matching the expected signature for payload',
        'channel_not_found',
        'action_prohibited',
        'bot was blocked by the user',
        'content_policy_violation',
        'violating our usage policy',
        'content management policy',
        'rejected as a result of our safety system',
        'you have triggered an abuse detection mechanism',
        'was disallowed by policy. policy identifiers',
        'policyparametervaluenotallowed',
      ],
      never: ofCluster,
      sentence:
        'A service outside the cluster refused a call or a message by rules of its own; its webhooks and policies are no part of the cluster.',
      advice: ['Look at the secret, the permissions and the rules of use with that service.'],
    },
  ]),
];
