/**
 * The objects of the corpus beside the project, and putting them into a cluster and out of it again.
 */
import { asStored } from '../../crds/cases/load-cases.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { systemClock } from '../../kube/clock.ts';
import { AdminError, at, conditionOf } from '../control-plane/admin.ts';
import type { Client } from '../control-plane/connection.ts';
import { type JsonObject, sharedCorpus } from '../eval/corpus.ts';
import { policyManifests } from '../eval/policy-manifests.ts';

/** An object and the path of its kind's collection. */
export interface Placed {
  readonly collection: string;
  readonly name: string;
  readonly object: JsonObject;
  /** The namespace it needs. */
  readonly namespace: string | undefined;
  /** It may refuse what comes after it. */
  readonly last: boolean;
}

export interface Installation {
  readonly applied: readonly Placed[];
  /** Name and reason. */
  readonly refused: readonly string[];
}

export interface Installer {
  apply(objects: readonly Placed[]): Promise<Installation>;
  /** Resolves when every definition is served. */
  established(): Promise<void>;
  /** Takes out what was applied, what may refuse something first; resolves when all of it is gone. */
  remove(installation: Installation): Promise<void>;
}

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const parallel = 8;
const establishedTries = 300;

/** Of two definitions of one kind the first. */
export function corpusDefinitions(): readonly Placed[] {
  const objects = sharedCorpus.files('crds').flatMap((file) => sharedCorpus.objects(file));
  const byName = new Map<string, Placed>();
  for (const object of objects.filter(({ kind }) => kind === 'CustomResourceDefinition')) {
    const name = nameOf(object);
    const placed = { collection: definitionsPath, name, object, namespace: undefined, last: false };
    byName.set(name, byName.get(name) ?? placed);
  }
  return [...byName.values()];
}

/** Every policy, each under a name of its own. Namespaces are made for the others, and are no policies here. */
export function corpusPolicies(): readonly Placed[] {
  const times = new Map<string, number>();
  return policyManifests(sharedCorpus, adapters).flatMap(({ kind: { plural, namespaced }, stored }): Placed[] => {
    if (plural === 'namespaces') return [];
    // What was alpha and beta once has not changed since.
    const apiVersion = String(stored['apiVersion']).replace(/^(admissionregistration\.k8s\.io)\/v1\w+$/, '$1/v1');
    const { name: given, namespace, labels, annotations } = stored.metadata;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const collection = namespaced ? `${root}/namespaces/${String(namespace)}/${plural}` : `${root}/${plural}`;
    const count = (times.get(`${collection}/${String(given)}`) ?? 0) + 1;
    times.set(`${collection}/${String(given)}`, count);
    const name = count === 1 ? String(given) : `${String(given)}-${count}`;
    const metadata = { name, ...(namespaced ? { namespace } : {}), labels, annotations };
    return [
      {
        collection,
        name,
        object: { ...stored, apiVersion, metadata, status: undefined },
        namespace: namespaced ? String(namespace) : undefined,
        last: /admissionpolic/.test(plural) && apiVersion.startsWith('admissionregistration.k8s.io/'),
      },
    ];
  });
}

/** What an administrator grants so that kinds are read for which Potoo has no adapter. */
export function grantOfUnknownKinds(definitions: readonly Placed[]): Placed {
  const kinds = definitions.map(({ name }) => ({
    plural: name.slice(0, name.indexOf('.')),
    group: name.slice(name.indexOf('.') + 1),
  }));
  const rules = [...Map.groupBy(kinds, ({ group }) => group)].map(([group, own]) => ({
    apiGroups: [group],
    resources: own.map(({ plural }) => plural),
    verbs: ['list', 'watch'],
  }));
  const name = 'potoo-reads-the-corpus';
  const metadata = { name, labels: { 'potoo.io/aggregate-to-operator': 'true' } };
  return {
    collection: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    name,
    object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules },
    namespace: undefined,
    last: false,
  };
}

export function installer(admin: Client, signal: AbortSignal): Installer {
  async function each(objects: readonly Placed[], work: (placed: Placed) => Promise<void>): Promise<void> {
    const left = [...objects];
    const worker = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        signal.throwIfAborted();
        await work(next);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  }

  async function apply(objects: readonly Placed[]): Promise<Installation> {
    const applied: Placed[] = [];
    const refused: string[] = [];
    const put = async (placed: Placed) => {
      try {
        await admin.json('PATCH', `${pathOf(placed)}?fieldManager=potoo-admin&force=true`, placed.object, signal);
        applied.push(placed);
      } catch (error) {
        if (!(error instanceof AdminError)) throw error;
        refused.push(`${placed.collection}/${placed.name}: ${error.status} ${error.said}`);
      }
    };
    const namespaces = [...new Set(objects.flatMap(({ namespace }) => namespace ?? []))];
    await each(namespaces.map(namespaceNamed), put);
    await each(
      objects.filter(({ last }) => !last),
      put,
    );
    await each(
      objects.filter(({ last }) => last),
      put,
    );
    return { applied: applied.filter(({ collection }) => collection !== '/api/v1/namespaces'), refused };
  }

  return {
    apply,
    async established() {
      for (let tries = 0; ; tries += 1) {
        const items = at(await admin.json('GET', definitionsPath, undefined, signal), 'items');
        const all = Array.isArray(items) ? items : [];
        const waiting = all.filter((definition) => conditionOf(definition, 'Established') !== 'True');
        if (waiting.length === 0) return;
        if (tries === establishedTries) throw new Error(`${waiting.length} definitions are not established`);
        await systemClock.sleep(100, signal);
      }
    },
    async remove({ applied }) {
      const gone = async (placed: Placed) => {
        try {
          await admin.json('DELETE', pathOf(placed), undefined, signal);
        } catch (error) {
          if (!(error instanceof AdminError && error.status === 404)) throw error;
        }
      };
      await each(
        applied.filter(({ last }) => last),
        gone,
      );
      await each(
        applied.filter(({ last }) => !last),
        gone,
      );
      await each(applied, async (placed) => {
        while ((await admin.find(pathOf(placed), signal)) !== undefined) await systemClock.sleep(200, signal);
      });
    },
  };
}

function namespaceNamed(name: string): Placed {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  return { collection: '/api/v1/namespaces', name, object, namespace: undefined, last: false };
}

function pathOf({ collection, name }: Placed): string {
  return `${collection}/${encodeURIComponent(name)}`;
}

function nameOf(object: JsonObject): string {
  return String(asStored(object).metadata['name']);
}
