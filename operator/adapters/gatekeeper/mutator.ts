/**
 * Assign, AssignMetadata, ModifySet and AssignImage: changes of objects that are written.
 *
 * - All but AssignMetadata say to which groups, versions and kinds they apply, exactly; `match` narrows that. Without `applyTo`
 *   they apply to nothing.
 * - AssignMetadata only adds a label or an annotation where there is none. ModifySet merges values into a list or prunes them.
 * - One that is only for generated objects changes what ExpansionTemplates make up to be judged, and nothing that is stored.
 *
 * Not decided here: whether two mutators contradict each other, which disables both.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import { type AssignmentRule, PathTest } from '../../../crds/rules/assignment.ts';
import type { AdmissionFilter, KindPattern } from '../../../crds/scope.ts';
import { type Draft, type Fault, jsonPointer, type ObjectHead } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { JsonField } from '../json-field.ts';
import { defineJoinedKind, headOf, type JoinedKind } from '../join.ts';
import { readSpec, type SpecReader } from '../spec-reader.ts';
import { unknownFields } from '../unknown-fields.ts';
import { scopeOf } from './constraint.ts';
import { readMatch } from './match.ts';
import { mutatorMessage, mutatorSummary } from './mutator-text.ts';
import { ApplyTo, appliedTo, type ConfigPart, exemptionsOf, tooMany } from './settings.ts';

export interface MutatorPart {
  readonly is: 'mutator';
  readonly head: ObjectHead;
  readonly filters: readonly AdmissionFilter[];
  readonly rule: AssignmentRule;
  readonly unreadMatch: readonly string[];
}

type Change = Omit<AssignmentRule, 'form' | 'location' | 'unread'>;

const PathTests = listOf(z.object({ subPath: absent(z.string()), condition: PathTest.shape.condition }));
const Assign = z.strictObject({
  value: absent(JsonField),
  fromMetadata: absent(z.object({ field: z.string() })),
  externalData: absent(z.object({ provider: z.string() })),
});

/** What each kind reads below `spec.parameters`, and which fields there are. */
const changes: Readonly<
  Record<string, { readonly fields: ReadonlySet<string>; read(parameters: SpecReader): Change }>
> = {
  Assign: {
    fields: new Set(['assign', 'pathTests']),
    read: (spec) => ({ operation: 'set', ...assignOf(spec), ...testsOf(spec) }),
  },
  AssignMetadata: { fields: new Set(['assign']), read: (spec) => ({ operation: 'addMetadata', ...assignOf(spec) }) },
  ModifySet: {
    fields: new Set(['operation', 'pathTests', 'values']),
    read(spec) {
      const operation = spec.read('operation', z.enum(['merge', 'prune'])) ?? 'merge';
      const { fromList = [] } = spec.read('values', z.object({ fromList: absent(z.array(JsonField)) })) ?? {};
      return {
        operation: operation === 'merge' ? 'mergeValues' : 'pruneValues',
        values: fromList,
        ...testsOf(spec),
      };
    },
  },
  AssignImage: {
    fields: new Set(['assignDomain', 'assignPath', 'assignTag', 'pathTests']),
    read(spec) {
      const domain = spec.read('assignDomain', z.string());
      const path = spec.read('assignPath', z.string());
      const tag = spec.read('assignTag', z.string());
      const image = {
        ...(domain === undefined ? {} : { domain }),
        ...(path === undefined ? {} : { path }),
        ...(tag === undefined ? {} : { tag }),
      };
      return { operation: 'image', image, ...testsOf(spec) };
    },
  },
};

function assignOf(spec: SpecReader): Pick<Change, 'assign'> {
  const assign = spec.readRequired('assign', Assign);
  if (assign === undefined) return {};
  const { value, fromMetadata, externalData } = assign;
  return {
    assign: {
      ...(value === undefined ? {} : { value }),
      ...(fromMetadata === undefined ? {} : { fromMetadata: fromMetadata.field }),
      ...(externalData === undefined ? {} : { provider: externalData.provider }),
    },
  };
}

function testsOf(spec: SpecReader): Pick<Change, 'pathTests'> {
  const tests = spec.read('pathTests', PathTests) ?? [];
  if (tests.length === 0) return {};
  return { pathTests: tests.map(({ subPath = '', condition }) => ({ subPath, condition })) };
}

const Fields = z.record(z.string(), z.unknown());

