/**
 * The policies among the manifests of a corpus, each with the adapter that reads it.
 */
import { existsSync } from 'node:fs';
import { asStored, type StoredObject } from '../../crds/cases/load-cases.ts';
import type { Adapter } from '../../operator/adapters/define.ts';
import { adapterOf } from '../../operator/discovery/decide-kinds.ts';
import { type Corpus, type JsonObject, sharedCorpus } from './corpus.ts';
import { type ObjectKind, objectKinds } from './object-kinds.ts';

export interface PolicyManifest {
  readonly file: string;
  readonly adapter: Adapter;
  readonly kind: ObjectKind;
  /** As the API server would give it back to somebody who applied it in the namespace `default`. */
  readonly stored: StoredObject;
}

/** In the order of files. Kinds that neither this corpus nor the one beside the project defines are left out. */
export function policyManifests(corpus: Corpus, adapters: readonly Adapter[]): readonly PolicyManifest[] {
  const manifests = corpus.files('.').flatMap((file) => corpus.objects(file).map((object) => ({ file, object })));
  // The corpus beside the project has them among its own.
  const definitions =
    corpus.root !== sharedCorpus.root && existsSync(sharedCorpus.root)
      ? sharedCorpus.files('crds').flatMap((file) => sharedCorpus.objects(file))
      : [];
  const kindOf = objectKinds([...definitions, ...manifests.map(({ object }) => object)]);
  return manifests.flatMap(({ file, object }) => {
    const kind = kindOf(object);
    const id = kind === undefined ? undefined : adapterOf(kind, adapters);
    const adapter = adapters.find((one) => one.id === id);
    if (adapter === undefined || kind === undefined || isPlainNamespace(object)) return [];
    return [{ file, adapter, kind, stored: applied(object, kind) }];
  });
}

/** A Namespace is a policy by what its labels ask of pods. */
function isPlainNamespace({ apiVersion, kind, metadata }: JsonObject): boolean {
  return (
    apiVersion === 'v1' && kind === 'Namespace' && !JSON.stringify(metadata).includes('pod-security.kubernetes.io/')
  );
}

function applied(object: JsonObject, { namespaced }: ObjectKind): StoredObject {
  const { namespace = 'default', uid: _uid, ...metadata } = asStored(object).metadata;
  return asStored({ ...object, metadata: { ...metadata, ...(namespaced ? { namespace } : {}) } });
}
