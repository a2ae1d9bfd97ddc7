import { describe, expect, test } from 'vitest';
import { constraintId, type StoredConstraint } from '../../../crds/constraint.ts';
import { aboutShop, candidate } from '../../testing/candidates.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';
import { askedIn, type FailureKind, failureKindOf } from './webhook-failure.ts';

const url = 'https://gate-svc.gates.svc:443/validate-pods?timeout=10s';
const post = `Post "${url}": `;
const head = 'Internal error occurred: failed calling webhook "gate.example.com": failed to call webhook: ';

function causes(text: string) {
  return findCauses(readErrorText(text));
}

const failures: readonly (readonly [FailureKind, string])[] = [
  ['timeout', `${post}context deadline exceeded`],
  ['timeout', `${post}net/http: TLS handshake timeout`],
  ['timeout', `${post}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`],
  ['timeout', `${post}read tcp 10.0.0.1:44444->10.0.0.2:9443: i/o timeout`],
  [
    'unreachable',
    `${post}net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
  ],
  ['unreachable', `${post}dial tcp 10.0.0.2:443: i/o timeout`],
  ['unreachable', `${post}dial tcp 10.0.0.2:443: connect: no route to host`],
  ['refused', `${post}dial tcp 10.0.0.2:443: connect: connection refused`],
  ['closed', `${post}EOF`],
  ['closed', `${post}read tcp 10.0.0.1:44444->10.0.0.2:443: read: connection reset by peer`],
  ['endpoints', `${post}no endpoints available for service "gate-svc"`],
  ['service', `${post}service "gate-svc" not found`],
  ['port', `${post}no service port 8443 found for service "gate-svc"`],
  ['setup', `${post}unsupported service type "ExternalName"`],
  ['dns', `${post}dial tcp: lookup gate.example.com on 10.0.0.10:53: no such host`],
  ['dns', `${post}dial tcp: lookup gate.example.com: i/o timeout`],
  [
    'authority',
    `${post}x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error")`,
  ],
  ['authority', `${post}tls: failed to verify certificate: x509: certificate signed by unknown authority`],
  [
    'expired',
    `${post}x509: certificate has expired or is not yet valid: current time 2026-01-02T00:00:00Z is after 2026-01-01T00:00:00Z`,
  ],
  ['hostname', `${post}x509: certificate is valid for a.gates.svc, not gate-svc.gates.svc`],
  ['hostname', `${post}x509: certificate relies on legacy Common Name field, use SANs instead`],
  ['tls', `${post}remote error: tls: internal error`],
  ['tls', `${post}http: server gave HTTP response to HTTPS client`],
  ['tls', `${post}x509: malformed certificate`],
  ['proxy', `${post}No agent available`],
  ['proxy', `${post}proxy error from 127.0.0.1:6443 while dialing 10.0.0.2:9443, code 503: 503 Service Unavailable`],
  ['path', 'the server could not find the requested resource'],
  ['server', 'an error on the server ("") has prevented the request from succeeding'],
  ['server', 'the server is currently unable to handle the request'],
  ['rejected', 'the server rejected our request for an unknown reason'],
  ['rejected', 'the server has asked for the client to provide credentials'],
  ['response', 'received invalid webhook response: expected response.uid="a", got ""'],
  ['response', 'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind='],
  ['setup', 'could not get REST client: unable to load root certificates: no PEM'],
];

test.each(failures)('%s: %s', (kind, message) => {
  expect(failureKindOf(message)).toBe(kind);
  const [found, ...others] = causes(`Error from server (InternalError): ${head}${message}`);
  expect(found).toMatchObject({ category: 'webhook-unavailable', policy: 'gate.example.com', certainty: 'stated' });
  expect(others).toEqual([]);
  const steps = found?.steps({ certain: [], possible: [] }, aboutShop()) ?? [];
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.length).toBeLessThanOrEqual(4);
  expect(steps.some(({ description }) => description.startsWith('Ask '))).toBe(true);
});