/** One part for each, by itself: nobody else's part has its key. */
export const mutators: readonly JoinedKind<MutatorPart>[] = Object.entries(changes).map(([kind, change]) =>
  defineJoinedKind({
    kind,
    fields: { spec: Fields },
    parts(object): { parts: { key: string; value: MutatorPart }[]; faults: readonly Fault[] } {
      const { spec, metadata } = object;
      const reader = readSpec(spec);
      const path = ['spec', 'parameters'];
      const stated = reader.read('parameters', Fields) ?? {};
      const parameters = readSpec(stated, path);
      const { match, faults: ofMatch } = readMatch(spec['match']);
      const location = reader.readRequired('location', z.string()) ?? '';
      const own = change.read(parameters);
      const isForMetadata = kind === 'AssignMetadata';
      const applied = isForMetadata ? undefined : reader.readRequired('applyTo', ApplyTo);
      const isMany = applied !== undefined && appliedTo(applied) === undefined;
      const others = [
        ...reader.faults,
        ...(isMany ? [tooMany] : []),
        ...parameters.faults,
        ...unknownFields(stated, change.fields, path),
        ...unknownFields(spec, new Set(['location', 'match', 'parameters', ...(isForMetadata ? [] : ['applyTo'])]), [
          'spec',
        ]),
      ];
      const ofApplyTo = others.filter((fault) => fault.path[1] === 'applyTo');
      // What is not understood may be anything.
      const filters = isForMetadata || ofApplyTo.length > 0 ? [{}] : filtersOf(applied ?? []);
      const unread = [...new Set(others.map((fault) => jsonPointer(fault.path)))];
      const value: MutatorPart = {
        is: 'mutator',
        head: headOf(object),
        filters: match.original ? filters.flatMap((filter) => narrowed(filter, match.filter)) : [],
        rule: { form: 'assignment', location, ...own, ...(unread.length === 0 ? {} : { unread }) },
        unreadMatch: [...ofMatch, ...ofApplyTo].map((fault) => jsonPointer(fault.path)),
      };
      return { parts: [{ key: `${kind}/${metadata.name}`, value }], faults: [...ofMatch, ...others] };
    },
  }),
);

const both = ['CREATE', 'UPDATE'];

/** One for each set of operations. */
function filtersOf(entries: z.infer<typeof ApplyTo>): AdmissionFilter[] {
  return [...Map.groupBy(entries, (entry) => operationsOf(entry).join())]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([operations, same]) => ({ operations: operations.split(','), kinds: appliedTo(same) ?? [] }));
}

function operationsOf({ operations = [] }: z.infer<typeof ApplyTo>[number]): string[] {
  if (operations.length === 0 || operations.includes('*')) return both;
  return both.filter((operation) => operations.some((stated) => stated === operation));
}

/** What both mean. Kinds of `applyTo` are exact, and stay as far as the match takes them. */
function narrowed(
  { operations = both, kinds }: AdmissionFilter,
  match: AdmissionFilter | undefined,
): AdmissionFilter[] {
  if (match === undefined) return [];
  const { kinds: matched, ...rest } = match;
  const names = matched === undefined ? undefined : new Set(matched.map(({ group, kind }) => `${group}/${kind}`));
  const taken = kinds === undefined ? matched : kinds.filter((kind) => isTaken(kind, names));
  if (taken?.length === 0) return [];
  return [{ operations: [...operations], ...(taken === undefined ? {} : { kinds: taken }), ...rest }];
}

/** Patterns of a match are exact or a star: looking them up is enough. */
function isTaken({ group, kind }: KindPattern, matched: ReadonlySet<string> | undefined): boolean {
  if (matched === undefined) return true;
  return [group, '*'].some((ofGroup) => [kind, '*'].some((ofKind) => matched.has(`${ofGroup}/${ofKind}`)));
}

/** One constraint, or none for what changes nothing. */
export function mutatorDrafts(part: MutatorPart, configs: readonly ConfigPart[]): Draft[] {
  const { filters, rule, unreadMatch } = part;
  if (filters.length === 0) return [];
  const exceptions = exemptionsOf(configs, 'mutation');
  return [
    {
      key: 'mutator',
      type: 'Admission',
      severity: 'Info',
      effect: 'mutate',
      summary: mutatorSummary(filters, rule),
      message: mutatorMessage(filters, rule, exceptions),
      scope: scopeOf(filters, exceptions, [], unreadMatch),
      rule,
    },
  ];
}
