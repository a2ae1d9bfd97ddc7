/**
 * Services outside the cluster that answer and refuse: web servers, package indexes, git hosts, certificate authorities, models.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8555#section-6.7 (ACME errors)
 * @see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { says } from '../sayings.ts';
import { isDigit, isLetter, wholeWordsStart } from '../places.ts';

const answered =
  'It answered, so the connection came about: look at the address, the credentials and the limits of that service.';

/** Endings of names that stand for nothing outside of the cluster or the network it is in. */
const insideEndings = ['.svc', '.local', '.internal', '.cluster', '.localhost', '.lan'];

/** The host of the URL that begins here, in lower case. */
function hostAt(lower: string, at: number): string {
  let end = at;
  const bound = Math.min(lower.length, at + 260);
  while (
    end < bound &&
    (isLetter(lower.charAt(end)) || isDigit(lower.charAt(end)) || '.-_'.includes(lower.charAt(end)))
  )
    end += 1;
  return lower.slice(at, end);
}

/** Whether a name is one of the public DNS: with dots, no address, and no ending of a cluster. */
export function isPublicHost(host: string): boolean {
  const ending = host.slice(host.lastIndexOf('.') + 1);
  return (
    host.includes('.') &&
    ending.length > 1 &&
    /^[a-z]+$/.test(ending) &&
    !insideEndings.some((each) => host.endsWith(each) || host.includes(`${each}.`))
  );
}

/** Whether the text around a place names public hosts and no other. */
function namesPublicHost(text: ErrorText, at: number): boolean {
  const hosts = hostsAround(text, at);
  return hosts.length > 0 && hosts.every(isPublicHost);
}

/** Whether it names none that is inside of the cluster. */
function namesNoInnerHost(text: ErrorText, at: number): boolean {
  return hostsAround(text, at).every(isPublicHost);
}

function hostsAround(text: ErrorText, at: number): readonly string[] {
  const from = wholeWordsStart(text, at, 300);
  const to = Math.min(text.lineEnd(at), at + 300);
  const hosts: string[] = [];
  for (
    let found = text.lower.indexOf('://', from);
    found >= 0 && found < to && hosts.length < 4;
    found = text.lower.indexOf('://', found + 3)
  ) {
    hosts.push(hostAt(text.lower, found + 3));
  }
  return hosts;
}

/** Whether what comes next is a code that says no: 401, 402, 403, 407 or 429. */
function saysNo(after: string): (text: ErrorText, at: number) => boolean {
  return ({ lower }, at) => {
    const code = lower.slice(at + after.length, at + after.length + 3);
    return ['401', '402', '403', '407', '429', '451'].includes(code) && !isDigit(lower.charAt(at + after.length + 3));
  };
}

/** What proxies of a mesh say, who answer in the place of a service. */
const meshWords = [
  'rbac: access denied',
  'rbac_access_denied',
  'jwt ',
  'unauthorized request on route',
  'upstream connect error',
  'failed calling webhook',
  'denied the request',
  'is forbidden: ',
];

