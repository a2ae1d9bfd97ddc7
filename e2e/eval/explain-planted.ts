/**
 * The policy that a row of error messages names, as an object that would print this message.
 */
import type { StoredConstraint } from '../../crds/constraint.ts';
import {
  adminNetworkPolicy,
  admissionBinding,
  admissionPolicy,
  antreaPolicy,
  authorizationPolicy,
  ciliumPolicy,
  disruptionBudget,
  gatekeeperConstraint,
  imageValidatingPolicy,
  kubewardenPolicy,
  kyvernoPolicy,
  limitRange,
  linkerdServer,
  networkPolicy,
  peerAuthentication,
  podSecurityNamespace,
  type PolicyObject,
  quota,
  securityContextConstraints,
  webhookConfiguration,
} from './explain-objects.ts';
import type { ExplainRow } from './explain-rows.ts';

export interface Planted {
  readonly objects: readonly PolicyObject[];
  /** Whether it is what the row names, of all that the objects impose. */
  isNamed(constraint: StoredConstraint): boolean;
}

/** What the policy of a row is called, where, and how its figures differ from those of the row. */
export interface Naming {
  readonly policy: string;
  readonly rule: string;
  readonly namespace: string;
  /** 0 for the very figures of the row. */
  readonly variant: number;
}

/** Undefined where no policy caused it, or none of a kind that is read. */
export function plantedFor(row: ExplainRow, naming: Naming): Planted | undefined {
  const place = { name: naming.policy, namespace: naming.namespace };
  const details = row.details ?? {};
  const whole = (...objects: readonly PolicyObject[]): Planted => ({ objects, isNamed: () => true });
  switch (row.label) {
    case 'quota':
      return whole(quotaOf(row, naming));
    case 'limitrange':
      return whole(limitRangeOf(row, naming));
    case 'podsecurity':
      return podSecurityOf(row, naming);
    case 'vap':
      return {
        objects: [
          admissionPolicy(naming.policy, details.expression ?? `object.spec.replicas <= ${naming.variant + 1}`),
          admissionBinding(naming.rule, naming.policy, [details.mode === 'warn' ? 'Warn' : 'Deny']),
        ],
        isNamed: ({ key }) => key === naming.rule,
      };
    case 'kyverno':
      return kyvernoOf(row, naming);
    case 'gatekeeper':
      return {
        objects: gatekeeperConstraint(naming.policy, gatekeeperKind(naming)),
        isNamed: ({ name }) => name === naming.policy,
      };
    case 'webhook-denied':
    case 'webhook-unavailable':
      return webhookOf(row, naming);
    case 'network':
      return networkOf(row, naming);
    case 'mesh':
      if (row.source_kind === 'Server') return whole(linkerdServer(place, 9_000 + naming.variant));
      if (row.source_kind === 'AuthorizationPolicy') return whole(authorizationPolicy(place, 2));
      return details.cause === 'mtls strict' && naming.variant === 0 ? whole(peerAuthentication(place)) : undefined;
    case 'pdb': {
      const { max_unavailable: maxUnavailable } = details;
      const bound = maxUnavailable === undefined ? { minAvailable: 1 } : { maxUnavailable: Number(maxUnavailable) };
      const app = naming.variant === 0 ? (row.workload?.name ?? 'web') : `other-${naming.variant}`;
      return whole(disruptionBudget(place, bound, { app }));
    }
    default:
      return undefined;
  }
}

/** The same for the same text, in [0, size). */
export function chosen(text: string, size: number): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0;
  return hash % size;
}

function quotaOf({ details }: ExplainRow, { policy: name, namespace, variant }: Naming): PolicyObject {
  const missing = Object.fromEntries((details?.missing ?? []).map((resource) => [resource, String(10 + variant)]));
  const limited = details?.limited ?? missing;
  const hard = Object.keys(limited).length === 0 ? { pods: String(20 + variant) } : limited;
  const scopes = details?.scopes?.split(' In [')[1]?.replace(']', '').split(' ');
  const scopeSelector =
    scopes === undefined
      ? undefined
      : { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: scopes }] };
  return quota(
    { name, namespace },
    variant === 0 ? hard : { ...hard, 'count/jobs.batch': String(variant) },
    scopeSelector,
  );
}

const boundFields: Readonly<Record<string, string>> = { minimum: 'min', maximum: 'max' };

/** Of others the bounds are other ones, on either side. */
function limitRangeOf({ details }: ExplainRow, { policy: name, namespace, variant }: Naming): PolicyObject {
  const items = new Map<string, Record<string, unknown>>();
  for (const { bound, resource, per, limit } of details?.violations ?? []) {
    const field = boundFields[bound] ?? 'maxLimitRequestRatio';
    const item = items.get(per) ?? { type: per };
    const before = typeof item[field] === 'object' ? item[field] : {};
    items.set(per, {
      ...item,
      [field]: { ...before, [resource]: variant === 0 ? limit : otherAmount(limit, variant) },
    });
  }
  return limitRange({ name, namespace }, [...items.values()]);
}

