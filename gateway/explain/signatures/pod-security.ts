/**
 * Pod Security: pods that a namespace refuses, warnings of workloads whose pods it will refuse, and of a label that pods which
 * run do not meet. Behind its webhook the words are the same.
 *
 * @see https://github.com/kubernetes/pod-security-admission/blob/v0.36.3/admission/admission.go
 */
import { PodSecurityRule } from '../../../crds/rules/pod-security.ts';
import { listed, shown } from '../../words.ts';
import { envelopeStart, isForbidden } from '../envelope.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { endOfRun } from '../places.ts';
import { type Check, readChecks } from '../pod-security-checks.ts';
import { podSecuritySteps } from '../steps/pod-security.ts';
import { podSecurityOf, type Standard } from '../suspects/pod-security.ts';
import { securityContextSignatures } from './security-context.ts';

const shared = { category: 'podsecurity', engine: 'podsecurity' } as const;
const refused = 'violates podsecurity ';
const warned = 'would violate podsecurity ';
const relabelled = 'violate the new podsecurity enforce level ';

const violation: Signature = {
  anchors: [refused, warned],
  read(from, at) {
    const words = from.lower.startsWith(warned, at) ? warned : refused;
    // Kyverno uses the same library and says: It violates PodSecurity.
    if (from.lower.slice(Math.max(0, at - 3), at) === 'it ') return undefined;
    const { standard, end: headEnd } = readStandard(from, at + words.length);
    const forbidden = isForbidden(from, at);
    const carried = forbidden || from.lower.slice(Math.max(0, at - 12), at).includes('warning');
    if (standard === undefined && !carried) return undefined;
    const colon = from.flat.charAt(headEnd) === ':';
    const { checks, end } = readChecks(from, colon ? headEnd + 1 : headEnd);
    const isDenial = words === refused;
    const mode = isDenial ? 'enforce' : modeOfNotice(from, at);
    return {
      ...shared,
      // The message tells the mode, which is what tells the constraints of a namespace apart.
      rule: mode,
      certainty: carried || colon ? 'stated' : 'likely',
      passed: !isDenial,
      span: { start: envelopeStart(from, at), end },
      evidence: evidenceOf({ start: at, end: headEnd }, checks),
      sentence: sentenceOf(mode, standard, checks),
      suspects: (candidates) => podSecurityOf(candidates, mode, standard),
      steps: (suspects, about) => podSecuritySteps({ mode, standard, checks }, suspects, about),
    };
  },
};

/** The same words stand in a warning and in the audit log. */
function modeOfNotice({ lower }: ErrorText, at: number): 'warn' | 'audit' {
  return lower.slice(Math.max(0, at - 40), at).includes('audit-violations') ? 'audit' : 'warn';
}

interface ReadStandard {
  /** Undefined where the text is cut within it, or says something else. */
  readonly standard: Standard | undefined;
  readonly end: number;
}

