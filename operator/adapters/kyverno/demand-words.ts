/**
 * What a rule demands or does, for every reader and in full. `whom` and its clause come from the caller.
 */
import { isJsonObject, type JsonObject } from '../../../kube/object.ts';
import { boundedList, sentence } from '../text.ts';
import { conditionWords } from './condition-words.ts';
import { changeWords, patternFields, patternWords } from './pattern-words.ts';

/** `Pods must have certain labels`, and whether what meets it passes or is refused. */
export interface Demand {
  /** After the objects, like ` must meet …`. */
  readonly summary: string;
  readonly message: string;
  /** `others`: whoever does not meet it; `they`: whoever it describes. */
  readonly violators: 'others' | 'they';
}

const fieldsMax = 130;
const textMax = 420;

/** What a validation asks for: of its forms the one that Kyverno would take. */
export function validateDemand(body: unknown): Demand {
  const fields = isJsonObject(body) ? body : {};
  if (isJsonObject(fields['pattern'])) return patternDemand(fields['pattern']);
  if (Array.isArray(fields['anyPattern'])) return anyPatternDemand(fields['anyPattern']);
  if (isJsonObject(fields['deny'])) return denial(fields['deny']);
  if (Array.isArray(fields['foreach'])) return eachDemand(fields['foreach'].filter(isJsonObject));
  if (isJsonObject(fields['podSecurity'])) return standard(fields['podSecurity']);
  if (isJsonObject(fields['cel'])) return expressions(fields['cel']);
  if (isJsonObject(fields['manifests'])) return others(' must be signed YAML manifests');
  if (fields['assert'] !== undefined) return others(' must meet assertions');
  return others(' are checked');
}

function others(summary: string, message = summary): Demand {
  return { summary, message, violators: 'others' };
}

/** `must meet demands on spec.hostNetwork`; what people write into objects is left out. */
function aboutFields(patterns: readonly unknown[]): string {
  const fields = [...new Set(patterns.flatMap((pattern) => patternFields(pattern)))];
  if (fields.length === 0) return ' must fit a pattern';
  if (fields.every((field) => field === 'metadata.labels')) return ' must have certain labels';
  if (fields.every((field) => field === 'metadata.annotations')) return ' must have certain annotations';
  return ` must meet demands on ${boundedList(fields, { separator: ', ', lengthMax: fieldsMax, noun: 'field' })}`;
}

function demandsText(pattern: unknown, lengthMax: number): string {
  const { demands, conditions } = patternWords(pattern);
  const what = boundedList(demands, { separator: ', ', lengthMax, noun: 'demand' });
  const where = boundedList(conditions, { separator: ' and ', lengthMax: lengthMax / 2, noun: 'condition' });
  if (what === '') return where === '' ? 'anything' : where;
  return where === '' ? what : `${what} where ${where}`;
}

function patternDemand(pattern: unknown): Demand {
  return others(aboutFields([pattern]), ` must fit a pattern: ${demandsText(pattern, textMax)}`);
}

function anyPatternDemand(patterns: readonly unknown[]): Demand {
  if (patterns.length === 1) return patternDemand(patterns[0]);
  const texts = patterns.slice(0, 8).map((pattern, index) => `(${index + 1}) ${demandsText(pattern, 160)}`);
  const all = boundedList(texts, { separator: ' ', lengthMax: textMax, noun: 'pattern' });
  return others(aboutFields(patterns), ` must fit one of ${patterns.length} patterns: ${all}`);
}

function denial(deny: JsonObject): Demand {
  const when = conditionWords(deny['conditions'], textMax);
  if (when === undefined) return { summary: '', message: '', violators: 'they' };
  return { summary: ' that meet certain conditions', message: ` for which ${when}`, violators: 'they' };
}

/** Each of the lists, and what is asked of their elements. */
function eachDemand(each: readonly JsonObject[]): Demand {
  const texts = each.slice(0, 4).map((entry) => {
    const list = sentence(listName(entry), 100);
    const when = conditionWords(isJsonObject(entry['deny']) ? entry['deny']['conditions'] : undefined, 200);
    const only = conditionWords(entry['preconditions'], 120);
    const where = only === undefined ? '' : ` (where ${only})`;
    if (Array.isArray(entry['anyPattern'])) {
      const any = entry['anyPattern'].slice(0, 4).map((pattern) => demandsText(pattern, 100));
      return `each of ${list}${where} one of: ${any.join('; or ')}`;
    }
    if (entry['pattern'] !== undefined) return `each of ${list}${where}: ${demandsText(entry['pattern'], 240)}`;
    if (when !== undefined) return `none of ${list}${where} with ${when}`;
    if (isJsonObject(entry['deny'])) return `none of ${list}${where}`;
    return `each of ${list}${where}`;
  });
  return others(
    ' must meet demands on each element of a list in them',
    ` must meet: ${boundedList(texts, { separator: '; ', lengthMax: textMax, noun: 'list' })}`,
  );
}

function listName({ list }: JsonObject): string {
  return typeof list === 'string' ? list.replace(/^request\.object\./, '') : 'a list';
}

