/**
 * ConstraintProfile: how people tell Potoo to read a kind of policy, above all one that no adapter is made for. What is
 * refused here is refused when it is written, with a sentence that says what would be right.
 */
import * as z from 'zod';
import { apiGroup } from './api.ts';
import { Conditions } from './condition.ts';
import { Severity } from './constraint.ts';

/** Of the core group, and never listed or watched, whatever a profile says. */
export const neverReadResources = ['configmaps', 'secrets'] as const;

export const fieldPathLengthMax = 512;

/** Validation in CEL: unlike a pattern it can say what would be right. */
function validation(...rules: readonly (readonly [rule: string, message: string])[]) {
  return { 'x-kubernetes-validations': rules.map(([rule, message]) => ({ rule, message })) };
}

/** No text that is matched here has a triple quote in it. */
function matches(pattern: string): string {
  return `self.matches(r"""${pattern}""")`;
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

const GroupVersionResource = z
  .object({
    group: z
      .string()
      .max(253)
      .meta(
        validation(
          [
            matches(`^(${label}([.]${label})*)?$`),
            'must be an API group in lower case without a version, like example.com; empty for the core group',
          ],
          [
            `self != '${apiGroup}' && !self.endsWith('.${apiGroup}')`,
            `${apiGroup} is what Potoo writes: its own kinds are no policies`,
          ],
        ),
      )
      .describe('API group of the kind. Empty for the core group.'),
    version: z
      .string()
      .max(63)
      .meta(validation([matches(`^${label}$`), 'must be a version in lower case without a group, like v1']))
      .optional()
      .describe('Version to read. Absent: the one that the API server prefers.'),
    resource: z
      .string()
      .max(63)
      .meta(
        validation([
          matches('^[a-z]([-a-z0-9]*[a-z0-9])?$'),
          'must be the plural in lower case as `kubectl api-resources` names it, like networkpolicies, without group and ' +
            'subresource',
        ]),
      )
      .describe('Plural of the kind, as in the name of its CustomResourceDefinition.'),
  })
  .meta(
    validation([
      `self.group != '' || !(self.resource in [${neverReadResources.map((name) => `'${name}'`).join(', ')}])`,
      'Secrets and ConfigMaps are never read',
    ]),
  );

const step = {
  name: '[A-Za-z_][A-Za-z0-9_-]*',
  bracket: [
    '[*]',
    '(0|[1-9][0-9]{0,8})',
    String.raw`"([^"\\\x00-\x1f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`,
    String.raw`'([^'\\\x00-\x1f]|\\['\\])*'`,
  ].join('|'),
};

/** The grammar of field paths, in what RE2 and JavaScript have in common. */
export const fieldPathPattern = `^([.]?${step.name}|\\[(${step.bracket})\\])([.]${step.name}|\\[(${step.bracket})\\])*$`;

const FieldPath = z
  .string()
  .max(fieldPathLengthMax)
  .meta(
    validation([
      matches(fieldPathPattern),
      'must be a field path, like spec.match.selector, spec.rules[0].action, spec.targets[*].namespace or ' +
        'metadata.annotations["example.com/effect"]',
    ]),
  );

export const FieldPaths = z.object({
  selectorPath: FieldPath.optional().describe(
    'Where the pods that are bound stand: a label selector, or a map of labels.',
  ),
  namespaceSelectorPath: FieldPath.optional().describe(
    'Where the namespaces that are bound stand: a label selector, a map of labels, or names (with * and ?). Read of ' +
      'cluster-scoped objects only: an object in a namespace binds that namespace.',
  ),
  effectPath: FieldPath.optional().describe(
    'Where the effect stands, as a word: deny, enforce, block, warn, audit, dryrun, monitor, allow, mutate, generate.',
  ),
  summaryPath: FieldPath.optional().describe(
    'Where a sentence stands that says what is imposed. Every reader of a bound namespace gets to see it.',
  ),
});
export type FieldPaths = z.infer<typeof FieldPaths>;

export const ProfileSpec = z
  .object({
    gvr: GroupVersionResource.describe('The kind that this is about.'),
    adapter: z
      .string()
      .max(63)
      .optional()
      .describe(
        'What reads it: `generic`, or the id of the adapter that is made for the kind. Absent: the adapter that is made ' +
          'for the kind, else generic.',
      ),
    enabled: z.boolean().default(true).describe('False: the kind is not read, by no adapter.'),
    severity: Severity.optional().describe(
      'Severity of what the generic adapter reads, unless an object has the annotation potoo.io/severity. Absent: Info.',
    ),
    debounceSeconds: z
      .int()
      .min(0)
      .max(3_600)
      .optional()
      .describe('How long changes of its objects are gathered before reports follow. Absent: not at all.'),
    fieldPaths: FieldPaths.optional().describe('Where the generic adapter finds what it can read.'),
  })
  .meta(
    validation([
      "!has(self.adapter) || self.adapter == 'generic' || !(has(self.fieldPaths) || has(self.severity))",
      'severity and fieldPaths are for the adapter generic: the others find both in the objects',
    ]),
  );
export type ProfileSpec = z.infer<typeof ProfileSpec>;

export const ProfileStatus = z.object({
  observedGeneration: z.int().optional().describe('The generation of the profile that this speaks of.'),
  matchedResource: z
    .string()
    .optional()
    .describe('What is read because of it, as plural.version.group. Absent while there is no such kind, or it is off.'),
  adapter: z.string().optional().describe('The adapter that reads it.'),
  conditions: Conditions.optional().describe('Ready is True when the profile does what it says.'),
});
export type ProfileStatus = z.infer<typeof ProfileStatus>;

export const ConstraintProfile = z
  .object({
    spec: ProfileSpec.describe('What to read, and how.'),
    status: ProfileStatus.optional().describe(
      'What the profile matched, or why it matched nothing. Written by the operator.',
    ),
  })
  .describe('How to read a kind of policy that Potoo does not know, or whether to read one that it knows.');
export type ConstraintProfile = z.infer<typeof ConstraintProfile>;
