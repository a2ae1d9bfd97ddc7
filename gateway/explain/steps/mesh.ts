/**
 * What to do about what the proxies of a mesh refused; what a policy demands is said by its own remediation.
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import { shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';

/** The request, as far as the text tells. */
export interface Asked {
  readonly client?: string | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

type Steps = (suspects: Suspects, about: About) => readonly RemediationStep[];

/** For what an AuthorizationPolicy of Istio refused. */
export function authorizationSteps(asked: Asked, isNamed: boolean): Steps {
  return ({ certain }, about) => [
    ...askedStep(asked),
    ...(isNamed || certain.length > 0
      ? []
      : [lookStep('authorizationpolicies.security.istio.io', about), logStep(about)]),
  ];
}

function askedStep({ client, method, path, port }: Asked): RemediationStep[] {
  const parts = [
    ...(client === undefined ? [] : [`client ${shown(client)}`]),
    ...(method === undefined ? [] : [`method ${shown(method, 20)}`]),
    ...(path === undefined ? [] : [`path ${shown(path)}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
  ];
  if (parts.length === 0) return [];
  return [manual(`Hold the request against the rules: ${parts.join(', ')}.`, 'developer')];
}

function lookStep(plural: string, { namespace }: About): RemediationStep {
  return kubectl(
    'See the policies of the namespace in which the request arrived; those of the root namespace bind it, too.',
    ['get', plural, '-n', { value: namespace }],
    'namespace-admin',
  );
}

function logStep({ namespace, workloadName }: About): RemediationStep {
  const workload = workloadName === undefined ? undefined : workloadName.slice(workloadName.indexOf('/') + 1);
  const description =
    'The proxy of the server logs which policy it was: look for rbac_access_denied_matched_policy, which ends in the name or in none.';
  if (workload === undefined || !isDnsSubdomain(workload)) return manual(description, 'developer');
  const words = [
    'logs',
    { value: `deployment/${workload}` },
    '-n',
    { value: namespace },
    '-c',
    'istio-proxy',
    '--tail=100',
  ];
  return kubectl(description, words, 'developer');
}

/** For TLS on one side alone. */
export const tlsSteps: Steps = ({ certain }, about) => [
  manual(
    'Give the client a proxy of the mesh, or make both sides agree: the TLS mode of the DestinationRule for the host, and that of the PeerAuthentication of the server.',
    'namespace-admin',
  ),
  ...(certain.length > 0 ? [] : [lookStep('peerauthentications.security.istio.io', about)]),
];

/** For tokens; `says` is the proxy's word on what is wrong. */
export function tokenSteps(says: string): Steps {
  return ({ certain }, about) => [
    manual(tokenText(says), 'developer'),
    ...(certain.length > 0 ? [] : [lookStep('requestauthentications.security.istio.io', about)]),
  ];
}

function tokenText(says: string): string {
  if (says.includes('expired')) return 'Get a new token: this one has expired.';
  if (says.includes('missing'))
    return 'Send a token: there was none in the header, parameter or cookie where it is looked for.';
  if (says.includes('issuer'))
    return 'Use a token of an issuer that is accepted, or have this one added: its claim "iss" must be the same, to the last slash.';
  if (says.includes('audience'))
    return 'Use a token for this service: its claim "aud" must hold one of the accepted audiences.';
  if (says.includes('jwks'))
    return 'See that the proxies reach the keys of the issuer, and that these hold the one the token was signed with.';
  return 'Look at the token: its form, its claims "iss", "aud" and "exp", and which key signed it.';
}

/** For what an external provider refused or did not answer. */
export const providerSteps: Steps = (_suspects, about) => [
  manual('See the log of the external provider that was asked: it refused, or it did not answer.', 'cluster-admin'),
  ask(about, 'which provider decides on this host and path.', 'cluster-admin'),
];

/** For hosts that the proxy of the client does not know. */
export const reachSteps: Steps = (_suspects, about) => [
  kubectl(
    'See which hosts the proxies know: those of Services, ServiceEntries and Sidecars.',
    ['get', 'serviceentries.networking.istio.io,sidecars.networking.istio.io', '-n', { value: about.namespace }],
    'namespace-admin',
  ),
  ask(about, 'for a ServiceEntry for the host, or to have it listed in the Sidecar.', 'namespace-admin'),
];

/** For limits of the proxies on connections and requests. */
export const limitSteps: Steps = (_suspects, { namespace }) => [
  kubectl(
    'See the limits that DestinationRules set: connectionPool and outlierDetection.',
    ['get', 'destinationrules.networking.istio.io', '-n', { value: namespace }, '-o', 'yaml'],
    'namespace-admin',
  ),
];

/** For connections that failed between proxies. */
export function upstreamSteps(what: 'noEndpoints' | 'failed'): Steps {
  return (_suspects, { namespace }) => [
    kubectl(
      'See whether the Service has endpoints that are ready.',
      ['get', 'endpointslices', '-n', { value: namespace }],
      'developer',
    ),
    ...(what === 'noEndpoints'
      ? []
      : [
          manual(
            'See whether the server listens on that port, and what its own log and that of its proxy say at that time.',
            'developer',
          ),
        ]),
  ];
}

/** For what a Server of Linkerd refused. */
export function serverSteps(asked: Asked, isNamed: boolean): Steps {
  return ({ certain }, about) => [
    ...(asked.client === undefined
      ? []
      : [
          manual(`Have an AuthorizationPolicy let the client through: ${shown(asked.client, 200)}.`, 'namespace-admin'),
        ]),
    ...(isNamed || certain.length > 0
      ? []
      : [
          kubectl(
            'See the servers of the namespace in which the request arrived, and what is authorized for them.',
            [
              'get',
              'servers.policy.linkerd.io,authorizationpolicies.policy.linkerd.io',
              '-n',
              { value: about.namespace },
            ],
            'namespace-admin',
          ),
        ]),
  ];
}