export const serviceSignatures: readonly Signature[] = [
  ...says({ category: 'negative', engine: 'acme' }, [
    {
      words: [
        'urn:ietf:params:acme:error:',
        'urn:acme:error:',
        'letsencrypt.org/docs/rate-limits',
        'too many certificates already issued',
        'too many certificates (',
        'too many failed authorizations recently',
        'too many new orders recently',
      ],
      sentence: 'The certificate authority refused the order, by its own rules or rate limits.',
      advice: [
        'Read the reason that it gives; with rate limits wait for the time that it names, and use its staging service for tries.',
      ],
    },
  ]),
  ...says({ category: 'negative', engine: 'git' }, [
    {
      words: [
        'remote: error: gh',
        'remote: error: gh0',
        'pre-receive hook declined',
        'protected branch hook declined',
        '[remote rejected]',
        'remote: permission to ',
        'remote: write access to repository not granted',
        'protected branch update failed',
        'repository rule violations found',
        'remote: gitlab: ',
        'remote: http basic: access denied',
        'remote: invalid username or password',
        'remote: support for password authentication was removed',
        'remote: you are not allowed to push',
        'host key verification failed',
        'fatal: could not read username for',
        'fatal: could not read password for',
      ],
      sentence:
        'The git server refused this by its own rules: branch protection, hooks or permissions of a repository.',
      advice: ['Look at the rules of the branch and at what the account or token may do in the repository.'],
    },
    {
      words: [
        'fatal: authentication failed for',
        'fatal: unable to access',
        'permission denied (publickey',
        'authentication required: ',
        'repository not found',
        'could not read from remote repository',
        'ssh: handshake failed: ssh: unable to authenticate',
      ],
      beside: ['git', 'ssh', 'publickey', 'repository'],
      never: ['could not resolve host', 'timed out', 'timeout', 'connection refused', 'failed to connect'],
      sentence: 'The git or SSH server answered and did not accept the key, the token or the repository.',
      advice: ['Look at the key or token, and at what it may do there.'],
    },
    {
      words: [
        'resource not accessible by integration',
        'resource not accessible by personal access token',
        'api rate limit exceeded',
        'you have exceeded a secondary rate limit',
        'must have admin rights to repository',
        'bad credentials',
        'saml enforcement',
        'not permitted to create or approve pull requests',
      ],
      certainty: 'likely',
      sentence: 'GitHub or a service like it refused the token or the number of calls.',
      advice: ['Look at the permissions of the token; with rates wait, or use a token of your own.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'package-index' }, [
    {
      words: [
        'npm err! code e4',
        'npm error code e4',
        'npm err! 403',
        'npm error 403',
        'npm err! 401',
        'npm err! 429',
        'npm error 401',
        'npm error 429',
        'err_pnpm_fetch_403',
        'err_pnpm_fetch_401',
        'err_pnpm_fetch_429',
      ],
      sentence: 'The npm registry answered and refused: permissions, a token or the number of calls.',
      advice: ['Look at the token in .npmrc, and at the name and address of the package.'],
    },
    {
      words: [
        'could not fetch url http',
        'error: could not install packages due to an oserror: 4',
        'received http code 403 from proxy',
        'could not find a version that satisfies the requirement',
        'could not transfer artifact',
        'authorization failed for http',
        'e: failed to fetch http',
        'failed to download metadata for repo',
        'reading go.sum',
        'error: failed to fetch http',
      ],
      beside: ['403', '401', '429', '407', 'forbidden', 'unauthorized', 'not authorized', 'no matching distribution'],
      sentence: 'A package index or the proxy before it answered and refused, so the connection came about.',
      advice: [answered],
    },
  ]),
  ...says({ category: 'negative', engine: 'http-service' }, [
    {
      words: [
        'client error: forbidden for url: ',
        'client error: unauthorized for url: ',
        'client error: too many requests for url: ',
        'client error: payment required for url: ',
      ],
      never: meshWords,
      sentence: 'A web server answered and refused, by its own permissions or rates; no network policy does that.',
      advice: [answered],
    },
    ...[
      'unexpected status code ',
      'unexpected status code: ',
      'bad response code: ',
      'response status code ',
      'status code: ',
      'statuscode: ',
      'status code ',
      'http response code said error: ',
      'got http response code ',
      'http/1.1 ',
      'http/2 ',
      'status=',
      'status: ',
    ].map((words) => ({
      words: [words],
      holds: (text: ErrorText, at: number) => saysNo(words)(text, at) && namesPublicHost(text, at),
      never: meshWords,
      certainty: 'likely' as const,
      sentence:
        'A web server outside the cluster answered and refused, by its own permissions or rates; no network policy does that.',
      advice: [answered],
    })),
    ...[
      'http error ',
      'the requested url returned error: ',
      'server returned http response code: ',
      'request failed with status code ',
      'received unexpected http status: ',
      'server returned error: http/1.1 ',
    ].map((words) => ({
      words: [words],
      holds: (text: ErrorText, at: number) => saysNo(words)(text, at) && namesNoInnerHost(text, at),
      never: meshWords,
      certainty: 'likely' as const,
      sentence: 'A web server answered and refused, by its own permissions or rates; no network policy does that.',
      advice: [answered],
    })),
    {
      words: [
        'error 403: forbidden',
        'relay access denied',
        'relaying denied',
        '"error":"access_denied"',
        'invalid_grant',
      ],
      holds: namesNoInnerHost,
      never: meshWords,
      certainty: 'likely',
      sentence: 'A server answered and refused, by its own accounts and permissions; no rule of the cluster is meant.',
      advice: [answered],
    },
    {
      words: [
        '403 forbidden',
        '401 unauthorized',
        '429 too many requests',
        '407 proxy authentication required',
        'too many requests',
      ],
      holds: namesPublicHost,
      never: [...meshWords, 'evict', 'disruption budget', 'pdb'],
      certainty: 'likely',
      sentence:
        'A web server outside the cluster answered and refused, by its own permissions or rates; no network policy does that.',
      advice: [answered],
    },
    {
      words: [
        'x509: ',
        'tls: handshake failure',
        'tls handshake timeout',
        'certificate verify failed',
        'certificate has expired',
        'unable to get local issuer certificate',
        'self signed certificate',
        'self-signed certificate',
        'pkix path building failed',
        'ssl_error_syscall',
        'unable_to_verify_leaf_signature',
      ],
      holds: namesPublicHost,
      never: ['webhook', 'istio', 'envoy', 'linkerd'],
      certainty: 'likely',
      sentence:
        'The certificate or the encryption of a server outside the cluster was not accepted; no rule of the cluster looks at that.',
      advice: [
        'Look at the certificate of that server, at a proxy on the way, and at the authorities that the client trusts.',
      ],
    },
  ]),
  ...says({ category: 'negative', engine: 'external-service' }, [
    {
      words: [
        'you have exceeded your',
        'you exceeded your current quota',
        'you have reached your',
        "you've exceeded",
        "you've reached your",
        "you've hit your",
        'you have hit your',
      ],
      beside: ['quota', 'limit', 'plan', 'billing', 'usage', 'credits'],
      never: ['exceeded quota: ', 'pull rate', 'resourcequota'],
      sentence:
        'A service outside the cluster says that the account has used up what it may use; no ResourceQuota is meant.',
      advice: ['Look at the plan and usage of the account with that service, or wait until its limit counts anew.'],
    },
    {
      words: [
        'insufficient_quota',
        'rate_limit_exceeded',
        'rate_limit_error',
        'rate limit reached for',
        'ratelimiterror',
        'overloaded_error',
        'authentication_error',
        'invalid_api_key',
        'incorrect api key provided',
        'gated repo',
        'access to model ',
        'gatedrepoerror',
        'credit balance is too low',
        'daily limit exceeded',
        'monthly limit exceeded',
        'ratelimitexceeded',
        'rate limit exceeded',
        'rate exceeded',
        'quota_exceeded_error',
      ],
      never: ['local_rate_limited', 'pull rate', 'throttling: rate'],
      certainty: 'likely',
      sentence: 'A service refused a call by its own accounts, rates or quotas; no rule of the cluster is meant.',
      advice: [answered],
    },
  ]),
];
