/**
 * The full forms as the catalog keeps them: as the JSON text they are stored as, found by id, parsed when somebody who may
 * see them asks.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { StoredConstraint } from '../../crds/constraint.ts';
import {
  ClusterConstraintDetail,
  ClusterFact,
  ConstraintDetail,
  isParameterText,
  StoredWorkload,
} from '../../crds/detail.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import { createLru } from '../lru.ts';
import { type PackedTexts, packTexts } from './packed-texts.ts';
import type { OnProblem } from './problem.ts';
import { firstIssue } from './report.ts';

/** A full form, and the object that stores it: whoever may `get` that object may see it. */
export interface StoredForm {
  readonly id: string;
  /** The namespace of the storing ConstraintDetail; undefined for a ClusterConstraintDetail. */
  readonly home: string | undefined;
  readonly text: string;
  /** `Kind namespace/name` of the storing object, for the log. */
  readonly object: string;
}

export interface ConstraintPart {
  readonly subject: 'constraints';
  readonly forms: readonly StoredForm[];
}
export interface WorkloadPart {
  readonly subject: 'workloads';
  readonly part: number;
  readonly texts: readonly string[];
  readonly object: string;
}
/** Facts of the namespace that no answer asks for yet. */
export interface NamespacePart {
  readonly subject: 'namespace';
}
export type DetailPart = ConstraintPart | NamespacePart | WorkloadPart;

export interface ClusterFactsPart {
  readonly subject: 'cluster';
  readonly part: number;
  readonly facts: readonly ClusterFact[];
}
export type ClusterDetailPart = ConstraintPart | ClusterFactsPart;

/** One part of the full form of a namespace. Undefined, and told, when it cannot be read. */
export function readDetail(object: KubeObject, onProblem: OnProblem): DetailPart | undefined {
  const at = `ConstraintDetail ${keyOf(object.metadata)}`;
  const detail = ConstraintDetail.safeParse(object);
  if (!detail.success) {
    onProblem({ object: at, path: '', message: firstIssue(detail.error) });
    return undefined;
  }
  const { subject, part, texts } = detail.data;
  switch (subject) {
    case 'constraints':
      return { subject, forms: readForms(texts, object.metadata.namespace, at, onProblem) };
    case 'namespace':
      return { subject };
    case 'workloads':
      return { subject, part, texts, object: at };
  }
}

/** The full form of one cluster-wide policy, or facts of the cluster. Undefined, and told, when it cannot be read. */
export function readClusterDetail(object: KubeObject, onProblem: OnProblem): ClusterDetailPart | undefined {
  const at = `ClusterConstraintDetail ${keyOf(object.metadata)}`;
  const detail = ClusterConstraintDetail.safeParse(object);
  if (!detail.success) {
    onProblem({ object: at, path: '', message: firstIssue(detail.error) });
    return undefined;
  }
  const { subject, part, texts } = detail.data;
  if (subject === 'cluster') return { subject, part, facts: readFacts(texts, at, onProblem) };
  return { subject: 'constraints', forms: readForms(texts, undefined, at, onProblem) };
}

function readFacts(texts: readonly string[], object: string, onProblem: OnProblem): ClusterFact[] {
  const facts: ClusterFact[] = [];
  for (const [index, text] of texts.entries()) {
    const parsed = ClusterFact.safeParse(parseJson(text));
    if (parsed.success) facts.push(parsed.data);
    else onProblem({ object, path: `texts[${index}]`, message: firstIssue(parsed.error) });
  }
  return facts;
}

function readForms(
  texts: readonly string[],
  home: string | undefined,
  object: string,
  onProblem: OnProblem,
): StoredForm[] {
  const forms: StoredForm[] = [];
  const packed = packTexts(texts);
  for (const [index, text] of texts.entries()) {
    // No answer asks for the parameters of a rule yet.
    if (isParameterText(text)) continue;
    const id = idOf(text);
    if (id === undefined) onProblem({ object, path: `texts[${index}]`, message: 'is no JSON text with an id' });
    else forms.push(new PackedForm(id, home, object, packed, index));
  }
  return forms;
}