function standard(podSecurity: JsonObject): Demand {
  const { level, version, exclude } = podSecurity;
  const known = level === 'privileged' || level === 'baseline' || level === 'restricted' ? level : 'unknown';
  const of = typeof version === 'string' && /^(latest|v1\.\d{1,3})$/.test(version) ? version : 'latest';
  const text = ` must meet the Pod Security Standard ${known} (${of})`;
  const excluded = Array.isArray(exclude) ? exclude.filter(isJsonObject) : [];
  if (excluded.length === 0) return others(text);
  const names = excluded.map(({ controlName, images, restrictedField }) => {
    const which = Array.isArray(images) && images.length > 0 ? ` for images ${listText(images)}` : '';
    const field = typeof restrictedField === 'string' ? ` in ${sentence(restrictedField, 80)}` : '';
    return `${sentence(String(controlName), 60)}${field}${which}`;
  });
  const list = boundedList(names, { separator: ', ', lengthMax: 300, noun: 'check' });
  return others(`${text} but for some checks`, `${text} but for the checks ${list}`);
}

function listText(items: readonly unknown[]): string {
  return boundedList(items.map(String), { separator: ', ', lengthMax: 120, noun: 'item' });
}

function expressions(cel: JsonObject): Demand {
  const list = Array.isArray(cel['expressions']) ? cel['expressions'].filter(isJsonObject) : [];
  const texts = list.map(({ message, expression }) =>
    JSON.stringify(sentence(typeof message === 'string' ? message : String(expression), 150)),
  );
  const all = boundedList(texts, { separator: ', ', lengthMax: textMax, noun: 'expression' });
  return others(' must meet expressions', all === '' ? ' must meet expressions' : ` must meet expressions: ${all}`);
}

/** Images that must be verified. */
export function imagesDemand(body: unknown): Demand & { readonly rewrites: boolean } {
  const entries = Array.isArray(body) ? body.filter(isJsonObject) : [];
  const references = entries.flatMap((entry) => [
    ...(Array.isArray(entry['imageReferences']) ? entry['imageReferences'] : []),
    ...(typeof entry['image'] === 'string' ? [entry['image']] : []),
  ]);
  const skipped = entries.flatMap(({ skipImageReferences: skip }) => (Array.isArray(skip) ? skip : []));
  const attests = entries.some(({ attestations }) => Array.isArray(attestations) && attestations.length > 0);
  const signs = entries.some((entry) =>
    ['attestors', 'key', 'roots', 'issuer'].some((part) => entry[part] !== undefined),
  );
  const must = signs || !attests ? (attests ? 'be signed and attested' : 'be signed') : 'be attested';
  const images = references.length === 0 ? 'every image' : `images ${listText(references)}`;
  const but = skipped.length === 0 ? '' : ` other than ${listText(skipped)}`;
  return {
    summary: ` may run certain images only when these are verified: they must ${must}`,
    message: ` must run verified images: ${images}${but} must ${must}`,
    violators: 'others',
    rewrites: entries.some(({ mutateDigest }) => mutateDigest !== false),
  };
}

/** What a mutation sets, in full, and which fields for every reader. */
export function mutationTexts(body: unknown): { readonly summary: string; readonly message: string } {
  const fields = isJsonObject(body) ? body : {};
  const each = Array.isArray(fields['foreach']) ? fields['foreach'].filter(isJsonObject) : [];
  const patches = [fields, ...each].flatMap(({ patchStrategicMerge: patch }) => (isJsonObject(patch) ? [patch] : []));
  const byPath = [fields, ...each].flatMap(({ patchesJson6902: text }) => (typeof text === 'string' ? [text] : []));
  const names = [...new Set(patches.flatMap((patch) => patternFields(patch)))];
  const changes = [
    ...patches.flatMap((patch) => changeWords(patch)),
    ...byPath.map((text) => `the patch ${sentence(text.trim(), 240)}`),
  ];
  const where = boundedList(names, { separator: ', ', lengthMax: fieldsMax, noun: 'field' });
  const what = boundedList(changes, { separator: ', ', lengthMax: textMax, noun: 'change' });
  return { summary: where === '' ? '' : ` in ${where}`, message: what === '' ? '' : `: ${what}` };
}

/** `a NetworkPolicy`, and the same with its name and namespace. */
export function generatedTexts(body: unknown): { readonly summary: string; readonly message: string } {
  const fields = isJsonObject(body) ? body : {};
  const each = Array.isArray(fields['foreach']) ? fields['foreach'].filter(isJsonObject) : [];
  const items = each.length === 0 ? [fields] : each;
  const kinds = [...new Set(items.flatMap(kindsOf))];
  const listed = boundedList(kinds, { separator: ', ', lengthMax: 100, noun: 'kind' });
  const names = items.slice(0, 5).map((item) => {
    const { name, namespace, clone } = item;
    const place = typeof namespace === 'string' && namespace !== '' ? ` in namespace ${sentence(namespace, 100)}` : '';
    const source = isJsonObject(clone)
      ? ` as a copy of ${sentence(`${String(clone['namespace'])}/${String(clone['name'])}`, 100)}`
      : '';
    const called = typeof name === 'string' ? ` ${sentence(name, 100)}` : '';
    return `${boundedList(kindsOf(item), { separator: ', ', lengthMax: 80, noun: 'kind' })}${called}${place}${source}`;
  });
  const kept = items.some(({ synchronize }) => synchronize === true) ? ', and kept as they are generated' : '';
  return {
    summary: listed === '' ? 'objects' : listed,
    message: `${boundedList(names, { separator: '; ', lengthMax: textMax, noun: 'object' })}${kept}`,
  };
}

function kindsOf({ kind, cloneList }: JsonObject): string[] {
  const listed = isJsonObject(cloneList) && Array.isArray(cloneList['kinds']) ? cloneList['kinds'] : [];
  const names =
    typeof kind === 'string' && kind !== '' ? [kind] : listed.map((one) => String(one).split('/').at(-1) ?? '');
  return names.map((name) => sentence(/^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : 'objects', 60));
}
