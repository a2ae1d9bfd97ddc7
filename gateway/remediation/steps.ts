/**
 * What steps are made of. A value that cannot stand in a command or a patch leaves a step in words.
 */
import type { LabelSelector } from '../../crds/label-selector.ts';
import { handleOf } from '../../crds/report-line.ts';
import { isDnsLabel, isDnsSubdomain, isKind } from '../../kube/names.ts';
import type { Link } from './links.ts';
import { urls } from './links.ts';
import { patchText } from './patch.ts';
import { commandLine, type Value } from './quote.ts';
import type { Privilege, RemediationStep } from './schema.ts';
import { selectorArgument } from './selector.ts';
import type { Subject } from './subject.ts';
import { cited, shown } from '../words.ts';

/** A step in words. */
export function manual(description: string, privilege?: Privilege): RemediationStep {
  return {
    type: 'manual',
    description,
    ...(privilege === undefined ? {} : { requires_privilege: privilege }),
    automated: false,
  };
}

/** @param words After `kubectl`; undefined when some value has no place in a command. */
export function kubectl(
  description: string,
  words: readonly (string | Value)[] | undefined,
  privilege: Privilege,
): RemediationStep {
  const command = words === undefined ? undefined : commandLine(['kubectl', ...words]);
  if (command === undefined) return manual(description, privilege);
  return { type: 'kubectl', description, command, requires_privilege: privilege, automated: false };
}

/**
 * Something to put into a manifest, or to apply.
 *
 * @param words After `kubectl`, where one command brings it into force; FILE is the patch.
 */
export function yamlPatch(
  description: string,
  object: object,
  privilege: Privilege,
  words?: readonly (string | Value)[],
): RemediationStep {
  const patch = patchText(object);
  if (patch === undefined) return manual(description, privilege);
  const command = words === undefined ? undefined : commandLine(['kubectl', ...words]);
  return {
    type: 'yaml_patch',
    description,
    patch,
    ...(command === undefined ? {} : { command }),
    requires_privilege: privilege,
    automated: false,
  };
}

/**
 * How a patch of an object that is there is applied. Not by `kubectl apply`, which takes away what an earlier one set and
 * this one leaves out: the other limits of a quota, say.
 *
 * @see https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes
 */
export function patchWords(object: readonly (string | Value)[]): readonly (string | Value)[] {
  return ['patch', ...object, '--patch-file', 'FILE'];
}

/** Where upstream says how such a rule works. */
export function link(description: string, to: Link): RemediationStep {
  return { type: 'link', description, url: urls[to], automated: false };
}

/** Somebody else has to do it. */
export function ask({ contact }: Pick<Subject, 'contact'>, what: string, privilege: Privilege): RemediationStep {
  const owner = privilege === 'cluster-admin' ? 'whoever administers the cluster' : 'an administrator of the namespace';
  return {
    ...manual(`Ask ${contact === undefined ? owner : 'the contact'} ${what}`, privilege),
    ...(contact === undefined ? {} : { contact }),
  };
}

/** Whether the policy has the name that is shown, and not a handle in its place. */
export function isNamed({ name, id }: Subject): boolean {
  return name !== handleOf(id);
}

/** `NetworkPolicy db-in`, or without a name where a handle stands in for it. */
export function titleOf(subject: Subject): string {
  const kind = isKind(subject.kind) ? subject.kind : 'The policy';
  return isNamed(subject) ? `${kind} ${shown(subject.name)}` : `${kind} of another namespace`;
}

/**
 * The policy object as arguments of `kubectl get` and the like. The kind is said with version and group, which kubectl takes
 * for any kind that the cluster serves, so that no plural need be guessed.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/v0.34.0/pkg/runtime/schema/group_version.go (ParseKindArg)
 */
export function objectArguments(subject: Subject): readonly (string | Value)[] | undefined {
  const { name, home } = subject;
  const type = typeArgument(subject);
  if (type === undefined || !isNamed(subject) || !isDnsSubdomain(name)) return undefined;
  const isOwnNamespace = subject.kind === 'Namespace' && subject.apiVersion === 'v1';
  if (home === undefined || isOwnNamespace) return [{ value: type }, { value: name }];
  return isDnsLabel(home) ? [{ value: type }, { value: name }, '-n', home] : undefined;
}

function typeArgument({ kind, apiVersion }: Subject): string | undefined {
  if (!isKind(kind)) return undefined;
  const [first = '', second, ...rest] = apiVersion.split('/');
  if (second === undefined) return isDnsLabel(first) ? kind.toLowerCase() : undefined;
  return isDnsSubdomain(first) && isDnsLabel(second) && rest.length === 0 ? `${kind}.${second}.${first}` : undefined;
}

/** Groups whose policies the role view reads; of kinds that a definition adds it reads none, unless somebody adds them to it. */
const viewed: ReadonlySet<string> = new Set(['v1', 'networking.k8s.io', 'policy']);

/** Who may usually read the policy: the roles view and edit hold nothing cluster-wide and nothing of other namespaces. */
export function readerOf({ home, namespace, apiVersion }: Subject): Privilege {
  const [group = ''] = apiVersion.split('/', 1);
  if (home === undefined || !viewed.has(group)) return 'cluster-admin';
  return home === namespace ? 'developer' : 'namespace-admin';
}

/** The policy as it is stored; without a name that is shown, there is nothing to look at. */
export function look(subject: Subject, description: string): RemediationStep[] {
  const words = objectArguments(subject);
  return words === undefined ? [] : [kubectl(description, ['get', ...words, '-o', 'yaml'], readerOf(subject))];
}

/** What the API server says to a manifest, or to its deletion where nothing else is judged; nothing is stored or deleted. */
export function dryRun(subject: Subject, description: string): RemediationStep {
  const { namespace } = subject;
  const rest = ['--dry-run=server', '-n', namespace, '-f', 'FILE'];
  return isOfDeletion(subject)
    ? kubectl('See whether the objects of a manifest may be deleted; none is.', ['delete', ...rest], 'developer')
    : kubectl(description, ['apply', ...rest], 'developer');
}

/** Whether all requests that are meant delete something. */
export function isOfDeletion({ full }: Subject): boolean {
  return (full?.scope.admission ?? []).some(({ rules = [], filters = [] }) => {
    const operations = [...rules, ...filters].map((each) => each.operations);
    return operations.length > 0 && operations.every((each) => each?.length === 1 && each[0] === 'DELETE');
  });
}

const messageLengthMax = 600;

/** The sentence of the full form, as far as a step holds it: for rules that nobody would read as they are written. */
export function told({ full }: Subject): RemediationStep[] {
  return full === undefined
    ? []
    : [manual(`What it says and does: ${cited(full.message, messageLengthMax)}.`, 'developer')];
}

/** The pods that a selector takes in. */
export function podsWith(subject: Subject, selector: LabelSelector | undefined, description: string): RemediationStep {
  const argument = selector === undefined ? '' : selectorArgument(selector);
  const words = ['get', 'pods', '-n', subject.namespace, '--show-labels'];
  return kubectl(
    description,
    argument === undefined ? undefined : [...words, ...(argument === '' ? [] : [`--selector=${argument}`])],
    'developer',
  );
}
