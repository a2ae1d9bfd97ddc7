/**
 * Connections that were answered with a refusal: as a rule because nothing listens, and only by some engines because of a policy.
 */
import type { Signature } from '../finding.ts';
import { capitalized } from '../../words.ts';
import { targetNear } from './network-target.ts';
import { noPolicy } from './no-policy.ts';
import { connectionTo, excluded, hostOf, isOfWebhook, nowhere, placeOf, symptom, targetText } from './symptom.ts';

const refusals: Signature = {
  anchors: [
    'connection refused',
    'econnrefused',
    'connect call failed',
    'actively refused',
    'curl: (7)',
    'os error 111',
    'errno 111',
    '(111)',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const { before, after } = place;
    if (after.startsWith('(111)') && !before.includes('connect')) return undefined;
    if (after.startsWith('curl: (7)') && (after.includes('timed out') || after.includes('no route'))) return undefined;
    if (after.startsWith('connect call failed') && !before.includes('111')) return undefined;
    const target = targetNear(text, at);
    const no = excluded(place, target);
    if (no !== undefined) return no;
    if (before.includes('probe failed')) {
      const reason =
        'The kubelet asks from the node of the pod, whose connections policies let through: nothing listens on that port (yet).';
      return noPolicy({ span: place.span, reason, certainty: 'likely' });
    }
    if (target === undefined) {
      const reason =
        'A connection was refused, and the text does not say where to: as a rule nothing listens there (yet).';
      return noPolicy({ span: place.span, reason, certainty: 'possible' });
    }
    const sentence =
      `${targetText(target)} refused the connection: as a rule nothing listens there, or the Service has no ready endpoints or another targetPort. Of network policies only ` +
      'those of engines that answer do that (kube-router and so k3s, Antrea with Reject, Calico where it is told to); Cilium and others drop, which is a timeout.';
    return symptom({
      place,
      connection: connectionTo(target),
      sentence: hostOf(target) === '' ? capitalized(sentence) : sentence,
      mayBe: 'reject',
    });
  },
};

const unreachable: Signature = {
  anchors: [
    'connect: operation not permitted',
    'connect eperm',
    'sendto: operation not permitted',
    'sendmsg: operation not permitted',
    'no route to host',
    'ehostunreach',
    'host is unreachable',
    'host unreachable',
    'enetunreach',
    'network is unreachable',
  ],
  read(text, at) {
    const place = placeOf(text, at);
    if (isOfWebhook(place)) return undefined;
    const target = targetNear(text, at) ?? nowhere;
    const no = excluded(place, target);
    if (no !== undefined) return no;
    if (place.after.startsWith('enetunreach') || place.after.startsWith('network is')) {
      return noPolicy({
        span: place.span,
        certainty: 'possible',
        reason:
          'There is no route to that network from where it was asked, often because the pod has no address of IPv6. A policy does not do that.',
      });
    }
    const sentence = `There is no way to ${targetText(target)}: as a rule routing, a node that is gone or a firewall. Of network policies only those do that which answer with a prohibition.`;
    return symptom({ place, connection: connectionTo(target), sentence, mayBe: 'reject' });
  },
};

export const refusalSymptomSignatures: readonly Signature[] = [refusals, unreachable];
