/**
 * Asks `potoo_explain` about rows of error messages, each in a small catalog of its own: once with the policy that caused it
 * among others, once without it.
 */
import type * as z from 'zod';
import type { Constraint } from '../../crds/constraint.ts';
import { createPaces } from '../../gateway/answer/pace.ts';
import type { Caller } from '../../gateway/auth/identity.ts';
import type { Call } from '../../gateway/call.ts';
import type { Catalog } from '../../gateway/catalog/store.ts';
import { explain } from '../../gateway/tools/explain.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { Workload } from '../../operator/scope/workload.ts';
import { catalogOf, constraintsOf } from './explain-catalog.ts';
import { everydayNamespace, otherPolicies, similarPolicies } from './explain-distractors.ts';
import { ExplainAnswer } from './explain-answer.ts';
import { chosen, type Planted, plantedFor } from './explain-planted.ts';
import type { ExplainRow } from './explain-rows.ts';

type Answer = z.infer<typeof ExplainAnswer>;

export interface Asked {
  readonly row: ExplainRow;
  /** Ids of what the row names; undefined where no policy caused it, or none of a kind that is read. */
  readonly planted: ReadonlySet<string> | undefined;
  /** With the policy among others. */
  readonly present: Answer;
  /** Without it; undefined where there is none. */
  readonly absent: Answer | undefined;
}

const namespaces = ['orchard', 'harbour', 'quarry'] as const;

/** @param row Of a corpus: nothing but its message and its namespace is asked with. */
export async function askAbout(row: ExplainRow): Promise<Asked> {
  const namespace = row.namespace ?? namespaces[chosen(row.id, namespaces.length)] ?? namespaces[0];
  const policy = row.policy_name ?? row.rule_name ?? 'planted-one';
  const naming = { policy, rule: row.rule_name ?? `rule-of-${policy}`, namespace, variant: 0 };
  const planted = plantedFor(row, naming);
  const others = [...otherPolicies(namespace), ...(planted === undefined ? [] : similarPolicies(row, naming))];
  const isNamespace = planted?.objects.some(({ object }) => object['kind'] === 'Namespace') === true;
  const own = planted?.objects ?? [];
  const everyday = everydayNamespace(namespace);
  const around = {
    labels: { 'kubernetes.io/metadata.name': namespace, 'capsule.clastix.io/tenant': 'everyday-tenant' },
    workloads: workloadsOf(row),
  };
  const present = constraintsOf([...own, ...others, ...(isNamespace ? [] : [everyday])]);
  const ids = planted === undefined ? undefined : idsOf(row, present, planted);
  const ask = async (constraints: readonly Constraint[]) =>
    answerOf(row.message, namespace, catalogOf(namespace, constraints, around));
  return {
    row,
    planted: ids,
    present: await ask(present),
    absent: planted === undefined ? undefined : await ask(constraintsOf([...others, everyday])),
  };
}

function idsOf({ id }: ExplainRow, present: readonly Constraint[], planted: Planted): ReadonlySet<string> {
  const own = constraintsOf(planted.objects).filter((constraint) => planted.isNamed(constraint));
  const named = new Set(own.map((constraint) => constraint.id));
  if (!present.some((constraint) => named.has(constraint.id))) throw new Error(`${id}: its policy imposes nothing`);
  return named;
}

/** Kinds of workloads whose names stand in rows. A pod that no other is known of stands for itself. */
const workloadKinds: readonly string[] = ['DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet', 'StatefulSet'];

function workloadsOf({ workload }: ExplainRow): readonly Workload[] {
  const of = (kind: string, name: string): Workload => ({
    kind,
    name,
    labels: { app: name },
    serviceAccount: 'default',
  });
  const own = workload !== null && workload !== undefined && workloadKinds.includes(workload.kind) ? [workload] : [];
  return [
    ...own.map(({ kind, name }) => of(kind, name)),
    of('Deployment', 'everyday-web'),
    of('StatefulSet', 'everyday-database'),
    of('Job', 'everyday-batch'),
  ];
}

const everything: Caller = {
  user: { username: 'evaluation', groups: [] },
  identity: 'evaluation',
  anonymous: false,
  may: async () => Promise.resolve(true),
  known: () => true,
};

/** A call of somebody who may see everything. */
export function callOver(catalog: Catalog): Call {
  const clock = createVirtualClock();
  const deadline = clock.monotonic() + 30_000;
  return {
    caller: everything,
    catalog,
    clock,
    deadline,
    pace: createPaces(clock)(deadline),
    bytesMax: 4_194_304,
    gateway: { version: '0.0.0', port: 8_090 },
  };
}

async function answerOf(message: string, namespace: string, catalog: Catalog): Promise<Answer> {
  const { answer } = await explain.answer({ error_message: message, namespace }, callOver(catalog));
  if (!answer.ok) throw new Error(`potoo_explain refused: ${JSON.stringify(answer)}`);
  return ExplainAnswer.parse(answer.value);
}