/** `"restricted:v1.34"`, also where the quotation marks were lost. */
function readStandard({ flat }: ErrorText, at: number): ReadStandard {
  const start = endOfRun(flat, at, 4, /["'*_]/);
  let end = endOfRun(flat, start, 40, /[A-Za-z0-9.:]/);
  while (/[:.]/.test(flat.charAt(end - 1))) end -= 1;
  const [word = '', version = ''] = flat.slice(start, end).split(':', 2);
  const level = PodSecurityRule.shape.level.safeParse(word);
  // Of a version that ends the text, more may have been cut off.
  const isWhole = end < flat.length && (version === 'latest' || /^v[0-9.]+$/.test(version));
  const behind = endOfRun(flat, end, 4, /["'*_]/);
  return { standard: level.success && isWhole ? { level: level.data, version } : undefined, end: behind };
}

function evidenceOf(head: Span, checks: readonly Check[]): readonly Span[] {
  return [head, ...checks.slice(0, 3)];
}

function sentenceOf(
  mode: 'enforce' | 'warn' | 'audit',
  standard: Standard | undefined,
  checks: readonly Check[],
): string {
  const level = standard === undefined ? 'its' : `the ${standard.level}`;
  const version = standard === undefined ? '' : ` (${shown(standard.version, 40)})`;
  const what =
    checks.length === 0
      ? ''
      : `: ${listed(
          checks.map(({ words }) => words),
          8,
        )}`;
  const whose = `${level} Pod Security Standard${version} of the namespace${what}`;
  if (mode === 'enforce') return `The pod was refused, because it does not meet ${whose}.`;
  const noted = mode === 'warn' ? 'A warning' : 'An entry of the audit log';
  return `${noted}, which refuses nothing, says that pods like this do not meet ${whose}.`;
}

const podLinesMax = 60;

const relabelling: Signature = {
  anchors: [relabelled],
  read(from, at) {
    const lead = 'existing pods in namespace ';
    const windowStart = Math.max(0, at - 320);
    const found = from.lower.slice(windowStart, at).lastIndexOf(lead);
    const { standard, end: headEnd } = readStandard(from, at + relabelled.length);
    if (found < 0) return undefined;
    const start = windowStart + found;
    const nameAt = endOfRun(from.flat, start + lead.length, 2, /["']/);
    const namespace = from.flat.slice(nameAt, endOfRun(from.flat, nameAt, 63, /[a-z0-9-]/));
    const { checks, pods, end } = readPods(from, headEnd);
    return {
      ...shared,
      rule: 'enforce',
      certainty: 'stated',
      passed: true,
      span: { start: envelopeStart(from, start), end },
      evidence: evidenceOf({ start, end: headEnd }, checks),
      sentence: `Pods that run in ${shown(namespace)} do not meet the Pod Security level that its label enforce was set to${standard === undefined ? '' : ` (${shown(standard.level)}, ${shown(standard.version, 40)})`}: they go on, and are refused once they are made anew.`,
      suspects: (candidates, about) =>
        podSecurityOf(about.namespace === namespace ? candidates : [], 'enforce', standard),
      steps: (suspects, about) =>
        podSecuritySteps({ mode: 'enforce', standard, checks, pods }, suspects, { ...about, namespace }),
    };
  },
};

/** Lines `pod (and 2 other pods): reason, reason` below the head. */
function readPods(
  from: ErrorText,
  at: number,
): { readonly checks: readonly Check[]; readonly pods: readonly string[]; readonly end: number } {
  const byReason = new Map<string, Check>();
  const pods: string[] = [];
  let end = at;
  const lines = from.linesFrom(at, 8_000).filter(({ start }) => start > at);
  for (const line of lines.slice(0, podLinesMax)) {
    const text = from.flat.slice(line.start, line.end);
    const colon = text.lastIndexOf(': ');
    const { checks } = colon < 0 ? { checks: [] } : readChecks(from, line.start + colon + 2);
    if (checks.length === 0) break;
    for (const check of checks) byReason.set(check.reason, check);
    const [pod = ''] = text.slice(0, colon).split(': ').slice(-1);
    pods.push(pod.slice(pod.lastIndexOf('] ') + 1).trim());
    end = line.end;
  }
  return { checks: [...byReason.values()], pods, end };
}

const notices: readonly { readonly words: string; readonly sentence: string }[] = [
  {
    words: 'new podsecurity enforce level only checked against the first ',
    sentence:
      'The new Pod Security level of the namespace was held against some of its pods only: others may not meet it.',
  },
  {
    words: 'failed to list pods while checking new podsecurity enforce level',
    sentence: 'The new Pod Security level of the namespace was not held against the pods that run in it.',
  },
  {
    words: 'is exempt from pod security, and the policy',
    sentence: 'The API server is configured to leave the namespace out of Pod Security, so its labels have no effect.',
  },
];

const notice: Signature = {
  anchors: notices.map(({ words }) => words),
  read(from, at): Finding | undefined {
    const found = notices.find(({ words }) => from.lower.startsWith(words, at));
    if (found === undefined) return undefined;
    const span = { start: at, end: Math.min(from.lineEnd(at), at + 300) };
    return {
      ...shared,
      rule: 'enforce',
      certainty: 'stated',
      span,
      evidence: [span],
      sentence: found.sentence,
      suspects: (candidates) => podSecurityOf(candidates, 'enforce', undefined),
      steps: (suspects, about) =>
        podSecuritySteps({ mode: 'enforce', standard: undefined, checks: [] }, suspects, about),
    };
  },
};

export const podSecuritySignatures: readonly Signature[] = [
  violation,
  relabelling,
  notice,
  ...securityContextSignatures,
];
