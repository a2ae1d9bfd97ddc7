/**
 * PolicyException of policies.kyverno.io: it names policies by kind and name, and requests that they let pass.
 *
 * - Without `images` and `allowedValues` it excepts every request for which its matchConditions are true. With them it excepts
 *   nothing: the expressions of the policy may look at these values.
 * - Whether Kyverno honours exceptions, and those of which namespaces, are flags of Kyverno, which are not read: an exception
 *   never takes a constraint away. Nor is `expiresAt` compared with any clock, as Kyverno 1.19 does not do so either.
 * - reportResult and properties are for reports.
 *
 * @see https://kyverno.io/docs/policy-types/validating-policy/#exceptions
 */
import * as z from 'zod';
import type { CelAllowance } from '../../../crds/rules/cel.ts';
import type { AdmissionException, MatchCondition } from '../../../crds/scope.ts';
import { compareText } from '../../../crds/constraint.ts';
import type { ObjectHead } from '../define.ts';
import { listOf } from '../fields.ts';
import type { SpecReader } from '../spec-reader.ts';
import { boundedListOf, sentence } from '../text.ts';
import { Conditions, type Told } from './policy.ts';

export interface Exception {
  readonly is: 'exception';
  /** `PolicyException namespace/name` */
  readonly by: string;
  readonly namespace: string;
  readonly conditions: MatchCondition[];
  readonly images: string[];
  readonly values: string[];
  readonly expires: string | undefined;
  readonly understood: boolean;
}

const PolicyRef = z.strictObject({ name: z.string(), kind: z.string() });

/** Undefined of one that is not for the API server; the policies that it names, and what it lets pass. */
export function exceptionOf(
  spec: SpecReader,
  { metadata: { name, namespace = '' } }: ObjectHead,
): { readonly refs: z.infer<typeof PolicyRef>[]; readonly exception: Exception } | undefined {
  const refs = spec.readRequired('policyRefs', listOf(PolicyRef)) ?? [];
  const conditions = spec.read('matchConditions', Conditions) ?? [];
  const images = spec.read('images', listOf(z.string())) ?? [];
  const values = spec.read('allowedValues', listOf(z.string())) ?? [];
  const expires = spec.read('expiresAt', z.string());
  const mode = spec.read('evaluationMode', z.enum(['Kubernetes', 'JSON', 'HTTP', 'Envoy'])) ?? 'Kubernetes';
  spec.read('reportResult', z.unknown());
  spec.read('properties', z.unknown());
  spec.readNothingElse();
  if (mode !== 'Kubernetes') return undefined;
  const by = `PolicyException ${namespace}/${name}`;
  const understood = spec.faults.length === 0;
  return { refs, exception: { is: 'exception', by, namespace, conditions, images, values, expires, understood } };
}

const exceptionsMax = 50;

/** The same with what excepts from it, in the rule, the scope and the message. */
export function excepted(told: Told, exceptions: readonly Exception[]): Told {
  if (exceptions.length === 0) return told;
  const inOrder = exceptions.toSorted((a, b) => compareText(a.by, b.by));
  const full = inOrder.filter(exceptsWhole);
  const partly = inOrder.filter((exception) => !exceptsWhole(exception));
  const [match = {}, ...others] = told.scope.admission ?? [];
  const [lead, ...details] = told.message;
  return {
    ...told,
    scope: {
      ...told.scope,
      admission: [{ ...match, ...(full.length === 0 ? {} : { exceptions: exceptionsIn(full) }) }, ...others],
    },
    rule: {
      ...told.rule,
      ...(partly.length === 0 ? {} : { allowances: allowancesOf(partly) }),
    },
    message: [
      lead,
      ...exceptionTexts(full, 'may not be bound where Kyverno honours'),
      ...exceptionTexts(partly, 'its expressions may allow more by'),
      ...details,
    ],
  };
}

function exceptsWhole({ images, values }: Exception): boolean {
  return images.length === 0 && values.length === 0;
}

function allowancesOf(exceptions: readonly Exception[]): CelAllowance[] {
  const more = exceptions.length - exceptionsMax;
  return [
    ...exceptions.slice(0, exceptionsMax).map(allowanceIn),
    ...(more > 0 ? [{ by: `${more} more exceptions` }] : []),
  ];
}

/** As many as are kept, and one that stands for the others. */
function exceptionsIn(exceptions: readonly Exception[]): AdmissionException[] {
  const more = exceptions.length - exceptionsMax;
  return [
    ...exceptions.slice(0, exceptionsMax).map(exceptionIn),
    ...(more > 0 ? [{ all: [], conditional: `${more} more exceptions` }] : []),
  ];
}

function exceptionIn({ by, namespace, conditions, expires, understood }: Exception): AdmissionException {
  const ends = expires === undefined ? '' : `; versions that read expiresAt end it at ${sentence(expires, 40)}`;
  const unread = understood ? '' : '; parts of it are not understood';
  return {
    by,
    all: [],
    ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
    conditional: `Only where Kyverno is set to honour exceptions in namespace ${namespace}${ends}${unread}`,
  };
}

function allowanceIn({ by, images, values, conditions }: Exception): CelAllowance {
  return {
    by,
    ...(images.length === 0 ? {} : { images }),
    ...(values.length === 0 ? {} : { values }),
    ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
  };
}

function exceptionTexts(exceptions: readonly Exception[], lead: string): string[] {
  if (exceptions.length === 0) return [];
  const word = ({ by, conditions }: Exception) =>
    `${sentence(by, 130)}${conditions.length === 0 ? '' : ` (${conditionsText(conditions)})`}`;
  return [`${lead} ${boundedListOf(exceptions, word, { separator: ', ', lengthMax: 300, noun: 'exception' })}`];
}

function conditionsText(conditions: readonly MatchCondition[]): string {
  const form = { separator: ', ', lengthMax: 80, noun: 'condition' };
  return `where ${boundedListOf(conditions, ({ name }) => name, form)}`;
}
