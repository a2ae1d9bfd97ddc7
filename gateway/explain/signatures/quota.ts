/**
 * ResourceQuota: an amount that does not fit, a container that states none, usage that is not known yet, and what only a quota
 * makes possible. A quota names itself; of several that have no room, the first that was looked at.
 *
 * @see https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/admission/plugin/resourcequota/controller.go
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import { listed, shown } from '../../words.ts';
import { readAmounts } from '../amounts.ts';
import { envelopeStart, isForbidden } from '../envelope.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { format, type Part } from '../format.ts';
import { endOfRun } from '../places.ts';
import { exceededSteps, lateSteps, missingSteps, scopeSteps, uncountedSteps, unknownSteps } from '../steps/quota.ts';
import { type ScopeDemand, quotasCounting, quotasBeginning, quotasInScopes, quotasNamed } from '../suspects/quota.ts';
import { type Use, useText } from '../uses.ts';
import { earlyQuota } from './quota-early.ts';

const shared = { category: 'quota', engine: 'resourcequota' } as const;

/** A name, which a line may break; `nameIn` says whether it is one. */
const name: Part<'quota'> = { name: 'quota', never: '', lengthMax: 300, mayBeCut: true, mayBeEmpty: false };

const exceededHead = format`exceeded quota: ${name}, requested: `;

const exceeded: Signature = {
  anchors: ['exceeded quota: '],
  read(from, at) {
    const head = exceededHead.read(from, at);
    if (head === undefined || head.cut) return cutAfter(from, at, at + 'exceeded quota: '.length);
    const quota = nameIn(from, head.spans.quota);
    if (quota === undefined) return undefined;
    const { uses, end } = readUses(from, head.end);
    return {
      ...shared,
      policy: quota,
      certainty: 'stated',
      span: { start: envelopeStart(from, at), end },
      evidence: [{ start: at, end }],
      sentence: `The ResourceQuota ${shown(quota)} has no room for what was asked for${usesText(uses)}.`,
      suspects: (candidates) =>
        quotasNamed(
          candidates,
          quota,
          uses.map(({ resource }) => resource),
        ),
      steps: (suspects, about) => exceededSteps({ quota, uses }, suspects, about),
    };
  },
};

/** The three lists, as far as the text has them. */
function readUses(from: ErrorText, at: number): { readonly uses: readonly Use[]; readonly end: number } {
  const requested = readAmounts(from, at, ', used: ');
  const behind = (end: number, words: string) => (from.lower.startsWith(words, end) ? end + words.length : undefined);
  const usedAt = behind(requested.end, ', used: ');
  const used = usedAt === undefined ? undefined : readAmounts(from, usedAt, ', limited: ');
  const limitedAt = used === undefined ? undefined : behind(used.end, ', limited: ');
  const limited = limitedAt === undefined ? undefined : readAmounts(from, limitedAt);
  const end = limited?.end ?? used?.end ?? requested.end;
  const uses = [...requested.amounts].map(([resource, amount]) => ({
    resource,
    requested: amount,
    used: used?.amounts.get(resource),
    limited: limited?.amounts.get(resource),
  }));
  // What follows of a text that was cut is a rest of the same message.
  return { uses, end: limited === undefined ? from.lineEnd(end) : end };
}

function usesText(uses: readonly Use[]): string {
  return uses.length === 0 ? '' : `: ${uses.slice(0, 4).map(useText).join('; ')}`;
}

/** What follows a name in one form or another. */
const behindName = [', requested: ', ': must specify '];

