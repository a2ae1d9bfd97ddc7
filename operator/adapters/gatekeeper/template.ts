/**
 * ConstraintTemplate: what the constraints of its kind demand, in Rego or in CEL (K8sNativeValidation).
 *
 * - A template must be named like the lower-cased kind; one that is not defines no kind.
 * - With both engines CEL judges, unless Gatekeeper was started without it.
 * - `operations` of the target narrow those about which the webhook is asked, CREATE and UPDATE unless its installation adds
 *   DELETE or CONNECT.
 * - `matchCondition` is what the field of a source is called, in the singular.
 *
 * Of Rego it is read what it needs that nobody has who does not run in the cluster: by looking for the names in the text, so
 * that one in a comment counts.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/drivers/k8scel/schema/schema.go
 */
import * as z from 'zod';
import { CelRule } from '../../../crds/rules/cel.ts';
import type { RegoNeed, RegoProgram } from '../../../crds/rules/rego.ts';
import { MatchCondition } from '../../../crds/scope.ts';
import { type Fault, jsonPointer } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { defineJoinedKind } from '../join.ts';
import { readSpec } from '../spec-reader.ts';
import { unknownFields } from '../unknown-fields.ts';

export interface CelProgram {
  readonly failurePolicy: CelRule['failurePolicy'];
  readonly variables: CelRule['variables'];
  readonly validations: NonNullable<CelRule['validations']>;
  readonly matchConditions: readonly MatchCondition[];
  /** False: it is never made into a ValidatingAdmissionPolicy. */
  readonly generatesPolicy: boolean;
}

export interface TemplatePart {
  readonly is: 'template';
  /** What its author says of it. */
  readonly says: string | undefined;
  /** What refusals say, with the marks of what is filled in. */
  readonly messages: readonly string[];
  readonly operations: readonly string[];
  readonly rego: RegoProgram | undefined;
  readonly cel: CelProgram | undefined;
  readonly unread: readonly string[];
}

/** The only target there is. */
const targetName = 'admission.k8s.gatekeeper.sh';
const usualOperations = ['CREATE', 'UPDATE'];
const allOperations = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

const targetFields = new Set(['target', 'rego', 'libs', 'operations', 'code']);
const regoFields = new Set(['rego', 'libs', 'version']);
const celFields = new Set(['failurePolicy', 'generateVAP', 'matchCondition', 'validations', 'variables']);

const Fields = z.record(z.string(), z.unknown());
const Names = z.object({ crd: z.object({ spec: z.object({ names: z.object({ kind: z.string() }) }) }) });
const Validation = z.strictObject({
  expression: z.string(),
  message: absent(z.string()),
  messageExpression: absent(z.string()),
});
const Code = z.object({ engine: z.string(), source: Fields });
const Target = z.looseObject({ target: absent(z.string()) });

/** Parts have the kind as their key, by which its constraints hear them. */
export const constraintTemplate = defineJoinedKind({
  kind: 'ConstraintTemplate',
  fields: { spec: Fields.and(Names) },
  parts({ metadata, spec }): { parts: { key: string; value: TemplatePart }[]; faults: readonly Fault[] } {
    const { kind } = spec.crd.spec.names;
    if (metadata.name !== kind.toLowerCase()) {
      const message = `Must be ${kind.toLowerCase()}: a template has the lower-cased name of its kind`;
      return { parts: [], faults: [{ path: ['metadata', 'name'], message }] };
    }
    const reader = readSpec(spec);
    const targets = reader.readRequired('targets', listOf(Target)) ?? [];
    const index = targets.findIndex(({ target }) => target === targetName);
    const code = codeOf(targets[index], ['spec', 'targets', index]);
    const own: Fault[] =
      index >= 0 || reader.faults.length > 0
        ? []
        : [{ path: ['spec', 'targets'], message: `Must have the target ${targetName}` }];
    const faults = [...reader.faults, ...own, ...code.faults];
    const { 'metadata.gatekeeper.sh/title': title, description } = metadata.annotations ?? {};
    const value: TemplatePart = {
      is: 'template',
      says: description ?? title,
      messages: messagesOf(code),
      operations: code.operations,
      rego: code.rego,
      cel: code.cel,
      unread: faults.map(({ path }) => jsonPointer(path)),
    };
    return { parts: [{ key: kind, value }], faults };
  },
});

function operationsOf(stated: readonly string[] = []): readonly string[] {
  if (stated.length === 0) return usualOperations;
  return stated.includes('*') ? allOperations : allOperations.filter((operation) => stated.includes(operation));
}