describe('which webhook a text names', () => {
  const refused = `${post}dial tcp 10.0.0.2:443: connect: connection refused`;
  test.each([
    ['an event', `Warning  FailedCreate  5s  replicaset-controller  Error creating: ${head}${refused}`],
    [
      'before 1.22',
      `Internal error occurred: failed calling webhook "gate.example.com": ${refused.replaceAll(`"${url}"`, url)}`,
    ],
    ['before 1.14', `Internal error occurred: failed calling admission webhook "gate.example.com": ${refused}`],
    ['without quotation marks', `Internal error occurred: failed calling webhook gate.example.com: ${refused}`],
    ['JSON', JSON.stringify({ msg: `${head}${refused}`, level: 'error' })],
    ['wrapped lines', `${head}${refused}`.replaceAll(': ', ':\n  ')],
    ['a link', `${head}Post "[${url}](${url})": connection refused`],
  ])('%s', (_form, text) => {
    expect(causes(text)).toMatchObject([{ category: 'webhook-unavailable', policy: 'gate.example.com' }]);
    expect(causes(text)[0]?.sentence).toContain('(Service gates/gate-svc, port 443): nothing listens');
  });

  test('a text that is cut at either end gives no half name', () => {
    const unnamed = { category: 'webhook-unavailable', policy: undefined };
    expect(causes('Internal error occurred: failed calling webhook "gate.exa')).toMatchObject([unnamed]);
    expect(causes('failed calling webhook "gate.example.com\nkubectl get "pods"')).toMatchObject([
      { category: 'webhook-unavailable', policy: 'gate.example.com' },
    ]);
    expect(causes(`${post.slice('Post "'.length)}net/http: request canceled (Client.Timeout exceeded)`)).toMatchObject([
      { ...unnamed, certainty: 'likely' },
    ]);
    expect(causes('GET https://api.example.com/items?timeout=10s": EOF')).toEqual([]);
    expect(causes(`webhook "x": failed to call webhook: ${post}EOF`)).toMatchObject([unnamed]);
    expect(causes(`${head}Post "https://gate-svc.ga`)[0]?.sentence).not.toContain('Service');
  });

  test('webhooks of chats and hosts of code are no concern of the API server', () => {
    const text = 'failed to call webhook: POST https://hooks.chat.example.com/services/1: 403 action_prohibited';
    expect(causes(text).filter(({ category }) => category === 'webhook-unavailable')).toEqual([]);
  });

  test('the API server says in its log when it passed the request all the same', () => {
    const text = `W1 dispatcher.go:1] Failed calling webhook, failing open gate.example.com: ${head.slice(25)}${post}EOF`;
    expect(causes(text)).toMatchObject([{ policy: 'gate.example.com' }]);
    expect(causes(text)[0]?.sentence).toContain('the request passed without it');
  });

  test('a second error behind it is a second cause', () => {
    const text = `${head}${post}EOF\nError from server (Forbidden): admission webhook "b.example.com" denied the request: no`;
    expect(causes(text).map(({ category }) => category)).toEqual(['webhook-unavailable', 'webhook-denied']);
  });
});

test('webhooks that convert objects, and all webhooks together, are named by nothing', () => {
  const conversion = `conversion webhook for example.com/v1, Kind=Team failed: ${post}EOF`;
  expect(causes(conversion)).toMatchObject([{ category: 'webhook-unavailable', engine: 'apiextensions' }]);
  expect(causes(conversion)[0]?.suspects).toBeUndefined();
  const slow =
    'Internal error occurred: admission plugin "MutatingAdmissionWebhook" failed to complete mutation in 13s';
  expect(causes(slow)).toMatchObject([{ category: 'webhook-unavailable' }]);
  expect(causes(slow)[0]?.policy).toBeUndefined();
});

test.each([
  'time="x" level=error msg="failed calling webhook http://ci.example.com/hook: connection refused"',
  'failed calling webhook "https://chat.example.com/T1": 503',
  'the documentation of failed calling webhook errors',
  'conversion webhook for teams is not set',
  'Post "https://gate-svc.gates.svc:443/x": context deadline exceeded',
])('is no webhook of the API server: %s', (text) => {
  expect(causes(text).filter(({ category }) => category === 'webhook-unavailable')).toEqual([]);
});

test('whom the API server asked', () => {
  expect(askedIn(`${post}EOF`)).toEqual({
    service: 'gate-svc',
    namespace: 'gates',
    port: '443',
    path: '/validate-pods',
  });
  expect(askedIn('Post https://gate-svc.gates.svc/validate: EOF')).toMatchObject({
    service: 'gate-svc',
    namespace: 'gates',
  });
  expect(askedIn('Post "https://gate.example.com:8443/x": EOF')).toEqual({
    host: 'gate.example.com',
    port: '8443',
    path: '/x',
  });
  expect(askedIn('no endpoints available for service "gate-svc"')).toEqual({ service: 'gate-svc' });
  expect(askedIn('Post "https://gate-svc.gat')).toEqual({});
  expect(askedIn('EOF')).toEqual({});
});

test('the webhook of that name is told, and no policy is', () => {
  const hook = (kind: 'Validating' | 'Mutating'): StoredConstraint => ({
    id: constraintId(kind, 'gate.example.com'),
    name: 'gate',
    key: 'gate.example.com',
    type: 'Admission',
    severity: 'Critical',
    effect: kind === 'Mutating' ? 'mutate' : 'deny',
    summary: 'Requests go through a webhook',
    message: 'Requests go through a webhook',
    source: { apiVersion: 'admissionregistration.k8s.io/v1', kind: `${kind}WebhookConfiguration`, name: 'gate' },
    scope: { namespaces: {} },
    rule: { form: 'webhook', mutating: kind === 'Mutating', failurePolicy: 'Fail', timeoutSeconds: 10 },
  });
  const { named: _named, ...question } = aboutShop({ contact: '#platform' });
  const kindsFor = (path: string) => {
    const text = readErrorText(
      `${head}Post "https://gate-svc.gates.svc:443/${path}": no endpoints available for service "gate-svc"`,
    );
    const { suspects, confidence, steps } = explain(
      text,
      [candidate(hook('Validating')), candidate(hook('Mutating'))],
      question,
    );
    expect(confidence).toBe('high');
    expect(steps.map(({ command }) => command)).toContain(
      'kubectl get endpointslices -n gates -l kubernetes.io/service-name=gate-svc',
    );
    expect(steps.find(({ contact }) => contact === '#platform')?.description).toContain(
      'its pods must run and be ready',
    );
    return suspects.map(({ candidate: { kind } }) => kind);
  };
  expect(kindsFor('mutate-pods')).toEqual(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']);
  expect(kindsFor('validate-pods')).toEqual(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']);
});
