/**
 * What follows from a violation, and where. `spec.enforcementAction` is deny unless it says otherwise; `scoped` leaves it to
 * `spec.scopedEnforcementActions`, which say nothing beside any other action.
 *
 * Requests are judged by the webhook of Gatekeeper and, where a template in CEL is made into a ValidatingAdmissionPolicy, by the
 * API server. The audit and gator refuse nothing. An action that Gatekeeper does not know has no effect on requests either.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/enforcement-points/
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/util/enforcement_action.go
 */
import * as z from 'zod';
import type { Effect, Severity } from '../../../crds/constraint.ts';
import type { AdmissionFilter } from '../../../crds/scope.ts';
import { filtersReachWorkloadsOrServices } from '../admission-filters.ts';
import type { Fault } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import type { SpecReader } from '../spec-reader.ts';

/** Gravest first. */
export const actions = ['deny', 'warn', 'dryrun'] as const;
export type Action = (typeof actions)[number];

/** In each place the actions, gravest first. */
export interface Enforcement {
  readonly webhook: readonly Action[];
  readonly admissionPolicy: readonly Action[];
  readonly audited: boolean;
}

const Point = z.strictObject({ name: absent(z.string()) });
const Scoped = listOf(z.strictObject({ action: absent(z.string()), enforcementPoints: absent(listOf(Point)) }));

/** Reads both fields of a constraint's spec. */
export function readEnforcement(spec: SpecReader): { readonly enforcement: Enforcement; readonly faults: Fault[] } {
  const faults: Fault[] = [];
  const stated = spec.read('enforcementAction', z.string()) || 'deny';
  if (stated !== 'scoped') {
    const action = actionOf(stated);
    if (action === undefined) {
      faults.push({
        path: ['spec', 'enforcementAction'],
        message: 'Must be deny, dryrun, warn or scoped; with another one Gatekeeper refuses nothing',
      });
    }
    const all = action === undefined ? [] : [action];
    return { enforcement: { webhook: all, admissionPolicy: all, audited: true }, faults };
  }
  const scoped = spec.read('scopedEnforcementActions', Scoped) ?? [];
  // Actions that are not understood may be any.
  if (spec.faults.some(({ path }) => path[1] === 'scopedEnforcementActions')) {
    return { enforcement: { webhook: ['deny'], admissionPolicy: ['deny'], audited: true }, faults };
  }
  for (const [index, { action = '' }] of scoped.slice(0, 20).entries()) {
    if (actionOf(action) !== undefined) continue;
    const path = ['spec', 'scopedEnforcementActions', index, 'action'];
    faults.push({ path, message: 'Must be deny, dryrun or warn; with another one Gatekeeper refuses nothing' });
  }
  const at = (point: string) =>
    scoped
      .filter(({ enforcementPoints = [] }) => enforcementPoints.some(({ name }) => name === point || name === '*'))
      .map(({ action = '' }) => action);
  const known = (point: string) => actions.filter((action) => at(point).includes(action));
  return {
    enforcement: {
      webhook: known('validation.gatekeeper.sh'),
      admissionPolicy: known('vap.k8s.io'),
      audited: at('audit.gatekeeper.sh').length > 0,
    },
    faults,
  };
}

/** Undefined for one that Gatekeeper does not know. */
export function actionOf(text: string): Action | undefined {
  return actions.find((action) => action === text);
}

/** Audit is what neither refuses nor warns. */
export function effectOf(action: Action | undefined): Effect {
  return action === 'deny' || action === 'warn' ? action : 'audit';
}

/** The same as for every other engine: refusing workloads or Services is the gravest. */
export function severityOf(effect: Effect, filters: readonly AdmissionFilter[]): Severity {
  if (effect === 'deny') return filtersReachWorkloadsOrServices(filters) ? 'Critical' : 'Warning';
  return effect === 'audit' || effect === 'mutate' ? 'Info' : 'Warning';
}
