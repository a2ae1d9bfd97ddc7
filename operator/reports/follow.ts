import { type KubeObject, keyOf } from '../../kube/resource.ts';
import type { Consumer } from '../discovery/watches.ts';
import type { PublishedObjects } from './published.ts';

/** Keeps what is known of one of our kinds in step with what stands in etcd; `onForeign` hears what somebody else did to it. */
export function follow<T extends { readonly resourceVersion: string }>(
  resource: { readonly group: string; readonly plural: string },
  objects: PublishedObjects<T>,
  read: (object: KubeObject) => T,
  onForeign: (key: string) => void,
): Consumer<T> {
  return {
    resource,
    prune(object) {
      // The echo of an own write is known already; reading it again is what costs.
      const known = objects.get(keyOf(object.metadata));
      return known?.resourceVersion === object.metadata.resourceVersion ? known : read(object);
    },
    upsert(key, value) {
      if (objects.set(key, value)) onForeign(key);
    },
    remove(key, value) {
      if (objects.remove(key, value)) onForeign(key);
    },
    synced(list) {
      for (const key of objects.forgetMissing(list)) onForeign(key);
    },
  };
}
