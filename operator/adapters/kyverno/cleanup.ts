/**
 * CleanupPolicy and ClusterCleanupPolicy: what matches is deleted on a schedule. A CleanupPolicy reaches objects of its own
 * namespace only. Of Namespaces those know that are deleted with all in them.
 *
 * Warning where it can delete workloads, Services or Namespaces, Info elsewhere.
 *
 * @see https://kyverno.io/docs/policy-types/cleanup-policy/
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/api/kyverno/v2/cleanup_policy_types.go
 */
import type { JsonObject } from '../../../kube/object.ts';
import type { AdmissionException, AdmissionFilter } from '../../../crds/scope.ts';
import { filtersReachWorkloadsOrServices, namespacesOf } from '../admission-filters.ts';
import { type Draft, type Fault, type ObjectHead, unreadOf } from '../define.ts';
import { bindingAll } from '../namespace-parts.ts';
import { sentence } from '../text.ts';
import { unknownFields } from '../unknown-fields.ts';
import { conditionWords } from './condition-words.ts';
import { namespacesThemselves } from './effect-places.ts';
import { exceptionsText, filtersText, kindsText, matchesText, meansSome } from './filter-words.ts';
import { admissionFilter, type Block, readBlock } from './match-fields.ts';
import { notPlain, plainJson } from './plain-json.ts';

const known = new Set(['conditions', 'context', 'deletionPropagationPolicy', 'exclude', 'match', 'schedule']);

/** What it deletes; undefined when nothing can match. */
export function cleanupDraft({ metadata, spec }: ObjectHead & { readonly spec: JsonObject }): {
  readonly draft: Draft | undefined;
  readonly faults: readonly Fault[];
} {
  const match = readBlock(spec['match'], ['spec', 'match']);
  const exclude = readBlock(spec['exclude'], ['spec', 'exclude']);
  const unknown = unknownFields(spec, known, ['spec']);
  const { schedule } = spec;
  const ofSchedule = typeof schedule === 'string' ? [] : [{ path: ['spec', 'schedule'], message: 'Must be a text' }];
  const kept = ['conditions', 'deletionPropagationPolicy', 'exclude', 'match'].filter((key) =>
    Object.hasOwn(spec, key),
  );
  const body = plainJson(Object.fromEntries(kept.map((key) => [key, spec[key]])));
  const context = spec['context'] === undefined || spec['context'] === null ? undefined : plainJson(spec['context']);
  const deep =
    body === undefined || (context === undefined && (spec['context'] ?? undefined) !== undefined)
      ? [{ path: ['spec'], message: notPlain }]
      : [];
  const faults = [...match.faults, ...exclude.faults, ...unknown, ...ofSchedule, ...deep];
  const matches = listsOf(match.block);
  if (matches.length === 0 || matches.some((filters) => filters.length === 0)) return { draft: undefined, faults };
  const exceptions = exceptionsOf(exclude.block);
  const { namespace: home } = metadata;
  const unread = unreadOf(faults);
  const where = conditionWords(spec['conditions'], 300);
  const when = typeof schedule === 'string' ? ` (${sentence(schedule, 60)})` : '';
  const what = (word: (filters: readonly AdmissionFilter[], extended: readonly string[]) => string) =>
    matchesText(matches, (filters) => word(filters, []));
  const isGrave = matches.every(
    (filters) => filtersReachWorkloadsOrServices(filters) || namespacesThemselves(filters) !== undefined,
  );
  const inGeneral = what(kindsText);
  const whose = matches.some(meansSome) ? `Some ${inGeneral.replace(/^all objects/, 'objects')}` : inGeneral;
  const scopeUnread = unread.filter((path) => !['/spec/schedule', '/spec'].includes(path));
  return {
    faults,
    draft: {
      key: 'cleanup',
      type: 'Admission',
      effect: unread.length === 0 ? 'mutate' : 'unknown',
      severity: unread.length === 0 && !isGrave ? 'Info' : 'Warning',
      summary: `${whose} ${where === undefined ? '' : 'that meet certain conditions '}are deleted on a schedule`,
      message: [
        `${what(filtersText)} are deleted on the schedule${when}`,
        ...(where === undefined ? [] : [`only where ${where}`]),
        ...(exceptions.length === 0 ? [] : [`except for ${exceptionsText(exceptions, [])}`]),
        ...(home === undefined ? [] : [`only in namespace ${home}`]),
      ].join('; '),
      scope: {
        namespaces: bindingAll([
          ...matches.map((filters, index) =>
            home === undefined
              ? (namespacesThemselves(filters) ?? namespacesOf(filters, index === 0 ? exceptions : []))
              : namespacesOf(filters, index === 0 ? exceptions : []),
          ),
          ...(home === undefined ? [] : [{ names: [home] }]),
        ]),
        ...(scopeUnread.length === 0 ? {} : { unread: scopeUnread }),
      },
      rule: {
        form: 'pattern',
        name: metadata.name,
        does: 'cleanUp',
        body: body ?? null,
        failurePolicy: 'Ignore',
        ...(context === undefined ? {} : { context }),
        ...(typeof schedule === 'string' ? { schedule } : {}),
        ...(unread.length === 0 ? {} : { unread }),
      },
    },
  };
}

function listsOf({ way, filters }: Block): AdmissionFilter[][] {
  const read = filters.map((filter) => admissionFilter(filter, {}));
  return way === 'any' ? [read] : read.map((filter) => [filter]);
}

/** What is not understood in all parts excepts too much, and is left out. */
function exceptionsOf({ way, filters }: Block): AdmissionException[] {
  const whole = filters.filter(({ understood }) => understood);
  const read = whole.map((filter) => admissionFilter(filter, {}));
  if (way === 'any') return read.map((filter) => ({ all: [filter] }));
  return read.length > 0 && read.length === filters.length ? [{ all: read }] : [];
}
