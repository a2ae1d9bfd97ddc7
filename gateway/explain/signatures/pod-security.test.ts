import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { StoredConstraint } from '../../../crds/constraint.ts';
import type { PodSecurityRule } from '../../../crds/rules/pod-security.ts';
import { candidatesOf } from '../../testing/candidates.ts';
import { networkConstraint } from '../../testing/objects.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

const question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: undefined,
  complete: true,
  contact: undefined,
};
const effects = { enforce: 'deny', warn: 'warn', audit: 'audit' } as const;

function label(mode: PodSecurityRule['mode'], level: PodSecurityRule['level'], version = 'latest'): StoredConstraint {
  return networkConstraint('shop', 'shop', {
    key: mode,
    type: 'Admission',
    effect: effects[mode],
    source: { apiVersion: 'v1', kind: 'Namespace', name: 'shop' },
    scope: { namespaces: { names: ['shop'] }, workloads: {} },
    rule: { form: 'podSecurity', mode, level, version, implied: false },
  });
}

const labels = [label('audit', 'restricted'), label('enforce', 'restricted'), label('warn', 'restricted', 'v1.30')];
const candidates = candidatesOf(labels, { namespace: 'shop' });
const ask = (message: string, known = candidates) => explain(readErrorText(message), known, question);
const patchOf = (message: string) => parse(ask(message).steps[0]?.patch ?? 'null')?.spec.template.spec;

const escalation =
  'allowPrivilegeEscalation != false (containers "app", "proxy" must set securityContext.allowPrivilegeEscalation=false)';
const nonRoot = 'runAsNonRoot != true (pod or containers "app", "proxy" must set securityContext.runAsNonRoot=true)';
const refusal = `violates PodSecurity "restricted:latest": ${escalation}, ${nonRoot}`;

test.each([
  ['kubectl', `Error from server (Forbidden): error when creating "a.yaml": pods "web" is forbidden: ${refusal}`],
  [
    'an event',
    `Warning  FailedCreate  3s  replicaset-controller  Error creating: pods "web-x7k2p" is forbidden: ${refusal}`,
  ],
  ['a StatefulSet', `create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: ${refusal}`],
  ['broken lines', `pods "web" is forbidden:\n  ${refusal.replaceAll(', ', ',\n    ')}`],
  ['a condition in YAML', `    message: 'pods "web-x" is forbidden: ${refusal}'\n    reason: FailedCreate`],
  ['a log in JSON', JSON.stringify({ msg: 'Reconciler error', error: `pods "web" is forbidden: ${refusal}` })],
  [
    'the webhook',
    `admission webhook "pod-security-webhook.kubernetes.io" denied the request: pods "web" is forbidden: ${refusal}`,
  ],
  ['no quotation marks', `pods web is forbidden: ${refusal.replace('"restricted:latest"', 'restricted:latest')}`],
])('a refusal in %s is the level that the namespace has', (_what, message) => {
  const causes = findCauses(readErrorText(message));
  expect(causes).toMatchObject([
    { category: 'podsecurity', engine: 'podsecurity', rule: 'enforce', certainty: 'stated' },
  ]);
  const { confidence, suspects } = ask(message);
  expect([confidence, suspects.map(({ candidate }) => candidate.key)]).toEqual(['high', ['enforce']]);
  const own = { securityContext: { allowPrivilegeEscalation: false } };
  expect(patchOf(message)).toEqual({
    securityContext: { runAsNonRoot: true },
    containers: [
      { name: 'app', ...own },
      { name: 'proxy', ...own },
    ],
  });
});

test.each([
  ['host namespaces (hostNetwork=true, hostIPC=true)', { hostNetwork: false, hostIPC: false }],
  [
    'privileged (container "a" must not set securityContext.privileged=true)',
    { containers: [{ name: 'a', securityContext: { privileged: false } }] },
  ],
  [
    'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    { containers: [{ name: 'a', securityContext: { procMount: 'Default' } }] },
  ],
  [
    'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    {
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'a', securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }],
    },
  ],
  [
    'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
  ],
  [
    'runAsUser=0 (container "a" must not set runAsUser=0)',
    { containers: [{ name: 'a', securityContext: { runAsUser: 1000 } }] },
  ],
  [
    'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)',
    { securityContext: { runAsNonRoot: true }, containers: [{ name: 'a', securityContext: { runAsNonRoot: true } }] },
  ],
  [
    'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    { securityContext: { windowsOptions: { hostProcess: false } } },
  ],
  [
    'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "b" must not include "X" in securityContext.capabilities.add)',
    { containers: [{ name: 'a', securityContext: { capabilities: { drop: ['ALL'] } } }] },
  ],
])('%s: is a patch of exactly these fields', (checks, spec) => {
  expect(patchOf(`pods "web" is forbidden: violates PodSecurity "restricted:latest": ${checks}`)).toEqual(spec);
});