/** A message that ends before the amounts. Half a name is none, but others than those that begin so are out. */
function cutAfter(from: ErrorText, at: number, nameAt: number): Finding | undefined {
  const end = endOfRun(from.flat, nameAt, 260, /[a-z0-9.-]/);
  const rest = from.lower.slice(end, end + 32);
  // A string that ends behind the name holds all of the message.
  const isString = /^["']/.test(rest);
  const isWhole = isString || (rest !== '' && behindName.some((words) => words.startsWith(rest)));
  const isEnd = rest === '' || rest.startsWith('…') || isWhole;
  const forbidden = isForbidden(from, at);
  if (!isEnd && !forbidden) return undefined;
  const quota = isWhole ? nameIn(from, { start: nameAt, end }) : undefined;
  let nameEnd = end;
  while (from.flat.charAt(nameEnd - 1) === '.') nameEnd -= 1;
  const beginning = from.flat.slice(nameAt, nameEnd);
  return {
    ...shared,
    policy: quota,
    certainty: forbidden || quota !== undefined ? 'stated' : 'likely',
    span: { start: envelopeStart(from, at), end: Math.max(end, Math.min(from.lineEnd(at), at + 300)) },
    evidence: [{ start: at, end }],
    sentence:
      quota === undefined
        ? 'A ResourceQuota refused it; the text is cut before it says which.'
        : `The ResourceQuota ${shown(quota)} refused it; the text is cut before it says why.`,
    suspects: (candidates) =>
      quota === undefined ? quotasBeginning(candidates, beginning) : quotasNamed(candidates, quota),
    steps: () => uncountedSteps,
  };
}

const missing: Signature = {
  anchors: ['failed quota: ', ': must specify '],
  read(from, at) {
    if (from.lower.startsWith('failed quota: ', at)) {
      const nameAt = at + 'failed quota: '.length;
      const stop = from.lower.slice(nameAt, nameAt + 300).indexOf(': must specify ');
      // With its end it is found by that.
      return stop < 0 ? cutAfter(from, at, nameAt) : undefined;
    }
    const start = missingStart(from, at);
    if (start === undefined) return undefined;
    const { quota } = start;
    const { items, end } = readMissing(from, at + ': must specify '.length);
    const names = [...items.keys()];
    const what = names.length === 0 ? 'requests or limits' : listed(names, 6);
    return {
      ...shared,
      policy: quota,
      certainty: 'stated',
      span: { start: envelopeStart(from, start.at), end },
      evidence: [{ start: start.at, end }],
      sentence: `The ResourceQuota ${shown(quota)} counts ${what}, and some container does not state them, nor does its pod.`,
      suspects: (candidates) => quotasNamed(candidates, quota, names),
      steps: (_suspects, about) => missingSteps(items, about),
    };
  },
};

/** `failed quota: <name>` before a place; also with another word for quota that is the name itself. */
function missingStart(from: ErrorText, end: number): { readonly at: number; readonly quota: string } | undefined {
  const windowStart = Math.max(0, end - 600);
  const found = from.lower.slice(windowStart, end).lastIndexOf('failed ');
  if (found < 0) return undefined;
  const at = windowStart + found;
  const wordsAt = at + 'failed '.length;
  const colon = from.flat.indexOf(': ', wordsAt);
  if (colon < 0 || colon >= end) return undefined;
  const quota = nameIn(from, { start: colon + 2, end });
  const word = from.flat.slice(wordsAt, colon);
  if (quota === undefined || (word.toLowerCase() !== 'quota' && word !== quota)) return undefined;
  return { at, quota };
}

interface Missing {
  /** Containers by resource; none where the message tells none. */
  readonly items: ReadonlyMap<string, readonly string[]>;
  readonly end: number;
}

/** Of `limits.cpu,limits.memory`, or since Kubernetes 1.24 `limits.cpu for: app,proxy; limits.memory for: app`. */
function readMissing({ flat }: ErrorText, at: number): Missing {
  const items = new Map<string, readonly string[]>();
  let end = at;
  for (let from = at, count = 0; count < 16; count += 1) {
    const nameEnd = endOfRun(flat, from, 64, /[a-z.-]/);
    const resource = flat.slice(from, nameEnd);
    if (!demandable.has(resource)) break;
    end = nameEnd;
    const containers: string[] = [];
    if (flat.startsWith(' for: ', nameEnd)) {
      end = nameEnd + ' for: '.length;
      while (containers.length < 50) {
        const wordEnd = endOfRun(flat, end, 64, /[a-z0-9-]/);
        if (wordEnd > end) containers.push(flat.slice(end, wordEnd));
        end = wordEnd;
        if (flat.charAt(end) !== ',') break;
        end += flat.charAt(end + 1) === ' ' ? 2 : 1;
      }
      // Half a name is another name.
      if (flat.charAt(end) === '…' || flat.startsWith('...', end)) containers.pop();
    }
    items.set(resource, containers);
    if (!/[,;]/.test(flat.charAt(end))) break;
    from = flat.charAt(end + 1) === ' ' ? end + 2 : end + 1;
  }
  return { items, end };
}

/** What a container has to state where a quota counts it. */
const demandable: ReadonlySet<string> = new Set([
  'cpu',
  'limits.cpu',
  'limits.memory',
  'memory',
  'requests.cpu',
  'requests.memory',
]);

const unknown: Signature = {
  anchors: ['status unknown for quota: '],
  read(from, at) {
    const nameAt = at + 'status unknown for quota: '.length;
    const end = endOfRun(from.flat, nameAt, 253, /[a-z0-9.-]/);
    const quota = nameIn(from, { start: nameAt, end });
    const isCut = end === from.flat.length && !isForbidden(from, at);
    if (quota === undefined || isCut) return cutAfter(from, at, nameAt);
    const lists = from.lower.startsWith(', resources: ', end);
    const whole = lists ? endOfRun(from.flat, end + ', resources: '.length, 1_000, /[A-Za-z0-9./,-]/) : end;
    return {
      ...shared,
      policy: quota,
      certainty: 'stated',
      span: { start: envelopeStart(from, at), end: whole },
      evidence: [{ start: at, end: whole }],
      sentence: `How much of the ResourceQuota ${shown(quota)} is used was not known yet, and until then nothing passes that it counts.`,
      suspects: (candidates) => quotasNamed(candidates, quota),
      steps: (_suspects, about) => unknownSteps(quota, about),
    };
  },
};

const insufficient: Signature = {
  anchors: ['insufficient quota to match these scopes: ', 'insufficient quota to consume: '],
  read(from, at) {
    const start = envelopeStart(from, at);
    const scopesAt = at + 'insufficient quota to match these scopes: '.length;
    if (from.lower.startsWith('insufficient quota to match', at)) {
      const { scopes, end } = readScopes(from, scopesAt);
      return {
        ...shared,
        certainty: 'stated',
        span: { start, end },
        evidence: [{ start: at, end }],
        sentence: `The cluster admits ${scopesText(scopes)} only where a ResourceQuota counts them, and the namespace had none that did.`,
        suspects: (candidates) => quotasInScopes(candidates, scopes),
        steps: (_suspects, about) => scopeSteps(scopes, about),
      };
    }
    const listAt = at + 'insufficient quota to consume: '.length;
    const end = endOfRun(from.flat, listAt, 1_000, /[A-Za-z0-9./,-]/);
    const resources = from.flat.slice(listAt, end).split(',').slice(0, 16).filter(Boolean);
    return {
      ...shared,
      certainty: 'stated',
      span: { start, end },
      evidence: [{ start: at, end }],
      sentence: `The cluster admits use of ${listed(resources)} only where a ResourceQuota counts it, and the namespace had none that did.`,
      suspects: (candidates) => quotasCounting(candidates, resources),
      steps: (_suspects, about) => scopeSteps([], about, resources),
    };
  },
};

/** Of `[{PriorityClass In [high vital]} {BestEffort Exists []}]`. */
function readScopes(
  { flat }: ErrorText,
  at: number,
): { readonly scopes: readonly ScopeDemand[]; readonly end: number } {
  const scopes: ScopeDemand[] = [];
  let end = at;
  for (let open = at + 1; scopes.length < 8 && flat.charAt(at) === '[' && flat.charAt(open) === '{'; ) {
    const close = flat.slice(open, open + 600).indexOf('}');
    if (close < 0) return { scopes, end: Math.min(flat.length, open + 600) };
    const [scopeName = '', operator = '', ...values] = flat
      .slice(open + 1, open + close)
      .replaceAll(/[[\]]/g, '')
      .split(' ')
      .filter(Boolean);
    scopes.push({ scopeName, operator, values: values.slice(0, 32) });
    end = open + close + 1;
    open = flat.charAt(end) === ' ' ? end + 1 : end;
  }
  return { scopes, end: flat.charAt(end) === ']' ? end + 1 : end };
}

function scopesText(scopes: readonly ScopeDemand[]): string {
  const texts = scopes.map(({ scopeName, operator, values }) =>
    [scopeName, operator.toLowerCase(), ...(values.length === 0 ? [] : [`(${listed(values)})`])].join(' '),
  );
  return `pods in scope ${texts.length === 0 ? 'of some kind' : listed(texts)}`;
}

const evaluation: Signature = {
  anchors: ['resource quota evaluation timed out', 'quota usage is negative for resource(s): '],
  read(from, at) {
    const isLate = from.lower.startsWith('resource quota', at);
    const end = Math.min(from.lineEnd(at), at + 300);
    return {
      ...shared,
      certainty: 'stated',
      span: { start: envelopeStart(from, at), end },
      evidence: [{ start: at, end }],
      sentence: isLate
        ? 'The API server could not count what the quotas of the namespace hold in time, and refused for that.'
        : 'The request asks for less than nothing of what a quota counts.',
      suspects: (candidates) => quotasBeginning(candidates, ''),
      steps: () => (isLate ? lateSteps : uncountedSteps),
    };
  },
};

/** The name that stands here, without the ends of lines that broke it and marks around it. */
function nameIn(from: ErrorText, span: Span | undefined): string | undefined {
  if (span === undefined || span.end - span.start > 600) return undefined;
  let found = '';
  for (let at = span.start; at < span.end; at += 1) {
    const character = from.flat.charAt(at);
    const isBreak = character === ' ' && from.lineEnd(at) === at;
    if (!isBreak && character !== "'" && character !== '*' && character !== '"') found += character;
  }
  return isDnsSubdomain(found) ? found : undefined;
}

export const quotaSignatures: readonly Signature[] = [exceeded, missing, unknown, insufficient, evaluation, earlyQuota];
