/**
 * Kyverno's policies in CEL: ValidatingPolicy, ImageValidatingPolicy, MutatingPolicy, GeneratingPolicy, DeletingPolicy, the same
 * for one namespace, and PolicyException, of policies.kyverno.io in all its versions, which have the same fields.
 *
 * - matchConstraints and matchConditions mean what they mean in a ValidatingAdmissionPolicy, but there is no binding: a policy
 *   is in force by itself. One of a namespace means the objects of that namespace alone.
 * - A policy without resourceRules means nothing. Where evaluation.mode is not Kubernetes it judges what other programs send,
 *   and binds nobody in the cluster.
 * - A policy about pods is about their controllers too (autogen.ts).
 * - Where Kyverno writes a ValidatingAdmissionPolicy or MutatingAdmissionPolicy for one, both are told: that one says so.
 *
 * Not read are the settings of Kyverno, a ConfigMap and flags. By default they leave out the namespace of Kyverno itself,
 * kube-system, kube-public and kube-node-lease, and ReplicaSets, Nodes and Events everywhere: what is said of those may be too
 * much. The webhooks by which Kyverno works are read as such, and are Info.
 *
 * @see https://kyverno.io/docs/policy-types/
 * @see https://github.com/kyverno/kyverno/tree/v1.19.1/pkg/cel
 */
import { compareText } from '../../../crds/constraint.ts';
import { FieldsOfObject } from '../bounded-fields.ts';
import type { Adapter, Fault, ObjectHead, Part } from '../define.ts';
import { defineJoinedKind, defineJoiningAdapter, headOf, type ImposedBy } from '../join.ts';
import { readSpec } from '../spec-reader.ts';
import { deleting } from './deleting.ts';
import { type Exception, excepted, exceptionOf } from './exception.ts';
import { generating } from './generating.ts';
import { imageValidating } from './images.ts';
import { mutating } from './mutating.ts';
import { evaluationOf, type Policy, type Told } from './policy.ts';
import { validating } from './validating.ts';

const group = 'policies.kyverno.io';
const exceptionKind = 'PolicyException';

const kinds: readonly { readonly kind: string; readonly plural: string; readonly tell: (policy: Policy) => Told[] }[] =
  [
    { kind: 'DeletingPolicy', plural: 'deletingpolicies', tell: deleting },
    { kind: 'GeneratingPolicy', plural: 'generatingpolicies', tell: generating },
    { kind: 'ImageValidatingPolicy', plural: 'imagevalidatingpolicies', tell: imageValidating },
    { kind: 'MutatingPolicy', plural: 'mutatingpolicies', tell: mutating },
    { kind: 'ValidatingPolicy', plural: 'validatingpolicies', tell: validating },
  ].flatMap(({ kind, plural, tell }) => [
    { kind, plural, tell },
    { kind: `Namespaced${kind}`, plural: `namespaced${plural}`, tell },
  ]);

interface PolicyPart {
  readonly is: 'policy';
  readonly head: ObjectHead;
  readonly told: readonly Told[];
}

type Value = PolicyPart | Exception;

const fields = { spec: FieldsOfObject };

export const kyvernoCel: Adapter = defineJoiningAdapter<Value>({
  id: 'kyvernocel',
  resources: [...kinds.map(({ plural }) => ({ group, plural })), { group, plural: 'policyexceptions' }],
  kinds: [
    ...kinds.map(({ kind, tell }) =>
      defineJoinedKind({
        kind,
        fields,
        parts(object): { parts: Part<Value>[]; faults: readonly Fault[] } {
          const spec = readSpec(object.spec);
          const evaluation = evaluationOf(spec);
          const value: Value = { is: 'policy', head: headOf(object), told: tell({ spec, head: object, evaluation }) };
          const parts = value.told.length === 0 ? [] : [{ key: keyOf(kind, object.metadata.name), value }];
          return { parts, faults: spec.faults };
        },
      }),
    ),
    defineJoinedKind({
      kind: exceptionKind,
      fields,
      parts(object): { parts: Part<Value>[]; faults: readonly Fault[] } {
        const spec = readSpec(object.spec);
        const read = exceptionOf(spec, object);
        const keys = new Set(read?.refs.map(({ kind, name }) => keyOf(kind, name)));
        const parts = read === undefined ? [] : [...keys].map((key) => ({ key, value: read.exception }));
        return { parts, faults: spec.faults };
      },
    }),
  ],
  join(values): ImposedBy[] {
    const exceptions = values.filter((value) => value.is === 'exception');
    return values
      .filter((value) => value.is === 'policy')
      .toSorted((a, b) => compareText(placeOf(a.head), placeOf(b.head)))
      .map(({ head, told }) => ({
        source: head,
        drafts: told.map((one) => {
          const { message, ...draft } = excepted(one, exceptions);
          return { ...draft, message: message.join('; ') };
        }),
      }));
  },
});

function keyOf(kind: string, name: string): string {
  return `${kind}/${name}`;
}

function placeOf({ metadata: { namespace = '', uid } }: ObjectHead): string {
  return `${namespace}/${uid}`;
}
