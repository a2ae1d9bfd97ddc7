/**
 * The sentences of an explanation.
 */
import { shown } from '../words.ts';
import type { Candidate } from './candidates.ts';
import type { Confidence } from './category.ts';
import type { ErrorText } from './error-text.ts';
import type { Explained } from './explain.ts';
import type { About, Finding, Suspects } from './finding.ts';
import { elsewhere, workloadOf } from './named-objects.ts';

interface Held {
  readonly finding: Finding;
  readonly suspects: Suspects;
}

const shortenedSentence = 'The text was too long to be read whole: its beginning and its end were.';

/** What is said of a text in which nothing is known. */
export function nothingFound(text: ErrorText): Explained {
  const sentences = [
    'Nothing in this text is a known message of a rule of the cluster, or of another cause.',
    'Paste the whole message of the component that refused, events of the object included (kubectl describe).',
    ...(text.shortened ? [shortenedSentence] : []),
  ];
  return {
    explanation: sentences.join(' '),
    confidence: 'low',
    suspects: [],
    steps: [],
    cause: { category: 'negative', evidence: [] },
    otherCauses: [],
  };
}

/** @param held The cause first, then the others that the text tells of. */
export function explanationOf(
  held: readonly Held[],
  { text, about, confidence }: { readonly text: ErrorText; readonly about: About; readonly confidence: Confidence },
): string {
  const sentences = held.flatMap((each, index) => [
    each.finding.sentence,
    ...(each.finding.suspects === undefined ? ownSentences(held, index) : suspectSentences(each, about)),
  ]);
  const isCompared = held.some(({ finding }) => finding.suspects !== undefined);
  return [
    ...sentences,
    ...(isCompared ? [...elsewhereSentences(about), ...unknownWorkload(about)] : []),
    ...(confidence === 'low' ? [lowSentence] : []),
    ...(text.shortened ? [shortenedSentence] : []),
  ].join(' ');
}

/** What binds another namespace is not known here: a text from there is explained by what binds here all the same. */
function elsewhereSentences(about: About): string[] {
  const other = elsewhere(about);
  if (other === undefined) return [];
  return [
    `The text speaks of the namespace ${shown(other)}; what was compared with it is what binds ${about.namespace}.`,
  ];
}

/** What was asked about and is not there has no labels that could be compared. Who may not see workloads is not told of any. */
function unknownWorkload(about: About): string[] {
  const { namespace, workloadName, workloads } = about;
  if (workloadName === undefined || workloads === undefined || workloadOf(about) !== undefined) return [];
  return [`No workload ${shown(workloadName)} is known in ${namespace}, so what binds any was looked at.`];
}

const lowSentence = 'Take this for a hint: the text fits other causes as well.';

/** Of causes in a row that are no policy's it is said once, after the last. */
function ownSentences(held: readonly Held[], index: number): string[] {
  const isOwn = (at: number) => held[at] !== undefined && held[at].finding.suspects === undefined;
  if (isOwn(index + 1)) return [];
  return [isOwn(index - 1) ? 'No policy of the cluster did any of these.' : 'No policy of the cluster did this.'];
}

function suspectSentences({ finding, suspects: { certain, possible } }: Held, { namespace }: About): string[] {
  const [only, ...others] = certain;
  if (only !== undefined) {
    const { kind, name } = only.candidate;
    const isOne = others.every(({ candidate }) => candidate.kind === kind && candidate.name === name);
    const doubts = only.doubt === undefined ? [] : [`As it is now ${only.doubt}: it may have been changed since.`];
    if (isOne && kind === 'Namespace') return [`The labels of the Namespace ${shown(name)} say so.`, ...doubts];
    if (isOne && name === finding.policy) return [`This ${shown(kind, 80)} binds ${namespace}.`, ...doubts];
    const all = titles(certain.map(({ candidate }) => candidate));
    return [isOne ? `In ${namespace} that is ${all}.` : `In ${namespace} these do that: ${all}.`, ...doubts];
  }
  if (finding.policy !== undefined && possible.length === 0) {
    return [
      `Nothing of that name is known to bind ${namespace}, as far as you may see: ask about the namespace in which it happened.`,
    ];
  }
  if (possible.length === 0) return [`Nothing that is known to bind ${namespace} does this, as far as you may see.`];
  return [`What may have done it: ${titles(possible.map(({ candidate }) => candidate))}.`];
}

const titlesMax = 3;

function titles(candidates: readonly Candidate[]): string {
  const named = [...new Set(candidates.map(({ kind, name }) => `${shown(kind, 80)} ${shown(name)}`))];
  const more = named.length - titlesMax;
  const first = named.slice(0, titlesMax);
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}
