/**
 * What is said of a connection that an engine dropped, and of one that an engine is known to drop.
 */
import { shown } from '../../words.ts';
import type { Span } from '../error-text.ts';
import type { Certainty, Finding } from '../finding.ts';
import { networkSteps } from '../steps/network.ts';
import type { Connection, End } from '../suspects/connection.ts';
import { networkSuspects, type NamedPolicy, type NetworkCase } from '../suspects/network.ts';

export interface Dropped {
  /** Who says so, for people. */
  readonly by: string;
  readonly engine: string;
  readonly connection: Connection;
  readonly span: Span;
  readonly evidence?: readonly Span[];
  readonly certainty?: Certainty;
  readonly named?: NamedPolicy | undefined;
  /** What it says of rules: none let the connection through, or one denies it. */
  readonly matched?: NetworkCase['matched'];
  /** More that is said, a sentence. */
  readonly also?: string;
}

/** The finding for a connection that was dropped by a policy. */
export function droppedFinding({ by, engine, connection, span, named, matched, also, ...rest }: Dropped): Finding {
  const certainty = rest.certainty ?? 'stated';
  const whom = connectionText(connection);
  const policy =
    named === undefined ? 'a network policy' : `the ${shown(named.kinds[0] ?? 'policy', 80)} ${shown(named.name)}`;
  const verb = certainty === 'stated' ? 'dropped' : 'logged, and may have dropped,';
  return {
    category: 'network',
    engine,
    policy: named?.name,
    rule: named?.rule,
    certainty,
    span,
    evidence: rest.evidence ?? [span],
    sentence: `${by} ${verb} ${whom} because of ${policy}.${also === undefined ? '' : ` ${also}`}`,
    suspects: (candidates, about) =>
      networkSuspects({ connection, named, matched, engine, mayBe: 'drop' }, candidates, about),
    steps: (suspects, about) => networkSteps({ connection, named, hubble: engine === 'cilium' }, suspects, about),
  };
}

/** `the outgoing connection from shop/web to 10.0.0.1 on TCP 80`. */
function connectionText({ direction, from, to, protocol, port }: Connection): string {
  const way =
    direction === undefined ? 'the connection' : `the ${direction === 'Egress' ? 'outgoing' : 'incoming'} connection`;
  const source = endText(from);
  const target = endText(to);
  const on = port === undefined ? (protocol ?? '') : `${protocol ?? 'port'} ${port}`;
  return [
    way,
    source === '' ? '' : ` from ${source}`,
    target === '' ? '' : ` to ${target}`,
    on === '' ? '' : ` on ${on}`,
  ].join('');
}

function endText({ namespace, name, address, host, entity }: End): string {
  const pod = name === undefined ? undefined : namespace === undefined ? name : `${namespace}/${name}`;
  const text = pod ?? host ?? address ?? entity;
  return text === undefined ? '' : shown(text, 160);
}
