/**
 * What the gateway's own reading of the rule form `network` comes to for one side of a connection of which all is known.
 */
import type { Constraint } from '../../crds/constraint.ts';
import type { NetworkRule } from '../../crds/rules/network.ts';
import { judge } from '../../gateway/explain/suspects/network-verdict.ts';
import type { Side } from '../../gateway/explain/suspects/network-match.ts';
import { bindsPod, type Connection, type End } from './network-form-verdict.ts';

/** Of the pod at its end; undefined where it is left open. */
export function judgedVerdict(
  direction: NetworkRule['direction'],
  connection: Connection,
  constraints: readonly Constraint[],
): boolean | undefined {
  const { from, to, protocol, port } = connection;
  const [subject, other] = direction === 'Ingress' ? [to, from] : [from, to];
  if (subject.is !== 'pod') return true;
  const rules = constraints.flatMap(({ rule, scope, source }) => {
    if (rule.form !== 'network' || rule.direction !== direction) return [];
    const binds = bindsPod(scope, subject);
    const name = `${source.name}/${source.namespace ?? ''}/${source.kind}`;
    return binds === false ? [] : [{ of: source.name, name, rule, binds }];
  });
  const { verdict } = judge(rules, {
    subject: sideOf(subject),
    other: sideOf(other),
    target: sideOf(to),
    protocol,
    port,
    portIsFinal: true,
  });
  return verdict === 'unknown' ? undefined : verdict === 'allow';
}

function sideOf(end: End): Side {
  if (end.is === 'outside') return { is: 'outside', address: end.ip, addressIsFinal: true };
  const { namespace, labels, serviceAccount, ip, ports } = end;
  return {
    is: 'pod',
    namespace: namespace.name,
    namespaceLabels: namespace.labels,
    labels,
    serviceAccount: serviceAccount.name,
    address: ip,
    addressIsFinal: true,
    ports,
  };
}
