/**
 * How Kyverno writes kinds: `[group/][version/]Kind[/subresource]` or `Kind.subresource`, each part with `*` and `?`.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/utils/kube/kind.go (ParseKindSelector)
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/utils/match/kind.go (CheckKind)
 */
import type { KindPattern } from '../../../crds/scope.ts';
import { matchesGlob } from '../../scope/namespace-scope.ts';

const version = /^(v\d+((alpha|beta)\d+)?|\*)$/;

/** Undefined for what is no kind, which Kyverno matches with nothing. */
export function parseKind(text: string): KindPattern | undefined {
  const slashed = text.split('/', 5);
  const last = slashed.at(-1) ?? '';
  // Only what stands behind the last slash is split at dots: groups have dots of their own.
  const parts = [...slashed.slice(0, -1), ...last.split('.', 5)];
  const [first = '', second = '', third = '', fourth = ''] = parts;
  switch (parts.length) {
    case 1:
      return pattern('*', '*', first);
    case 2:
      if (first === '*' && (second === '*' || second === second.toLowerCase())) return pattern('*', '*', '*', second);
      return version.test(first) ? pattern('*', first, second) : pattern('*', '*', first, second);
    case 3:
      return version.test(first) ? pattern('*', first, second, third) : pattern(first, second, third);
    case 4:
      return pattern(first, second, third, fourth);
    default:
      return undefined;
  }
}

function pattern(group: string, versionPart: string, kind: string, subresource = ''): KindPattern {
  return { group, version: versionPart, kind, ...(subresource === '' ? {} : { subresource }) };
}

/** What the kind means: ephemeral containers are a part of pods that have a request of their own. */
export function withEphemeralContainers(kind: KindPattern): KindPattern[] {
  const isPod =
    kind.subresource === undefined &&
    matchesGlob(kind.group, '') &&
    matchesGlob(kind.version, 'v1') &&
    matchesGlob(kind.kind, 'Pod');
  return isPod ? [kind, { ...kind, kind: 'Pod', subresource: 'ephemeralcontainers' }] : [kind];
}
