/**
 * Who and what a mesh policy is about, in words: for messages, which show everything.
 */
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { MeshClause, MeshMatch, MeshTarget } from '../../crds/rules/mesh.ts';
import { labelSelectorText } from '../../kube/label-selector.ts';
import { selectsAll } from './fields.ts';
import { boundedList, boundedListOf, sentence } from './text.ts';

const subjectLengthMax = 200;
const clausesLengthMax = 560;
const valuesLengthMax = 160;

/** Whom a mesh policy binds, as far as a sentence says it. */
export interface MeshSubject {
  /** Of pods; undefined where it is not about pods. */
  readonly selector: LabelSelector | undefined;
  readonly targets: readonly MeshTarget[];
  /** Whether other policies for a part of the pods take those away. */
  readonly others?: boolean | undefined;
  /** Whether it is about every namespace. */
  readonly everywhere?: boolean | undefined;
}

/** `pods with app=web`, `Service shop/web`. */
export function subjectText({ selector, targets, others, everywhere }: MeshSubject): string {
  if (targets.length > 0) {
    return boundedListOf(targets, targetText, { separator: ' or ', lengthMax: subjectLengthMax, noun: 'target' });
  }
  const pods =
    selector === undefined || selectsAll(selector)
      ? 'all pods'
      : sentence(`pods with ${labelSelectorText(selector)}`, subjectLengthMax);
  const where = everywhere === true ? `${pods} of the mesh` : pods;
  return others === true ? `${where} that no narrower policy takes out` : where;
}

/** The same for every reader. */
export function subjectSummary({ selector, targets, everywhere }: MeshSubject): string {
  if (targets.length > 0) {
    const kinds = new Set(targets.map(({ kind }) => kind));
    if (kinds.has('ExternalWorkload')) return 'workloads outside the cluster';
    return kinds.has('Server') || kinds.has('Namespace')
      ? 'some servers'
      : 'what passes a gateway, route or Service of the mesh';
  }
  const pods = selector === undefined || selectsAll(selector) ? 'all pods' : 'some pods';
  return everywhere === true ? `${pods} of the mesh` : pods;
}

function targetText({ kind, namespace, name, selector }: MeshTarget): string {
  if (selector !== undefined) {
    const which = selectsAll(selector) ? '' : ` with ${labelSelectorText(selector)}`;
    return sentence(`every ${kind} of namespace ${namespace ?? 'any'}${which}`, subjectLengthMax);
  }
  if (kind === 'Namespace') return `every Server of namespace ${name}`;
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** `from service accounts a/b to methods GET, or from ...`; without the clauses that are not understood. */
export function clausesText(clauses: readonly MeshClause[]): string {
  const known = clauses.filter(({ unread }) => unread === undefined);
  return boundedListOf(known, clauseText, { separator: ', or ', lengthMax: clausesLengthMax, noun: 'rule' });
}

/** What every clause, or none, asks for: `sources`, `operations`, `conditions`. */
export function askedFor(clauses: readonly MeshClause[]): string {
  const words = [
    ...(clauses.some(({ from, elsewhere }) => from !== undefined || elsewhere !== undefined) ? ['sources'] : []),
    ...(clauses.some(({ to }) => to !== undefined) ? ['operations'] : []),
    ...(clauses.some(({ when }) => when !== undefined) ? ['conditions'] : []),
  ];
  const last = words.pop();
  if (last === undefined) return 'listed conditions';
  return `listed ${words.length === 0 ? last : `${words.join(', ')} and ${last}`}`;
}

function clauseText({ by, from, to, when, elsewhere = [] }: MeshClause): string {
  const parts = [
    ...(from === undefined ? [] : [`from ${alternativesText(from, 'anyone')}`]),
    ...(to === undefined ? [] : [`for ${alternativesText(to, 'anything')}`]),
    ...(when === undefined ? [] : [`where ${when.map(matchText).join(' and ')}`]),
    ...elsewhere.map((target) => `from clients that ${targetText(target)} names`),
  ];
  const text = parts.length === 0 ? 'from anyone' : parts.join(' ');
  return by === undefined ? text : `${text} (${by})`;
}

function alternativesText(alternatives: readonly (readonly MeshMatch[])[], any: string): string {
  const texts = alternatives.slice(0, alternativesMax).map((matches) => matches.map(matchText).join(' and ') || any);
  const more = alternatives.length - texts.length;
  return `${texts.join(' or ')}${more === 0 ? '' : ` or ${more} more`}`;
}

const alternativesMax = 8;

const nouns: Readonly<Record<string, string>> = {
  'source.principal': 'principal',
  'source.serviceAccount': 'service account',
  'source.namespace': 'namespace',
  'source.trustDomain': 'trust domain',
  'source.identity': 'mesh identity',
  'source.ip': 'address',
  'remote.ip': 'forwarded address',
  'request.auth.principal': 'valid token',
  'request.host': 'host',
  'request.method': 'method',
  'request.path': 'path',
  'destination.port': 'port',
  'connection.tls': 'TLS',
};

function matchText({ attribute, by, values = [], notValues = [], blocks = [] }: MeshMatch): string {
  if (by === 'clusterNetworks') return 'the client is in the networks of the cluster';
  const noun = nouns[attribute];
  const isOfClient = attribute.startsWith('source.') || attribute === 'request.auth.principal';
  if (notValues.includes('*')) {
    if (noun === undefined) return `${attribute} is not there`;
    return isOfClient ? `anyone without a ${noun}` : `no ${noun}`;
  }
  const wanted = [...values, ...blocks.map(blockText)];
  const name = noun ?? `${attribute} =`;
  const not = notValues.length === 0 ? '' : `not ${listText(notValues)}`;
  if (wanted.length === 0) return `${name} ${not}`;
  const text = values.includes('*') ? presenceText(attribute, noun, isOfClient) : `${name} ${listText(wanted)}`;
  return not === '' ? text : `${text} and ${not}`;
}

function presenceText(attribute: string, noun: string | undefined, isOfClient: boolean): string {
  if (attribute === 'connection.tls') return 'anyone over TLS';
  if (noun === undefined) return `${attribute} is there`;
  return isOfClient ? `anyone with a ${noun}` : `any ${noun}`;
}

function listText(values: readonly string[]): string {
  return boundedList(values, { separator: ' or ', lengthMax: valuesLengthMax, noun: 'value' });
}

function blockText({ cidr, except }: NonNullable<MeshMatch['blocks']>[number]): string {
  return except.length === 0 ? cidr : `${cidr} except ${except.slice(0, 5).join(' and ')}`;
}
