/**
 * Who asks what of whom: the resources, callers and routes of the matrix in callers.test.ts. Every word that a level hides
 * occurs nowhere else.
 */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as z from 'zod';
import {
  clusterDetailObject,
  clusterReportObject,
  detailObject,
  entryOf,
  lineOf,
  networkConstraint,
  reportObject,
} from '../../gateway/testing/objects.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { apply, request } from '../control-plane/admin.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { Gateway } from '../programs.ts';
import type { Cluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

/** A policy of the namespace itself. */
const own = networkConstraint('shop', 'checkout-in', {
  summary: 'Some pods accept ingress only from listed peers on listed ports',
  message: 'Pods with tier=own-tier accept ingress only from 198.51.100.0/24 on TCP 21111',
  scope: { namespaces: { names: ['shop'] }, workloads: { selector: { matchLabels: { tier: 'own-tier' } } } },
  rule: {
    form: 'network',
    direction: 'Ingress',
    clauses: [
      {
        path: '/spec/ingress/0',
        peers: [{ ipBlock: { cidr: '198.51.100.0/24', except: [] } }],
        ports: [{ protocol: 'TCP', port: 21_111 }],
      },
    ],
  },
});
/** A policy of another namespace that binds this one: its very name is not for readers of the namespace. */
const foreign = networkConstraint('platform', 'foreign-name', {
  summary: 'Some connections are limited by a policy of another namespace',
  message: 'Connections of pods with tier=foreign-tier are limited to 203.0.113.0/24 on TCP 22222 (foreign-name)',
  severity: 'Warning',
  scope: {
    namespaces: { names: ['shop', 'platform'] },
    workloads: { selector: { matchLabels: { tier: 'foreign-tier' } } },
  },
});
/** A cluster-wide policy: its name is for everyone, what it demands is not. */
const clusterWide = networkConstraint('-', 'company-wide', {
  type: 'Admission',
  effect: 'deny',
  severity: 'Warning',
  summary: 'Some workloads are refused unless they satisfy a rule',
  message: 'Deployments are refused unless object.spec.replicas < 23333',
  source: { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', name: 'company-wide' },
  scope: { namespaces: {} },
  rule: {
    form: 'cel',
    binding: 'company-wide-binding',
    failurePolicy: 'Fail',
    variables: [],
    validations: [{ expression: 'object.spec.replicas < 23333' }],
    actions: ['Deny'],
  },
});

export const constraints = { own, foreign, clusterWide };
/** What each right opens, and nobody may read without it. */
export const hidden = {
  own: ['own-tier', '198.51.100', '21111'],
  foreign: ['foreign-name', 'foreign-tier', '203.0.113', '22222'],
  clusterWide: ['23333', 'company-wide-binding'],
} as const;

/** Callers and resources, and no gateway yet. */
export async function writeWorld({ controlPlane }: Cluster): Promise<void> {
  await apply(controlPlane, callerObjects());
  await writeResources(controlPlane, worldObjects());
}

/** `shop` is bound by all three, `payments` by one of its own and the cluster-wide one. `platform` has the foreign policy. */
export function worldObjects(): KubeObject[] {
  const payments = networkConstraint('payments', 'ledger-in');
  const inherited = [lineOf(foreign), lineOf(clusterWide)];
  const counts = (total: number, critical: number) => ({ total, critical, warning: total - critical, info: 0 });
  return [
    reportObject('shop', [entryOf(own)], { ...counts(3, 1), inherited }),
    reportObject('payments', [entryOf(payments)], { ...counts(2, 1), inherited: inherited.slice(1) }),
    reportObject('platform', [entryOf(foreign)], counts(1, 0)),
    detailObject('shop', 'constraints', [own]),
    detailObject('shop', 'workloads', [{ kind: 'Deployment', name: 'checkout', labels: { tier: 'own-tier' } }]),
    detailObject('payments', 'constraints', [payments]),
    detailObject('platform', 'constraints', [foreign]),
    clusterDetailObject('company-wide', [clusterWide]),
    clusterReportObject(),
  ];
}

/** RBAC objects for ServiceAccounts of namespace `callers`: one for each level of the contract, in `shop` alone but for `full`. */
export function callerObjects(): object[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  const role = (name: string, resources: readonly string[]) => ({
    apiVersion,
    kind: 'Role',
    metadata: { name, namespace: 'shop' },
    rules: [{ apiGroups: ['potoo.io'], resources, verbs: ['get'] }],
  });
  const binding = (account: string, kind: 'Role' | 'ClusterRole', name: string) => ({
    apiVersion,
    kind: kind === 'Role' ? 'RoleBinding' : 'ClusterRoleBinding',
    metadata: { name: `${account}-${name}`, ...(kind === 'Role' ? { namespace: 'shop' } : {}) },
    roleRef: { apiGroup, kind, name },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'callers' }],
  });
  const account = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'callers' },
  });
  return [
    ...['shop', 'payments', 'platform', 'callers'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    ...['nobody', 'summary', 'detailed', 'full', 'leaving', 'staying'].map(account),
    role('summary', ['constraintreports']),
    role('detailed', ['constraintreports', 'constraintdetails']),
    binding('summary', 'Role', 'summary'),
    binding('leaving', 'Role', 'summary'),
    binding('staying', 'Role', 'summary'),
    binding('detailed', 'Role', 'detailed'),
    binding('full', 'ClusterRole', 'potoo-cluster-view'),
    {
      ...binding('robot', 'Role', 'summary'),
      subjects: [{ kind: 'User', name: 'robot', apiGroup }],
    },
  ];
}

