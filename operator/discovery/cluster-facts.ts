/**
 * Facts of the whole cluster that answers need beside policies: which kinds of object it serves, and names of classes.
 */
import type { ClusterFact } from '../../crds/detail.ts';
import type { ServedResources } from '../../kube/discovery.ts';
import {
  type ClassResource,
  classResources,
  createClassIndex,
  type DefaultPriorityClass,
} from '../scope/class-index.ts';
import type { NamedClass } from '../scope/class-index.ts';
import type { Consumer } from './watches.ts';

export interface ClusterFacts {
  readonly consumers: readonly Consumer<unknown>[];
  readonly defaultPriorityClass: DefaultPriorityClass | undefined;
  /** Ordered; of each kind of fact no more than a bound. */
  of(served: ServedResources): readonly ClusterFact[];
}

export interface ClusterFactsEvents {
  readonly onFacts: () => void;
  /** Pods without a PriorityClass get another from now on, or it became known which. */
  readonly onDefaultPriorityClass: () => void;
}

/** Far beyond what clusters serve; bounds what is written. */
const apiResourcesMax = 5_000;
const classesMax = 5_000;

/** Knows nothing yet; its consumers fill it. */
export function createClusterFacts(events: ClusterFactsEvents): ClusterFacts {
  const classes = createClassIndex();
  let lastDefault: string | undefined;

  function changed(): void {
    events.onFacts();
    const now = JSON.stringify(classes.defaultPriorityClass);
    if (now === lastDefault) return;
    lastDefault = now;
    events.onDefaultPriorityClass();
  }

  function classConsumer({ group, plural, kind, metadataOnly, read }: ClassResource): Consumer<NamedClass> {
    return {
      resource: { group, plural },
      metadataOnly,
      prune: read,
      upsert(_key, value) {
        if (classes.set(kind, value)) changed();
      },
      remove(name) {
        if (classes.remove(kind, name)) changed();
      },
      synced() {
        if (classes.setComplete(kind)) changed();
      },
    };
  }

  return {
    consumers: classResources.map(classConsumer),
    get defaultPriorityClass() {
      return classes.defaultPriorityClass;
    },
    of: (served) => [
      ...served.all.slice(0, apiResourcesMax).map(({ group, version, plural, kind, namespaced }) => ({
        kind: 'APIResource' as const,
        group,
        version,
        plural,
        objectKind: kind,
        namespaced,
      })),
      ...classes.facts().slice(0, classesMax),
    ],
  };
}
