/**
 * What to do where the API server refuses an object by itself.
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import { kubectl, manual } from '../../remediation/steps.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { cited, listed, shown } from '../../words.ts';
import type { About } from '../finding.ts';

/** One field, and what is wrong with it. */
export interface FieldError {
  readonly field: string;
  /** invalid value, required value and so on; in lower case. */
  readonly type: string;
  readonly detail: string;
}

interface Invalid {
  readonly kind: string;
  readonly name: string;
}

const immutableWords = [
  'immutable',
  'cannot change roleref',
  'may not change once set',
  'updates to ',
  'pod updates may not',
  'may not be changed',
  'cannot be changed',
  'can not be changed',
];

/** Whether the field cannot be changed once the object is there. */
function isImmutable({ detail }: FieldError): boolean {
  const lower = detail.toLowerCase();
  return immutableWords.some((each) => lower.includes(each));
}

/** In a sentence: what the API server refuses, and for which fields. */
export function validationWords(object: Invalid | undefined, errors: readonly FieldError[]): string {
  const title =
    object === undefined ? 'an object' : `the ${shown(kindOnly(object.kind), 80)} ${cited(object.name, 120)}`;
  const fixed = errors.filter(isImmutable);
  if (fixed.length > 0) {
    return `The API server refuses to change ${fieldsOf(fixed)} of ${title}: it cannot be changed once the object is there.`;
  }
  const [first, ...others] = errors;
  if (first === undefined) return `The API server refuses ${title} as invalid.`;
  const more =
    others.length === 0 ? '' : `, and ${others.length === 1 ? 'one more field' : `${others.length} more fields`}`;
  return `The API server refuses ${title} as invalid: ${shown(first.field, 120)}: ${shown(`${first.type}${detailOf(first)}`, 160)}${more}.`;
}

function detailOf({ detail }: FieldError): string {
  const words = detail.trim();
  return words === '' ? '' : `: ${withoutMarks(words)}`;
}

/** Without what ends a sentence or a list. */
function withoutMarks(words: string): string {
  let end = words.length;
  while (end > 0 && '.,;]'.includes(words.charAt(end - 1))) end -= 1;
  return words.slice(0, end);
}

function fieldsOf(errors: readonly FieldError[]): string {
  return listed([...new Set(errors.map(({ field }) => field))].filter((field) => field !== '')) || 'a field';
}

/** `Deployment.apps` as `Deployment`. */
function kindOnly(kind: string): string {
  const dot = kind.indexOf('.');
  return dot < 0 ? kind : kind.slice(0, dot);
}

/** Kinds that can be deleted and created anew while what they run goes on. */
const orphaning: ReadonlySet<string> = new Set(['deployment', 'statefulset', 'daemonset', 'replicaset']);

/** What can be changed instead, or how the object is made anew. */
export function validationSteps(
  object: Invalid | undefined,
  errors: readonly FieldError[],
  about: About,
): readonly RemediationStep[] {
  const fixed = errors.filter(isImmutable);
  if (fixed.length === 0) return correctSteps(errors);
  const kind = object === undefined ? '' : kindOnly(object.kind).toLowerCase();
  const keep = manual(`Leave ${fieldsOf(fixed)} as it is in the cluster.`, 'developer');
  if (kind === 'persistentvolumeclaim') {
    return [
      keep,
      manual(
        'Of a bound claim only resources.requests.storage can grow; for anything else make a new claim and copy the data.',
        'developer',
      ),
    ];
  }
  if (object === undefined || !isDnsSubdomain(object.name) || !/^[a-z]+$/.test(kind)) {
    return [keep, manual('If it has to change, delete the object and create it anew.', 'developer')];
  }
  const isOrphaning = orphaning.has(kind);
  const isCluster = ['clusterrolebinding', 'storageclass', 'persistentvolume', 'csidriver', 'priorityclass'].includes(
    kind,
  );
  return [
    keep,
    kubectl(
      isOrphaning
        ? 'If it has to change, delete the object and leave its pods running, then create it anew.'
        : 'If it has to change, delete the object, then create it anew.',
      [
        'delete',
        object.kind.toLowerCase(),
        { value: object.name },
        ...(isOrphaning ? ['--cascade=orphan'] : []),
        ...(isCluster ? [] : ['-n', about.namespace]),
      ],
      isCluster ? 'cluster-admin' : kind === 'rolebinding' ? 'namespace-admin' : 'developer',
    ),
  ];
}

function correctSteps(errors: readonly FieldError[]): readonly RemediationStep[] {
  return [
    ...errors
      .slice(0, 3)
      .map((error) =>
        manual(
          `Correct ${error.field === '' ? 'the field' : shown(error.field, 120)}: ${shown(`${error.type}${detailOf(error)}`, 200)}.`,
          'developer',
        ),
      ),
    ...(errors.length === 0 ? [manual('Correct the fields that the message names.', 'developer')] : []),
  ];
}