function otherAmount(amount: string, variant: number): string {
  const figure = Number.parseFloat(amount);
  const unit = amount.replace(String(figure), '');
  return `${variant % 2 === 0 ? figure * (variant + 1) : figure * 3 + variant}${unit}`;
}

function podSecurityOf(row: ExplainRow, { namespace, policy: name, variant }: Naming): Planted | undefined {
  if (row.source_kind === 'SecurityContextConstraints') {
    return { objects: [securityContextConstraints(name)], isNamed: () => true };
  }
  const { level, version, mode } = row.details ?? {};
  if (row.source_kind !== 'Namespace' || level === undefined || variant > 0) return undefined;
  // What only warns says "would violate"; what tells of pods that are there already says it of the level that was set.
  const isEnforced = mode === undefined || row.message.includes('PodSecurity enforce level');
  const key = isEnforced ? 'enforce' : 'warn';
  const other = level === 'baseline' ? 'restricted' : 'baseline';
  const levels = {
    audit: other,
    ...(isEnforced ? { warn: other } : { enforce: 'privileged' }),
    [key]: level,
    [`${key}-version`]: version ?? 'latest',
  };
  return { objects: [podSecurityNamespace(namespace, levels)], isNamed: (constraint) => constraint.key === key };
}

function kyvernoOf(row: ExplainRow, { policy: name, rule, namespace, variant }: Naming): Planted {
  if (row.source_kind === 'ImageValidatingPolicy') {
    return { objects: [imageValidatingPolicy(name)], isNamed: () => true };
  }
  const ofNamespace = row.source_kind === 'Policy' || (row.source_kind !== 'ClusterPolicy' && chosen(row.id, 4) === 0);
  const { mode, webhook } = row.details ?? {};
  const action = mode === undefined ? 'Enforce' : 'Audit';
  const verifies = webhook?.startsWith('mutate') === true;
  const place = ofNamespace ? { name, namespace } : { name };
  return {
    objects: [kyvernoPolicy(place, [`${rule}-too`, rule, `not-${rule}-${variant}`], { action, verifies })],
    isNamed: ({ key }) => key === rule,
  };
}

const templates = ['K8sPSPPrivilegedContainer', 'K8sRequiredLabels', 'K8sAllowedRepos', 'K8sContainerLimits'] as const;

function gatekeeperKind({ policy: name, variant }: Naming): string {
  return `${templates[chosen(name, templates.length)] ?? templates[0]}${variant === 0 ? '' : variant}`;
}

function webhookOf(row: ExplainRow, { policy: webhook, variant }: Naming): Planted | undefined {
  const kinds = row.source_kind?.split('|') ?? [];
  const kind = kinds[chosen(row.id, Math.max(1, kinds.length))];
  if (kind !== 'ValidatingWebhookConfiguration' && kind !== 'MutatingWebhookConfiguration') return undefined;
  const kubewarden = webhook.endsWith('.kubewarden.admission') ? webhook.slice(0, -'.kubewarden.admission'.length) : '';
  if (kubewarden !== '') {
    const labels = { kubewardenPolicyScope: 'cluster' };
    const policy = kubewardenPolicy({ name: kubewarden.replace('clusterwide-', '') });
    return {
      objects: [webhookConfiguration(kind, { name: kubewarden, labels }, webhook), policy],
      isNamed: () => true,
    };
  }
  const isKyverno = webhook.includes('.kyverno.svc');
  const managed = {
    name: 'kyverno-resource-validating-webhook-cfg',
    labels: { 'webhook.kyverno.io/managed-by': 'kyverno' },
  };
  const own = { name: `guard-${chosen(webhook, 1_000)}-${variant}` };
  return {
    objects: [webhookConfiguration(kind, isKyverno && variant === 0 ? managed : own, webhook)],
    isNamed: ({ key }) => key === webhook,
  };
}

function networkOf(row: ExplainRow, { policy: name, namespace, variant }: Naming): Planted | undefined {
  const { direction, kind_from_source: known } = row.details ?? {};
  const directions =
    direction === 'ingress'
      ? ['Ingress']
      : direction === 'egress' || direction === 'dns'
        ? ['Egress']
        : ['Ingress', 'Egress'];
  const kinds = (row.source_kind ?? known ?? 'NetworkPolicy').split('|');
  const kind = kinds[chosen(row.id, kinds.length)];
  const pods = variant === 0 ? {} : { app: `other-${variant}` };
  const whole = (object: PolicyObject): Planted => ({ objects: [object], isNamed: () => true });
  if (kind === 'AdminNetworkPolicy') return whole(adminNetworkPolicy(name, directions[0] ?? 'Ingress', 10));
  if (kind === 'AntreaClusterNetworkPolicy') return whole(antreaPolicy(name));
  if (kind === 'CiliumNetworkPolicy') return whole(ciliumPolicy({ name, namespace }, directions, pods));
  return whole(networkPolicy({ name, namespace }, directions, pods));
}