test.each([
  ['hostPath volumes (volumes "a", "b")', 'Replace the hostPath volumes "a", "b"'],
  ['hostPort (container "a" uses hostPort 80)', 'Take the hostPort out of container a'],
  [
    'non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
    'Take NET_ADMIN, SYS_TIME out of securityContext.capabilities.add of container a',
  ],
  [
    'forbidden sysctls (net.core.somaxconn, kernel.msgmax)',
    'Take net.core.somaxconn, kernel.msgmax out of securityContext.sysctls',
  ],
  ['restricted volume types (volume "a" uses restricted volume type "nfs")', 'Use another kind of volume'],
  [
    'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
    'Take the field host out of probes',
  ],
  [
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)',
    'SeLinuxOptions: "pod set forbidden',
  ],
  ['a check of tomorrow (container "a" must not dream)', 'A check of tomorrow: "container'],
])('%s: is said in words', (checks, words) => {
  const { steps } = ask(`pods "web" is forbidden: violates PodSecurity "restricted:latest": ${checks}`);
  expect(steps[0]).toMatchObject({ type: 'manual', requires_privilege: 'developer' });
  expect(steps[0]?.description).toContain(words);
});

test('a warning refused nothing, and is the warning level; in the audit log it is that of audit', () => {
  const warning = `Warning: would violate PodSecurity "restricted:v1.30": ${escalation}`;
  const { cause, confidence, explanation, suspects } = ask(warning);
  expect([cause.rule, confidence, suspects.map(({ candidate }) => candidate.key)]).toEqual(['warn', 'high', ['warn']]);
  expect(explanation).toContain('refuses nothing');
  const log = `W0601 12:00:00.000000       1 warnings.go:70] would violate PodSecurity "restricted:v1.30": ${escalation}`;
  expect(ask(log).cause.rule).toBe('warn');
  const audit = `{"annotations":{"pod-security.kubernetes.io/audit-violations":"would violate PodSecurity \\"restricted:latest\\": privileged (x)"}}`;
  expect(ask(audit)).toMatchObject({ cause: { rule: 'audit' }, suspects: [{ candidate: { key: 'audit' } }] });
});

test('a refusal and its warning are two causes', () => {
  const both = `Warning: would violate PodSecurity "restricted:v1.30": ${escalation}\npods "web" is forbidden: ${refusal}`;
  expect(findCauses(readErrorText(both)).map(({ rule }) => rule)).toEqual(['enforce', 'warn']);
});

describe('a label that pods do not meet', () => {
  const message = [
    'Warning: existing pods in namespace "shop" violate the new PodSecurity enforce level "restricted:latest"',
    'Warning: cache-0 (and 2 other pods): allowPrivilegeEscalation != false, seccompProfile',
    'Warning: web-7d4b9: host namespaces',
    'namespace/shop labeled',
  ].join('\n');

  test('is one cause, with all its lines', () => {
    const text = readErrorText(message);
    const [cause, ...others] = findCauses(text);
    expect(others).toEqual([]);
    expect(text.flat.slice(cause?.span.end).trim()).toBe('namespace/shop labeled');
    const { confidence, steps } = ask(message);
    expect(confidence).toBe('high');
    expect(steps[0]?.description).toContain('cache-0 (and 2 other pods), web-7d4b9');
    expect(steps[0]?.command).toBe(
      'kubectl label --dry-run=server --overwrite namespace shop pod-security.kubernetes.io/enforce=restricted',
    );
  });

  test('of another namespace is none of this one', () => {
    const { confidence, suspects } = ask(message.replaceAll('"shop"', '"bank"'));
    expect([confidence, suspects]).toEqual(['medium', []]);
  });
});

test('another level than the namespace has may have been changed, and no label may be the default of the cluster', () => {
  const { confidence, suspects } = ask(
    `pods "web" is forbidden: violates PodSecurity "baseline:latest": privileged (x)`,
  );
  expect([confidence, suspects[0]?.reason]).toEqual([
    'medium',
    'By now the namespace has another level for enforce (restricted, latest)',
  ]);
  const none = ask(`pods "web" is forbidden: ${refusal}`, []);
  expect(none.confidence).toBe('medium');
  expect(none.steps.at(-1)?.description).toContain('it may be the default of the cluster');
});

test('who sees the summary gets the same for any level', () => {
  const summary = candidatesOf(labels, { namespace: 'shop', level: 'summary' });
  const answers = ['restricted:latest', 'baseline:v1.20'].map((level) =>
    ask(`pods "web" is forbidden: violates PodSecurity "${level}": privileged (x)`, summary),
  );
  for (const { confidence, suspects } of answers) {
    expect([confidence, suspects.map(({ candidate }) => candidate.key)]).toEqual(['medium', ['enforce']]);
  }
});

test.each([
  'pods "web" is forbidden: violates PodSecurity "restr',
  'pods "web" is forbidden: violates PodSecurity "restricted:v1.2',
  'pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "ap',
  'pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "ap…\n(more)',
])('%s: is cut, and names no container', (message) => {
  const causes = findCauses(readErrorText(message));
  expect(causes.map(({ category }) => category)).toEqual(['podsecurity']);
  expect(ask(message).steps.filter(({ patch }) => patch !== undefined)).toEqual([]);
});

test.each([
  'It violates PodSecurity "restricted:latest": (Forbidden reason: allowPrivilegeEscalation != false)',
  'podSecurity: violates nothing',
  'no matches for kind "PodSecurityPolicy" in version "policy/v1beta1"',
  'policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+',
])('%s: is no Pod Security', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ category }) => category === 'podsecurity')).toEqual([]);
});