export const callers = [
  'none',
  'junk',
  'expired',
  'wrongAudience',
  'nobody',
  'static',
  'summary',
  'detailed',
  'full',
] as const;
export type CallerName = (typeof callers)[number];

/** Whether the caller's credentials are none, or not accepted. */
export function isUnknown(caller: CallerName): boolean {
  return ['none', 'junk', 'expired', 'wrongAudience'].includes(caller);
}

const hiddenParts = ['own', 'foreign', 'clusterWide'] as const;
type HiddenPart = (typeof hiddenParts)[number];
/** Which of the hidden parts each caller may read in `shop`. */
export function openedTo(caller: CallerName): readonly HiddenPart[] {
  if (caller === 'full') return hiddenParts;
  return caller === 'detailed' ? ['own'] : [];
}

/** Words that must stand in nothing that the caller gets. */
export function hiddenFrom(caller: CallerName): string[] {
  return hiddenParts.filter((part) => !openedTo(caller).includes(part)).flatMap((part) => hidden[part]);
}

export interface World {
  readonly gateway: Gateway;
  readonly tokens: Map<CallerName, string | undefined>;
}

/** Writes the resources, and starts a gateway that knows all the callers. */
export async function startWorld(cluster: Cluster): Promise<World> {
  const { controlPlane } = cluster;
  await writeWorld(cluster);
  const tokenOf = (name: string) => controlPlane.serviceAccountToken('callers', name);
  const full = await tokenOf('full');
  const staticToken = 'a-static-token';
  const tokens = new Map<CallerName, string | undefined>([
    ['junk', 'no.such.token'],
    ['expired', withExpiry(controlPlane, full, -3_600)],
    ['wrongAudience', await tokenForAudience(controlPlane, 'full', 'https://somebody.else.example')],
    ['static', staticToken],
    ['full', full],
  ]);
  for (const name of ['nobody', 'summary', 'detailed'] as const) tokens.set(name, await tokenOf(name));
  const file = `${controlPlane.folder}/static-tokens.json`;
  const sha256 = createHash('sha256').update(staticToken).digest('hex');
  await writeFile(file, JSON.stringify({ tokens: [{ sha256, username: 'robot' }] }));
  const gateway = await cluster.startGateway('gateway', undefined, {
    POTOO_AUTHENTICATION: 'kubernetes-sa,bearer-token',
    POTOO_STATIC_TOKENS_FILE: file,
  });
  return { gateway, tokens };
}

const TokenRequest = z.object({ status: z.object({ token: z.string() }) });

/** A token of a ServiceAccount of `callers` for other audiences than the API server. */
export async function tokenForAudience(controlPlane: ControlPlane, name: string, audience: string): Promise<string> {
  const answer = await request(controlPlane, 'POST', `/api/v1/namespaces/callers/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience], expirationSeconds: 3_600 },
  });
  return TokenRequest.parse(answer).status.token;
}

/** The same token, signed anew by the key of the API server, with a time of its own until which it holds. */
export function withExpiry(controlPlane: ControlPlane, token: string, secondsFromNow: number): string {
  const [header = '', payload = ''] = token.split('.');
  const claims = z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  const now = Math.floor(Date.now() / 1_000);
  const times = { nbf: now - 7_200, iat: now - 7_200, exp: now + secondsFromNow };
  const signed = `${header}.${Buffer.from(JSON.stringify({ ...claims, ...times })).toString('base64url')}`;
  const key = createPrivateKey(readFileSync(`${controlPlane.folder}/service-account.key`));
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
