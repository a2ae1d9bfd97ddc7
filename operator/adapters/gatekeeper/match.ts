/**
 * Whom `spec.match` of a constraint or a mutator means. All that is given must hold; nothing given is everything.
 *
 * - `kinds`: exact names and groups, or `*`; an entry that leaves one of them out means all. A subresource is judged by the
 *   kind of its request: ephemeral containers come as a Pod, an eviction or a scale as a kind of its own.
 * - `namespaces`, `excludedNamespaces` and `namespaceSelector` never hold back objects outside of namespaces. A Namespace is in
 *   itself.
 * - A `*` stands for anything at the beginning and at the end of a name. Anywhere else it is a star, which no name has.
 * - `scope` other than Cluster and Namespaced means all.
 * - On an update the old object is enough for a match, as is the new one.
 *
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/mutation/match/match.go
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/wildcard/wildcard.go
 */
import * as z from 'zod';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { AdmissionFilter, KindPattern, RequestNamespace } from '../../../crds/scope.ts';
import type { Fault } from '../define.ts';
import { absent, listOf, SelectorField, selectsAll } from '../fields.ts';
import { readSpec } from '../spec-reader.ts';
import { unknownFields } from '../unknown-fields.ts';

export interface Match {
  /** What the object itself must be like; undefined when no object can be. */
  readonly filter: AdmissionFilter | undefined;
  /** Whether objects that are sent count, and whether those that an ExpansionTemplate says will be made of them. */
  readonly original: boolean;
  readonly generated: boolean;
}

const fields: ReadonlySet<string> = new Set([
  'excludedNamespaces',
  'kinds',
  'labelSelector',
  'name',
  'namespaces',
  'namespaceSelector',
  'scope',
  'source',
]);

const Names = listOf(z.string());
const Kinds = listOf(z.strictObject({ apiGroups: absent(Names), kinds: absent(Names) }));

/** More would be no list that somebody wrote: each group is combined with each kind. */
const patternsMax = 1_000;

/** Reads `spec.match`. A part that is not understood restricts nothing, and is a fault. */
export function readMatch(value: unknown): { readonly match: Match; readonly faults: readonly Fault[] } {
  const path = ['spec', 'match'];
  const object = z.record(z.string(), z.unknown()).safeParse(value ?? {});
  if (!object.success) {
    return {
      match: { filter: {}, original: true, generated: true },
      faults: [{ path, message: 'Must be an object' }],
    };
  }
  const spec = readSpec(object.data, path);
  const faults: Fault[] = unknownFields(object.data, fields, path);
  const fault = (field: string, message: string) => void faults.push({ path: [...path, field], message });

  const kinds = kindsOf(spec.read('kinds', Kinds) ?? [], (message) => fault('kinds', message));
  const scope = spec.read('scope', z.string());
  const objectSelector = spec.read('labelSelector', SelectorField) ?? {};
  const source = spec.read('source', z.enum(['All', 'Generated', 'Original', ''])) ?? 'All';
  const name = spec.read('name', z.string()) ?? '';
  const names = name === '' ? undefined : globsOf([name]);
  const namespace = placeOf({
    patterns: spec.read('namespaces', Names) ?? [],
    excluded: spec.read('excludedNamespaces', Names) ?? [],
    selector: spec.read('namespaceSelector', SelectorField) ?? {},
  });
  const isNobody = kinds?.length === 0 || names?.length === 0;
  return {
    match: {
      filter: isNobody
        ? undefined
        : {
            ...(kinds === undefined ? {} : { kinds }),
            ...(scope === 'Cluster' || scope === 'Namespaced' ? { scope } : {}),
            ...(names === undefined ? {} : { names }),
            ...(namespace === undefined ? {} : { namespace }),
            ...(selectsAll(objectSelector) ? {} : { objectSelector }),
          },
      original: source !== 'Generated',
      generated: source !== 'Original',
    },
    faults: [...spec.faults, ...faults],
  };
}

/** Patterns as they are meant everywhere else: without those that match no name. */
export function globsOf(patterns: readonly string[]): string[] {
  return [...new Set(patterns)].flatMap((pattern) => {
    const from = pattern.startsWith('*') ? 1 : 0;
    const to = pattern.length > from && pattern.endsWith('*') ? pattern.length - 1 : pattern.length;
    const inner = pattern.slice(from, to);
    if (/[*?]/.test(inner)) return [];
    return inner === '' && from === 1 ? ['*'] : [pattern];
  });
}

function placeOf(place: {
  readonly patterns: readonly string[];
  readonly excluded: readonly string[];
  readonly selector: LabelSelector;
}): RequestNamespace | undefined {
  const excluded = globsOf(place.excluded);
  const parts = {
    ...(place.patterns.length === 0 ? {} : { patterns: globsOf(place.patterns) }),
    ...(excluded.length === 0 ? {} : { excluded }),
    ...(selectsAll(place.selector) ? {} : { selector: place.selector }),
  };
  if (Object.keys(parts).length === 0) return undefined;
  return { ...parts, clusterScoped: 'pass', namespaceObjects: 'asThemselves' };
}

/** Undefined for all kinds; none for those that cannot be. */
function kindsOf(entries: z.infer<typeof Kinds>, onFault: (message: string) => void): KindPattern[] | undefined {
  if (entries.length === 0) return undefined;
  const patterns = new Map<string, KindPattern>();
  for (const { apiGroups, kinds } of entries) {
    const groups = exactOrAll(apiGroups);
    const names = exactOrAll(kinds);
    if (groups.includes('*') && names.includes('*')) return undefined;
    if (groups.length * names.length + patterns.size > patternsMax) {
      onFault(`Must be at most ${patternsMax} groups and kinds together`);
      return undefined;
    }
    for (const group of groups) for (const kind of names) add(patterns, group, kind);
  }
  return [...patterns.values()];
}

function exactOrAll(names: readonly string[] = []): readonly string[] {
  if (names.length === 0 || names.includes('*')) return ['*'];
  return [...new Set(names)].filter((name) => !/[*?]/.test(name));
}

function add(patterns: Map<string, KindPattern>, group: string, kind: string): void {
  const pattern = { group, version: '*', kind, ...(kind === '*' ? { subresource: '*' } : {}) };
  patterns.set(`${group}/${kind}`, pattern);
  if (kind === 'Pod' && (group === '' || group === '*')) {
    patterns.set('ephemeral', { group: '', version: '*', kind, subresource: 'ephemeralcontainers' });
  }
}

/** For words: without what comes with a kind in any case. */
export function withoutSubresources(filter: AdmissionFilter): AdmissionFilter {
  const { kinds } = filter;
  if (kinds === undefined) return filter;
  return { ...filter, kinds: kinds.filter(({ kind, subresource }) => subresource === undefined || kind === '*') };
}
