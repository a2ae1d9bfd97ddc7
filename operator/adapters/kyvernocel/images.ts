/**
 * ImageValidatingPolicy and NamespacedImageValidatingPolicy: images in an object must be vouched for. Whether one is only a
 * registry can tell. Images that match none of matchImageReferences are passed over. Where validationConfigurations say
 * nothing, an image must have been verified, must have a digest, and gets one in place of its tag as the object is written.
 *
 * Of attestors their names are kept, and neither keys nor certificates nor identities.
 *
 * @see https://kyverno.io/docs/policy-types/image-validating-policy/
 */
import * as z from 'zod';
import type { CelImages, CelRule } from '../../../crds/rules/cel.ts';
import { demandTexts, saidTexts, ValidationField } from '../admission-validation.ts';
import { absent, listOf } from '../fields.ts';
import type { SpecReader } from '../spec-reader.ts';
import { boundedList, boundedListOf, sentence } from '../text.ts';
import { actionsOf, consequenceOf, isNeverJudged, judgedTexts } from './judgement.ts';
import {
  autogenPart,
  commonRule,
  evaluationPart,
  meantBy,
  type Policy,
  scopeFor,
  type Told,
  unreadPart,
} from './policy.ts';
import { detailTexts } from './text.ts';

const Reference = z.union([z.strictObject({ glob: z.string() }), z.strictObject({ expression: z.string() })]);
const Extractor = z.strictObject({ name: z.string(), expression: z.string() });

/** What it holds to verify with is not looked at: only that it is there. */
const Attestor = z
  .strictObject({ name: z.string(), cosign: z.unknown().optional(), notary: z.unknown().optional() })
  .transform(({ name, cosign, notary }): CelImages['attestors'][number] => {
    if ((cosign ?? undefined) !== undefined) return { name, kind: 'cosign' };
    return (notary ?? undefined) === undefined ? { name } : { name, kind: 'notary' };
  });

const Typed = absent(z.strictObject({ type: absent(z.string()) }));
const Attestation = z
  .strictObject({ name: z.string(), intoto: Typed, referrer: Typed })
  .transform(({ name, intoto, referrer }): CelImages['attestations'][number] => {
    const type = (intoto ?? referrer)?.type;
    const kind = intoto === undefined ? (referrer === undefined ? undefined : 'referrer') : 'intoto';
    return { name, ...(kind === undefined ? {} : { kind }), ...(type === undefined ? {} : { type }) };
  });

const Configurations = z.strictObject({
  mutateDigest: absent(z.boolean()),
  verifyDigest: absent(z.boolean()),
  required: absent(z.boolean()),
});
/** Credentials for registries say nothing of what is demanded. */
const Credentials = z.unknown();

const verified = { certain: 'have their images verified', unsure: 'may have their images verified' };

/** At most one: whose images are verified, and by whom. */
export function imageValidating(policy: Policy): Told[] {
  const { spec, head, evaluation } = policy;
  const meant = meantBy(policy);
  const common = commonRule(spec);
  const validations = spec.read('validations', listOf(ValidationField)) ?? [];
  const actions = actionsOf(policy);
  const images = imagesOf(spec);
  spec.readNothingElse();
  if (meant.matching === undefined || isNeverJudged(policy)) return [];
  if (spec.faults.length === 0 && validations.length === 0 && !images.required && !images.verifyDigest) return [];

  const scope = scopeFor(meant.matching, policy);
  const rule: CelRule = {
    ...common,
    validations,
    actions,
    images,
    ...evaluationPart(evaluation),
    ...autogenPart({ ...meant, native: false }, { kind: '', prefix: '' }, head),
    ...unreadPart(policy),
  };
  const { summary, lead } = judgedTexts(policy, actions, scope, verified);
  const says = [...imageTexts(images), ...saidTexts(validations), ...demandTexts(validations)];
  return [
    {
      key: 'images',
      type: 'Admission',
      ...consequenceOf(policy, actions, scope),
      summary,
      message: [lead, ...detailTexts(scope, rule, says)],
      scope,
      rule,
    },
  ];
}

function imagesOf(spec: SpecReader): CelImages {
  const references = spec.read('matchImageReferences', listOf(Reference)) ?? [];
  const extractors = spec.read('images', listOf(Extractor)) ?? [];
  const configurations = spec.read('validationConfigurations', Configurations);
  spec.read('credentials', Credentials);
  return {
    ...(references.length === 0 ? {} : { references }),
    ...(extractors.length === 0 ? {} : { extractors }),
    attestors: spec.read('attestors', listOf(Attestor)) ?? [],
    attestations: spec.read('attestations', listOf(Attestation)) ?? [],
    mutateDigest: configurations?.mutateDigest ?? true,
    verifyDigest: configurations?.verifyDigest ?? true,
    required: configurations?.required ?? true,
  };
}

function imageTexts({
  references,
  attestors,
  attestations,
  mutateDigest,
  verifyDigest,
  required,
}: CelImages): string[] {
  const vouching = [
    ...attestors.map(({ name, kind }) => (kind === undefined ? name : `${name} (${kind})`)),
    ...attestations.map(({ name }) => `attestation ${name}`),
  ].map((word) => sentence(word, 80));
  return [
    ...(references === undefined ? [] : [`only images that match ${referencesText(references)}`]),
    ...(vouching.length === 0
      ? []
      : [`by ${boundedList(vouching, { separator: ', ', lengthMax: 200, noun: 'attestor' })}`]),
    ...(required ? ['each image must have been verified'] : []),
    ...(verifyDigest ? ['each image must have a digest'] : []),
    ...(mutateDigest ? ['tags are replaced by digests'] : []),
  ];
}

function referencesText(references: NonNullable<CelImages['references']>): string {
  const word = (reference: (typeof references)[number]) =>
    'glob' in reference ? sentence(reference.glob, 120) : JSON.stringify(sentence(reference.expression, 120));
  return boundedListOf(references, word, { separator: ', ', lengthMax: 250, noun: 'pattern' });
}
