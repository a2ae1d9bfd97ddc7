import { type Constraint, constraintId } from '../../crds/constraint.ts';

/** A constraint of a NetworkPolicy `name` of `namespace`, different in what the test cares for. */
export function testConstraint(namespace: string, name: string, different: Partial<Constraint> = {}): Constraint {
  return {
    id: constraintId(`${namespace}/${name}`, 'Ingress'),
    name,
    key: 'Ingress',
    type: 'NetworkIngress',
    severity: 'Critical',
    effect: 'deny',
    summary: 'All pods accept no ingress',
    message: 'All pods accept no ingress',
    source: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name, namespace },
    scope: { namespaces: { names: [namespace] }, workloads: { selector: {} } },
    rule: { form: 'network', direction: 'Ingress', clauses: [] },
    ...different,
  };
}

/** The same from a cluster-wide policy that binds the namespaces with these labels. */
export function clusterConstraint(name: string, matchLabels: Record<string, string>): Constraint {
  return testConstraint('', name, {
    id: constraintId(name, 'Ingress'),
    source: { apiVersion: 'policy.example.io/v1', kind: 'ClusterPolicy', name },
    scope: { namespaces: { selector: { matchLabels } } },
  });
}