interface ReadCode {
  rego: RegoProgram | undefined;
  cel: CelProgram | undefined;
  operations: readonly string[];
  readonly faults: Fault[];
}

function codeOf(target: Readonly<Record<string, unknown>> | undefined, path: readonly PropertyKey[]): ReadCode {
  const read: ReadCode = { rego: undefined, cel: undefined, operations: usualOperations, faults: [] };
  if (target === undefined) return read;
  const spec = readSpec(target, path);
  const rego = spec.read('rego', z.string()) ?? '';
  const libs = spec.read('libs', listOf(z.string()));
  if (rego !== '') read.rego = programOf(rego, libs, 'v0');
  read.operations = operationsOf(spec.read('operations', listOf(z.enum([...allOperations, '*']))));
  for (const [index, { engine, source }] of (spec.read('code', listOf(Code)) ?? []).entries()) {
    const at = [...path, 'code', index];
    if (engine === 'Rego') readRego(read, source, [...at, 'source']);
    else if (engine === 'K8sNativeValidation') readCel(read, source, [...at, 'source']);
    else read.faults.push({ path: [...at, 'engine'], message: 'Must be Rego or K8sNativeValidation' });
  }
  read.faults.push(...spec.faults, ...unknownFields(target, targetFields, path));
  if (read.rego === undefined && read.cel === undefined && read.faults.length === 0) {
    read.faults.push({ path, message: 'Must have a program in rego or in code' });
  }
  return read;
}

function readRego(read: ReadCode, source: z.infer<typeof Fields>, path: readonly PropertyKey[]): void {
  const spec = readSpec(source, path);
  const rego = spec.readRequired('rego', z.string());
  const libs = spec.read('libs', listOf(z.string()));
  const version = spec.read('version', z.enum(['v0', 'v1'])) ?? 'v0';
  read.faults.push(...spec.faults, ...unknownFields(source, regoFields, path));
  if (rego !== undefined) read.rego = programOf(rego, libs, version);
}

function readCel(read: ReadCode, source: z.infer<typeof Fields>, path: readonly PropertyKey[]): void {
  const spec = readSpec(source, path);
  read.cel = {
    failurePolicy: spec.read('failurePolicy', CelRule.shape.failurePolicy) ?? 'Fail',
    variables: spec.read('variables', listOf(CelRule.shape.variables.element)) ?? [],
    validations: (spec.readRequired('validations', listOf(Validation)) ?? []).map(
      ({ expression, message, messageExpression }) => ({
        expression,
        ...(message === undefined ? {} : { message }),
        ...(messageExpression === undefined ? {} : { messageExpression }),
      }),
    ),
    matchConditions: spec.read('matchCondition', listOf(MatchCondition)) ?? [],
    generatesPolicy: spec.read('generateVAP', z.boolean()) ?? true,
  };
  read.faults.push(...spec.faults, ...unknownFields(source, celFields, path));
}

const messagesMax = 20;

/** Those of CEL, or the texts of which Rego makes a `msg`, as far as they stand there as such. */
function messagesOf({ cel, rego }: ReadCode): string[] {
  const texts: string[] = (cel?.validations ?? []).flatMap(({ message }) => message?.trim() || []);
  if (texts.length === 0 && rego !== undefined) {
    const literal = /\bmsg"?\s*(?::=|:|=)\s*(?:sprintf\s*\(\s*)?"((?:[^"\\\n]|\\.)*)"/g;
    texts.push(...[...rego.source.matchAll(literal)].flatMap(([, text = '']) => text.trim() || []));
  }
  return [...new Set(texts)].slice(0, messagesMax);
}

const needs: readonly (readonly [RegoNeed, RegExp])[] = [
  ['clock', /\btime\s*\.\s*now_ns\b/],
  ['externalData', /\bexternal_data\b/],
  ['inventory', /\binventory\b/],
  ['network', /\b(http\s*\.\s*send|net\s*\.\s*lookup_ip_addr)\b/],
  ['random', /\b(rand\s*\.\s*intn|uuid\s*\.\s*rfc4122)\b/],
];

function programOf(source: string, libs: readonly string[] = [], version: RegoProgram['version']): RegoProgram {
  const text = [source, ...libs].join('\n');
  const found = needs.filter(([, name]) => name.test(text)).map(([need]) => need);
  return {
    source,
    ...(libs.length === 0 ? {} : { libs: [...libs] }),
    version,
    ...(found.length === 0 ? {} : { needs: found }),
  };
}
