/**
 * What people say in their own words: that something cannot be reached. No component speaks there, so it is a hint at most, and
 * any message in the same text goes before it.
 */
import { manual } from '../../remediation/steps.ts';
import type { Signature } from '../finding.ts';
import { targetNear } from './network-target.ts';
import { connectionTo, excluded, nowhere, placeOf, symptom, targetText } from './symptom.ts';

/** Longer ones are logs, and their messages are what counts. */
const textLengthMax = 1_200;

/** Who says so is a person. */
const ofPeople = ['?', ' my ', ' our ', ' we ', ' i ', "can't i ", 'why '];
/** Where one of these stands, the message itself is there, or it is about something else. */
const ofMessages = [
  'refused',
  'timed out',
  'timeout',
  'reset by',
  'no such host',
  'not known',
  'not resolve',
  'error:',
  'exception',
  'denied',
  'forbidden',
  'unauthorized',
  'certificate',
  'password',
  'kubectl',
  'api server',
  'apiserver',
  'vpn',
  'http 4',
  'http 5',
];

const unreached: Signature = {
  anchors: [
    "can't reach",
    'cannot reach',
    'can not reach',
    "can't connect",
    'cannot connect',
    'can not connect',
    "can't talk to",
    'cannot talk to',
    'unable to reach',
    'unable to connect',
    "couldn't reach",
    "couldn't connect",
    "doesn't reach",
    'not able to connect',
    'not able to reach',
    'pod reach ',
    'pods reach ',
    'pod connect ',
    'pods connect ',
  ],
  read(text, at) {
    const { lower } = text;
    if (lower.length > textLengthMax || ofMessages.some((words) => lower.includes(words))) return undefined;
    const around = ` ${lower} `;
    if (!ofPeople.some((words) => around.includes(words))) return undefined;
    const place = placeOf(text, at);
    const target = targetNear(text, at) ?? nowhere;
    const no = excluded(place, target);
    if (no !== undefined) return no;
    const sentence =
      `Something does not reach ${targetText(target)}, and the text has no message that tells how it failed. A network policy of either end drops connections, ` +
      'which the client sees as a timeout; a refusal, or a name that is not found, has other causes as a rule.';
    const connection = connectionTo(target);
    const finding = symptom({ place, connection, sentence, mayBe: 'drop' });
    return {
      ...finding,
      // Nobody has seen a connection dropped.
      suspects: (candidates, about) => {
        const { certain, possible } = finding.suspects?.(candidates, about) ?? { certain: [], possible: [] };
        return { certain: [], possible: [...certain, ...possible] };
      },
      steps: (suspects, about) => [
        manual(
          'Ask again with the message that the client shows or logs: a timeout, a refusal and a name that is not found have different causes.',
          'developer',
        ),
        ...finding.steps(suspects, about),
      ],
    };
  },
};

export const toldSignatures: readonly Signature[] = [unreached];
