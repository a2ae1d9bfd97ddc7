import type { Binding } from '../catalog/binding.ts';
import type { Remediation } from '../remediation/schema.ts';
import { remediationOf } from '../remediation/remediation.ts';
import { visible } from './constraint.ts';
import type { DetailLevel } from './levels.ts';
import { figuresOf } from './metrics.ts';

/** What one can do about a constraint, made from what the caller sees of it at this level. */
export function remediationFor(
  binding: Binding,
  level: DetailLevel,
  { namespace, contact }: { readonly namespace: string; readonly contact: string | undefined },
): Remediation {
  const { name, home } = visible(binding, level, namespace);
  return remediationOf({
    namespace,
    id: binding.id,
    name,
    home,
    kind: binding.kind,
    apiVersion: binding.form?.value.source.apiVersion ?? '',
    type: binding.type,
    severity: binding.severity,
    effect: binding.effect,
    figures: figuresOf(binding.metrics),
    full: level === 'summary' ? undefined : binding.form?.value,
    contact,
  });
}
