/**
 * The log of Kyverno's controllers, as klog, zap and JSON write it: which policy a line is about stands in a field of its own.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/logging/log.go
 */
import type { Signature } from '../finding.ts';
import { fieldIn } from '../fields.ts';
import { lineAround } from '../places.ts';
import { celKinds, ruleKinds } from '../suspects/kyverno-kinds.ts';
import { judgedObject, kyvernoFinding } from './kyverno-told.ts';

const reach = 4_000;
/** Fields that have the name of the policy in them; the second one is everybody's. */
const ownField = 'policy.name';
const oldField = 'policy';
/** What names the logger of an engine in lines that have the old field. */
const loggers = ['engineverifyimages', 'enginevalidate', 'enginemutate'];
/** Most lines tell of what passed. */
const failures = ['failed', 'failure', 'error', 'denied', 'blocked', 'violat'];

const logged: Signature = {
  anchors: [ownField, ...loggers],
  read(from, at) {
    const span = lineAround(from, at, reach);
    const policy = fieldIn(from, from.lower.startsWith(ownField, at) ? ownField : oldField, span);
    const said = ['error', 'err', 'msg'].flatMap((field) => fieldIn(from, field, span) ?? []);
    const words = (said.length === 0 ? from.flat.slice(span.start, span.end) : said.join(' ')).toLowerCase();
    if (policy === undefined || !failures.some((each) => words.includes(each))) return undefined;
    const [namespace, name] = policy.includes('/') ? policy.split('/', 2) : [undefined, policy];
    const object = (['kind', 'namespace', 'name'] as const).map(
      (part) => fieldIn(from, `new.${part}`, span) ?? fieldIn(from, `resource.${part}`, span) ?? '',
    );
    return kyvernoFinding({
      policy: name ?? namespace,
      rule: fieldIn(from, 'rule.name', span) ?? fieldIn(from, 'rule', span),
      message: said[0] ?? '',
      ...(object[0] === '' ? {} : { object: judgedObject(object.join('/')) }),
      kinds: [...ruleKinds, ...celKinds],
      outcome: 'noted',
      span,
    });
  },
};

export const kyvernoLogSignatures: readonly Signature[] = [logged];
