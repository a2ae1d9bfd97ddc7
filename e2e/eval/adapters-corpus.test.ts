import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { Constraint } from '../../crds/constraint.ts';
import { adapters } from '../../operator/adapters/all.ts';
import type { Adapter, Problem } from '../../operator/adapters/define.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import { sharedCorpus, corpusMissing, type JsonObject } from './corpus.ts';

const admissionVersions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `admissionregistration.k8s.io/${version}`);
const kinds = new Map([
  ...['Mutating', 'Validating'].flatMap((verb) =>
    ['Policy', 'PolicyBinding'].flatMap((what) =>
      admissionVersions.map((version): [string, string] => [
        `${version} ${verb}Admission${what}`,
        `${verb.toLowerCase()}admissionpolicy`,
      ]),
    ),
  ),
  ['v1 LimitRange', 'limitrange'],
  ['networking.k8s.io/v1 NetworkPolicy', 'networkpolicy'],
  ['policy/v1 PodDisruptionBudget', 'poddisruptionbudget'],
  ['v1 Namespace', 'podsecurity'],
  ['v1 ResourceQuota', 'resourcequota'],
]);

/** Written to be refused by a policy, or for the first alpha version of the API: today no API server takes them. */
const refusedAnyway = [
  {
    object: 'ValidatingAdmissionPolicyBinding deny-pods-without-app-label-binding',
    path: 'spec.validationActions',
    file: 'policies/vap/kubescape/docs/validating-admission-policies/deny-pods-without-app-label-policy-binding.yaml',
  },
  {
    object: 'PodDisruptionBudget kube-system/bad-pdb-negative-one',
    path: 'spec.maxUnavailable',
    file: 'oracles/kyverno/resources/pdb-maxunavailable.yaml',
  },
  {
    object: 'ValidatingAdmissionPolicyBinding check-deployments-replicas-binding',
    path: 'spec.validationActions',
    file: 'pool/3161dad3e6ffb8ae.yaml',
  },
  {
    object: 'ValidatingAdmissionPolicy validate-namespace-name',
    path: 'spec.matchConstraints.resourceRules[0].operations',
    file: 'pool/88a1434e3b45d431.yaml',
  },
].map((problem): unknown => expect.objectContaining(problem));

/** A manifest without a namespace is applied to the one of the person who applies it. */
function applied(object: JsonObject): JsonObject {
  const stored = asStored(object);
  if (/^Namespace$|AdmissionPolicy/.test(String(object['kind']))) return stored;
  return { ...stored, metadata: { namespace: 'default', ...stored.metadata } };
}

test('real policies are read without problems, other than those that no API server takes', { timeout: 120_000 }, ({
  skip,
}) => {
  if (corpusMissing !== undefined) skip(corpusMissing);
  const counts = new Map<string, { objects: number; constraints: number }>();
  /** What lies in a folder belongs together: a binding is often a file beside its policy. */
  const folders = new Map<string, { readonly adapter: Adapter; readonly objects: readonly JsonObject[] }>();
  const problems: (Problem & { readonly file: string })[] = [];
  for (const file of ['policies', 'oracles', 'pool'].flatMap((folder) => sharedCorpus.files(folder))) {
    for (const object of sharedCorpus.objects(
      file,
      /kind: ((Mutating|Validating)AdmissionPolicy(Binding)?|LimitRange|NetworkPolicy|PodDisruptionBudget|Namespace|ResourceQuota)\b/,
    )) {
      const id = kinds.get(`${String(object['apiVersion'])} ${String(object['kind'])}`);
      const adapter = adapters.find((one) => one.id === id);
      if (adapter === undefined) continue;
      const reading = adapter.read(applied(object));
      const folder = `${adapter.id} ${dirname(file)}`;
      folders.set(folder, { adapter, objects: [...(folders.get(folder)?.objects ?? []), applied(object)] });
      problems.push(...reading.problems.map((problem) => ({ ...problem, file })));
    }
  }
  for (const { adapter, objects } of folders.values()) {
    const { constraints } = readTogether(adapter, objects);
    for (const constraint of constraints) expect(Constraint.parse(constraint)).toEqual(constraint);
    const count = counts.get(adapter.id) ?? { objects: 0, constraints: 0 };
    counts.set(adapter.id, {
      objects: count.objects + objects.length,
      constraints: count.constraints + constraints.length,
    });
  }
  for (const [adapter, count] of counts) console.log(JSON.stringify({ corpus: adapter, ...count }));
  // No manifest there has webhooks: whoever serves one writes its configuration when it is installed.
  expect([...counts.keys()].toSorted()).toEqual([...new Set(kinds.values())].toSorted());
  expect(problems).toEqual(refusedAnyway);
});
