/**
 * What two kinds of Gatekeeper say about all constraints and mutators.
 *
 * Config: of which namespaces nothing is judged. Only the one named `config` in Gatekeeper's own namespace counts, which is taken
 * to be the namespace of the only one there is. A namespace that is left out of the audit alone is judged at admission; of a
 * constraint that is only audited the audit decides.
 * A Namespace is excluded by its own name. What it says of synchronisation and traces decides nothing here.
 *
 * ExpansionTemplate: objects that make others are judged by what they will make, a Deployment by its Pods. Templates follow one
 * after the other: a CronJob is judged as the Pods of its Jobs. An enforcementAction of the template takes the place of that of
 * every constraint.
 *
 * Not read are the flags and labels with which Gatekeeper exempts namespaces: the label `admission.gatekeeper.sh/ignore` works
 * through the selector of its webhook.
 *
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/controller/config/process/excluder.go
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/expansion/
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { AdmissionException, AdmissionFilter, KindPattern } from '../../../crds/scope.ts';
import { type ObjectKind, matchesKind } from '../admission-filters.ts';
import type { Fault } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { defineJoinedKind } from '../join.ts';
import { readSpec } from '../spec-reader.ts';
import { globsOf } from './match.ts';

export interface ConfigPart {
  readonly is: 'config';
  readonly namespace: string;
  /** Patterns of namespaces that the webhook for validation, that for mutation, and the audit leaves alone. */
  readonly validation: readonly string[];
  readonly audit: readonly string[];
  readonly mutation: readonly string[];
}

export interface ExpansionPart {
  readonly is: 'expansion';
  readonly name: string;
  readonly from: readonly KindPattern[];
  readonly path: string;
  readonly to: ObjectKind;
  /** Undefined for the action of the constraint. */
  readonly action: string | undefined;
}

type Values = z.infer<typeof Names>;
const Names = listOf(z.string());
const Entries = listOf(z.strictObject({ excludedNamespaces: absent(Names), processes: absent(Names) }));
const Fields = z.record(z.string(), z.unknown());

export const config = defineJoinedKind({
  kind: 'Config',
  fields: { spec: absent(Fields) },
  parts({ metadata: { name, namespace }, spec = {} }): { parts: []; shared: ConfigPart[]; faults: readonly Fault[] } {
    if (name !== 'config' || namespace === undefined) return { parts: [], shared: [], faults: [] };
    const reader = readSpec(spec);
    const entries = reader.read('match', Entries) ?? [];
    const excludedFrom = (process: string): Values =>
      globsOf(
        entries
          .filter(({ processes = [] }) => processes.includes(process) || processes.includes('*'))
          .flatMap(({ excludedNamespaces = [] }) => excludedNamespaces),
      ).toSorted(compareText);
    const validation = excludedFrom('webhook');
    const mutation = excludedFrom('mutation-webhook');
    const audit = excludedFrom('audit');
    return { parts: [], shared: [{ is: 'config', namespace, validation, mutation, audit }], faults: reader.faults };
  },
});

const usualNamespace = 'gatekeeper-system';

/** What takes requests out of all constraints, out of those that are only audited, or out of all mutators. */
export function exemptionsOf(
  configs: readonly ConfigPart[],
  of: 'validation' | 'mutation' | 'audit',
): AdmissionException[] {
  const usual = configs.filter(({ namespace }) => namespace === usualNamespace);
  const own = usual.length > 0 ? usual : configs;
  return own
    .toSorted((a, b) => compareText(a.namespace, b.namespace))
    .flatMap((part) => {
      const { namespace, [of]: patterns } = part;
      if (patterns.length === 0) return [];
      const place = {
        patterns: [...patterns],
        clusterScoped: 'nameless' as const,
        namespaceObjects: 'asThemselves' as const,
      };
      return {
        by: `Config ${namespace}/config`,
        all: [{ namespace: place }],
        ...(own.length === 1 ? {} : { conditional: `Gatekeeper runs in namespace ${namespace}` }),
      };
    });
}

export const ApplyTo = listOf(
  z.strictObject({
    groups: absent(Names),
    versions: absent(Names),
    kinds: absent(Names),
    operations: absent(listOf(z.enum(['CREATE', 'UPDATE', '*']))),
  }),
);

const patternsMax = 1_000;

/** Every group with every version and kind of an entry: exact, and an empty list takes nothing. Undefined for too many. */
export function appliedTo(entries: z.infer<typeof ApplyTo>): KindPattern[] | undefined {
  const patterns: KindPattern[] = [];
  for (const { groups = [], versions = [], kinds = [] } of entries) {
    if (patterns.length + groups.length * versions.length * kinds.length > patternsMax) return undefined;
    for (const group of groups) {
      for (const version of versions) for (const kind of kinds) patterns.push({ group, version, kind });
    }
  }
  return patterns.filter(({ group, version, kind }) => ![group, version, kind].some((part) => /[*?]/.test(part)));
}

export const tooMany: Fault = {
  path: ['spec', 'applyTo'],
  message: `Must be at most ${patternsMax} groups, versions and kinds together`,
};

const Generated = z.object({ group: absent(z.string()), version: absent(z.string()), kind: z.string() });

export const expansionTemplate = defineJoinedKind({
  kind: 'ExpansionTemplate',
  fields: { spec: Fields },
  parts({ metadata: { name }, spec }): { parts: []; shared: ExpansionPart[]; faults: readonly Fault[] } {
    const reader = readSpec(spec);
    const applyTo = reader.readRequired('applyTo', ApplyTo) ?? [];
    const generated = reader.readRequired('generatedGVK', Generated);
    const path = reader.read('templateSource', z.string()) ?? '';
    const action = reader.read('enforcementAction', z.string()) ?? '';
    const from = appliedTo(applyTo);
    const { faults } = reader;
    if (from === undefined) {
      return { parts: [], shared: [], faults: [...faults, tooMany] };
    }
    if (faults.length > 0 || generated === undefined || from.length === 0) return { parts: [], shared: [], faults };
    const { group = '', version = '', kind } = generated;
    const to = { group, version, kind };
    const part = { is: 'expansion', name, from, path, to, action: action === '' ? undefined : action } as const;
    return { parts: [], shared: [part], faults };
  },
});

/** Objects that are judged as what will be made of them, where that is of the kinds of the filter. */
export interface Expanded {
  readonly filter: AdmissionFilter;
  readonly action: string | undefined;
}

/** By the name of the template. */
export function expandedBy(expansions: readonly ExpansionPart[], filter: AdmissionFilter): Expanded[] {
  return expansions
    .filter(({ to }) => filter.kinds === undefined || filter.kinds.some((kind) => matchesKind(kind, to)))
    .toSorted((a, b) => compareText(a.name, b.name))
    .map((last) => ({
      filter: {
        ...filter,
        kinds: generatorsOf(expansions, last),
        as: { by: `ExpansionTemplate ${last.name}`, path: last.path, kind: { ...last.to } },
      },
      action: last.action,
    }));
}

/** Those that the template names, and those that others say make them. */
function generatorsOf(expansions: readonly ExpansionPart[], last: ExpansionPart): KindPattern[] {
  const found = new Set([last]);
  for (const later of found) {
    for (const earlier of expansions) if (later.from.some((kind) => matchesKind(kind, earlier.to))) found.add(earlier);
  }
  const kinds = [...found].flatMap(({ from }) => from);
  return [...new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]))]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, kind]) => kind);
}
