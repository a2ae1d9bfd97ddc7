/**
 * Questions about scopes that no oracle asks: for each policy of the corpus requests just inside and just outside of what it
 * matches, with the answer of a second, plain matcher.
 */
import { asStored } from '../../crds/cases/load-cases.ts';
import type { Constraint } from '../../crds/constraint.ts';
import { type Corpus, type JsonObject, sharedCorpus } from './corpus.ts';
import { objectKinds } from './object-kinds.ts';
import { kyvernoCelMatches } from './plain-admission.ts';
import { gatekeeperMatches } from './plain-gatekeeper.ts';
import { kyvernoRuleMatches } from './plain-kyverno.ts';
import { listIn, objectIn, textIn } from './plain-match.ts';
import { type RequestKind, requestKinds } from './request-kinds.ts';
import { gatekeeperCorners, kyvernoCorners, resourceCorners } from './scope-corners.ts';
import type { AdmissionRequest, Meant } from './scope-match.ts';
import { type Corner, type Looks, scopeRequests } from './scope-requests.ts';
import { constraintsOf, type ScopeRow } from './scope-rows.ts';

/** A policy, or one rule of it, as it is asked about. */
interface Asked {
  readonly name: string;
  readonly corners: readonly Corner[];
  readonly looks: Looks;
  readonly isOwn: (constraint: Constraint) => boolean;
  readonly matches: (request: AdmissionRequest) => Meant;
}

const mentions = {
  kyverno: /^\s*apiVersion:\s*["']?(kyverno\.io|policies\.kyverno\.io)\//m,
  gatekeeper: /^\s*apiVersion:\s*["']?(constraints|mutations)\.gatekeeper\.sh\//m,
} as const;

/**
 * In the order of files. Policies that stand in the corpus more than once are asked about once, with the rest of their file left
 * out: exceptions have reasons of their own.
 *
 * @param every One of so many policies is taken.
 */
export function generatedRows(oracle: 'kyverno' | 'gatekeeper', every = 1): readonly ScopeRow[] {
  const definitions = sharedCorpus.files('crds').flatMap((file) => sharedCorpus.objects(file));
  const kinds = requestKinds(definitions);
  const kindOf = objectKinds(definitions);
  return distinctObjects(sharedCorpus, mentions[oracle])
    .filter((_policy, index) => index % every === 0)
    .flatMap(({ file, object }) => {
      const asked = oracle === 'kyverno' ? askedOfKyverno(object, kinds) : askedOfGatekeeper(object, kinds);
      if (asked.length === 0) return [];
      const constraints = constraintsOf([object], kindOf);
      return asked.flatMap(({ name, corners, looks, isOwn, matches }) => {
        const own = constraints.filter(isOwn);
        return scopeRequests(corners, kinds, looks, `${file} ${name}`).map((request, index) => ({
          id: `${file} ${name} ${index}`,
          constraints: own,
          request,
          bound: matches(request),
          conditional: false,
        }));
      });
    });
}

/** Objects of files that mention something, each once. */
export function distinctObjects(corpus: Corpus, mention: RegExp): readonly { file: string; object: JsonObject }[] {
  const known = new Map<string, { file: string; object: JsonObject }>();
  for (const file of ['policies', 'oracles', 'pool'].flatMap((folder) => corpus.files(folder))) {
    for (const object of corpus.objects(file, mention)) {
      const { status: _status, ...rest } = object;
      const text = JSON.stringify(rest);
      if (!known.has(text)) known.set(text, { file, object });
    }
  }
  return [...known.values()];
}

const celKinds = /^(Namespaced)?(Validating|Mutating|Generating|ImageValidating)Policy$/;

function askedOfKyverno(object: JsonObject, kinds: readonly RequestKind[]): readonly Asked[] {
  const apiVersion = textIn(object, 'apiVersion');
  const kind = textIn(object, 'kind');
  const name = `${kind} ${textIn(object, 'metadata', 'name')}`;
  if (apiVersion.startsWith('policies.kyverno.io/') && celKinds.test(kind)) {
    const match = objectIn(object, 'spec', 'matchConstraints');
    const own = kind.startsWith('Namespaced') ? textIn(object, 'metadata', 'namespace') || 'default' : undefined;
    return [
      {
        name,
        corners: resourceCorners(match, kinds, own),
        looks: { atOld: true, atGenerateName: false, operations: ['CREATE', 'UPDATE', 'DELETE'] },
        isOwn: () => true,
        matches: (request) => kyvernoCelMatches(object, request),
      },
    ];
  }
  if (!apiVersion.startsWith('kyverno.io/') || !['ClusterPolicy', 'Policy'].includes(kind)) return [];
  return listIn(object, 'spec', 'rules').map((each) => {
    const rule = objectIn(each);
    const own = textIn(rule, 'name');
    return {
      name: `${name} ${own}`,
      corners: kyvernoCorners(object, rule, kinds),
      looks: { atOld: false, atGenerateName: true, operations: ['CREATE', 'UPDATE', 'DELETE'] },
      isOwn: ({ key }) => key === own || key.startsWith(`${own}/`),
      matches: (request) => kyvernoRuleMatches(object, rule, request),
    };
  });
}

function askedOfGatekeeper(object: JsonObject, kinds: readonly RequestKind[]): readonly Asked[] {
  const apiVersion = textIn(object, 'apiVersion');
  if (!/^(constraints|mutations)\.gatekeeper\.sh\//.test(apiVersion)) return [];
  return [
    {
      name: `${textIn(object, 'kind')} ${asStored(object).metadata.uid}`,
      corners: gatekeeperCorners(object, kinds),
      looks: { atOld: true, atGenerateName: true, operations: ['CREATE', 'UPDATE'] },
      isOwn: () => true,
      matches: (request) => gatekeeperMatches(object, request),
    },
  ];
}