/** One of half a million: a getter of the class takes no memory of its own. */
class PackedForm implements StoredForm {
  readonly id: string;
  readonly home: string | undefined;
  readonly object: string;
  readonly #texts: PackedTexts;
  readonly #index: number;

  constructor(id: string, home: string | undefined, object: string, texts: PackedTexts, index: number) {
    this.id = id;
    this.home = home;
    this.object = object;
    this.#texts = texts;
    this.#index = index;
  }

  get text(): string {
    return this.#texts.at(this.#index);
  }
}

const idFirst = '{"id":"';

/** The operator writes the id first, so most often it is found without parsing the rest. */
function idOf(text: string): string | undefined {
  if (text.startsWith(idFirst)) {
    const id = text.slice(idFirst.length, text.indexOf('"', idFirst.length));
    // A slice of 13 characters or more holds on to all of the text that it was cut from: hence the copy.
    if (/^[a-z2-7]{16}$/.test(id)) return Buffer.from(id, 'latin1').toString('latin1');
  }
  return z.object({ id: z.string().min(1).max(64) }).safeParse(parseJson(text)).data?.id;
}

/** The value of a JSON text, or undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What places and names a constraint: little enough to be kept of every form that was asked for. */
export type FormOutline = Omit<StoredConstraint, 'message' | 'scope' | 'rule'>;

export interface FormReader {
  outline(form: StoredForm): FormOutline | undefined;
  /** The form, or undefined when its text cannot be read: then the summary entry has to do. */
  constraint(form: StoredForm): StoredConstraint | undefined;
  workloads(part: WorkloadPart): readonly StoredWorkload[];
}

/** Parses on demand and remembers what was asked for last. */
export function createFormReader(onProblem: OnProblem): FormReader {
  const constraints = createLru<StoredForm, { readonly value: StoredConstraint | undefined }>(5_000);
  const workloads = createLru<WorkloadPart, readonly StoredWorkload[]>(500);
  const outlines = new WeakMap<StoredForm, { readonly value: FormOutline | undefined }>();

  function constraint(form: StoredForm): StoredConstraint | undefined {
    const kept = constraints.get(form);
    if (kept !== undefined) return kept.value;
    const parsed = StoredConstraint.safeParse(parseJson(form.text));
    if (!parsed.success) {
      onProblem({ object: form.object, path: `constraint ${form.id}`, message: firstIssue(parsed.error) });
    }
    // A text may name two ids, of which the first was found without parsing: it must speak for no other.
    const value = parsed.data?.id === form.id ? parsed.data : undefined;
    if (parsed.success && value === undefined) {
      onProblem({ object: form.object, path: `constraint ${form.id}`, message: 'id: stands there twice' });
    }
    constraints.set(form, { value });
    return value;
  }

  return {
    constraint,
    outline(form) {
      const kept = outlines.get(form);
      if (kept !== undefined) return kept.value;
      const value = outlineOf(constraint(form));
      outlines.set(form, { value });
      return value;
    },
    workloads(part) {
      const kept = workloads.get(part);
      if (kept !== undefined) return kept;
      const list: StoredWorkload[] = [];
      for (const [index, text] of part.texts.entries()) {
        const parsed = StoredWorkload.safeParse(parseJson(text));
        if (parsed.success) list.push(parsed.data);
        else onProblem({ object: part.object, path: `texts[${index}]`, message: firstIssue(parsed.error) });
      }
      workloads.set(part, list);
      return list;
    },
  };
}

function outlineOf(constraint: StoredConstraint | undefined): FormOutline | undefined {
  if (constraint === undefined) return undefined;
  const { id, name, key, type, severity, effect, summary, source } = constraint;
  return { id, name, key, type, severity, effect, summary, source };
}
