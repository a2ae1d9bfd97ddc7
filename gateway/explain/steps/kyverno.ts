/**
 * What to do about a violation that Kyverno tells of: the field at the path in its message, with the value that the pattern of
 * the rule has there.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/engine/handlers/validation/validate_resource.go (messages)
 */
import { isJsonObject } from '../../../kube/object.ts';
import { isDnsSubdomain } from '../../../kube/names.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual, yamlPatch } from '../../remediation/steps.ts';
import { cited, shown } from '../../words.ts';
import type { About, Finding, Suspects } from '../finding.ts';
import type { KyvernoTold } from '../signatures/kyverno-told.ts';
import { nested, type Place, placeOf } from './manifest-place.ts';

/** Steps from the message; those of the constraint itself, where there is one, follow them. */
export function kyvernoSteps(told: KyvernoTold): Finding['steps'] {
  return (suspects, about) => {
    const demanded = demandSteps(told, suspects);
    const isOpen = suspects.certain.length === 0;
    return [...demanded, ...(isOpen ? lookSteps(told, about) : [])];
  };
}

function demandSteps({ message, outcome, rule }: KyvernoTold, { certain }: Suspects): RemediationStep[] {
  const image = imageStep(message);
  if (image !== undefined) return [image];
  const place = pathIn(message);
  if (place === undefined) {
    return message === '' || outcome === 'noted'
      ? []
      : [manual(`Change the manifest: ${cited(message, 300)}.`, 'developer')];
  }
  const full = certain.find(({ candidate }) => candidate.full?.rule.form === 'pattern')?.candidate.full?.rule;
  const pattern = full?.form === 'pattern' ? patternAt(full.body, withoutTemplate(place, rule)) : undefined;
  return [stepAt(place, pattern)];
}

/** What verifyImages says of an image. */
function imageStep(message: string): RemediationStep | undefined {
  for (const [words, advice] of imageMessages) {
    const at = message.indexOf(words);
    if (at < 0) continue;
    const [image = ''] = message.slice(at + words.length).split(' ', 1);
    const name = image.endsWith(':') ? image.slice(0, -1) : image;
    if (name !== '') return manual(`${advice} ${cited(name)}.`, 'developer');
  }
  return undefined;
}

const imageMessages = [
  ['missing digest for ', 'Name the image by its digest (NAME@sha256:…):'],
  ['unverified image ', 'Use an image that is signed as the policy asks, in place of'],
  ['failed to verify image ', 'Use an image that is signed as the policy asks, or have it signed:'],
  ['image verification failed for ', 'Use an image that is signed as the policy asks, or have it signed:'],
] as const;

/** `… failed at path /spec/containers/0/image/` */
function pathIn(message: string): Place | undefined {
  const words = 'failed at path /';
  const at = message.toLowerCase().indexOf(words);
  if (at < 0) return undefined;
  const [path = ''] = message.slice(at + words.length).split(' ', 1);
  return placeOf(path);
}

/** Generated rules judge templates; the pattern in the policy is that of pods. */
function withoutTemplate({ keys }: Place, rule: string | undefined): readonly string[] {
  const template = rule?.startsWith('autogen-cronjob-') === true ? cronJobTemplate : podTemplate;
  const isGenerated = rule?.startsWith('autogen-') === true && template.every((key, index) => keys[index] === key);
  return isGenerated ? keys.slice(template.length) : keys;
}

const podTemplate = ['spec', 'template'];
const cronJobTemplate = ['spec', 'jobTemplate', 'spec', 'template'];

/** What the pattern of a rule has at a place; undefined where it has nothing there. */
function patternAt(body: unknown, keys: readonly string[]): unknown {
  let value = isJsonObject(body) ? body['pattern'] : undefined;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[0];
    else if (isJsonObject(value)) {
      const found = Object.entries(value).find(([name]) => name === key || withoutAnchor(name) === key);
      // What must not be there is no value to set.
      if (found === undefined || found[0].startsWith('X(')) return undefined;
      value = found[1];
    } else return undefined;
  }
  return value;
}

/** `=(securityContext)`: what stands in front says when the key counts. */
function withoutAnchor(name: string): string {
  const open = name.indexOf('(');
  return open >= 0 && open <= 1 && name.endsWith(')') ? name.slice(open + 1, -1) : name;
}

function stepAt(place: Place, pattern: unknown): RemediationStep {
  const { words, isLabel } = place;
  const value = plainValue(pattern, 0);
  if (value !== undefined) {
    return yamlPatch(`Set ${cited(words)} in the manifest, as the rule asks.`, nested(place, value), 'developer');
  }
  const fits = typeof pattern === 'string' ? `, which must fit ${cited(pattern)}` : ', as the message asks';
  if (isLabel) {
    const description = `Set ${cited(words)} in the manifest to a value of yours in place of VALUE${fits}.`;
    return yamlPatch(description, nested(place, 'VALUE'), 'developer');
  }
  return manual(`Change ${cited(words)} in the manifest${fits}.`, 'developer');
}

const depthMax = 6;

/** A pattern that one value alone fits: no wildcards, operators, ranges, variables or anchors. */
function plainValue(pattern: unknown, depth: number): unknown {
  if (typeof pattern === 'boolean' || typeof pattern === 'number') return pattern;
  if (typeof pattern === 'string') return isPlainPattern(pattern) ? pattern : undefined;
  if (!isJsonObject(pattern) || depth >= depthMax) return undefined;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(pattern)) {
    if (key.startsWith('X(') || key.includes('*') || key.includes('?')) return undefined;
    const value = plainValue(item, depth + 1);
    if (value === undefined) return undefined;
    entries.push([withoutAnchor(key), value]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isPlainPattern(pattern: string): boolean {
  // A range like 1-5 is taken for one too often rather than too rarely.
  const isRange = /^[0-9]/.test(pattern) && pattern.includes('-');
  return pattern !== '' && !isRange && !/[*?|&<>!{}$()]/.test(pattern);
}

/** Where no such policy is known here. */
function lookSteps({ policy, kinds, object }: KyvernoTold, about: About): RemediationStep[] {
  const [kind = ''] = kinds;
  const resource = kinds.includes('ClusterPolicy')
    ? 'clusterpolicies.kyverno.io'
    : `${kind.toLowerCase().slice(0, -1)}ies.policies.kyverno.io`;
  const look =
    policy === undefined || !isDnsSubdomain(policy)
      ? []
      : [kubectl('See the policy.', ['get', resource, { value: policy }, '-o', 'yaml'], 'cluster-admin')];
  const what = object === undefined ? '' : ` for ${shown(object.kind, 80)} ${shown(object.name)}`;
  return [...look, ask(about, `for a PolicyException${what}, with the reason.`, 'cluster-admin')];
}
