/**
 * Potoo's own resources written by an administrator: for tests of the gateway that need no operator, and objects that say
 * exactly what the test wants.
 */
import { potooResources } from '../../crds/api.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { apply, request, type Target } from '../control-plane/admin.ts';

/** Creates the objects or takes them over, in this order, with their status where the kind has one. */
export async function writeResources(target: Target, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    const { uid: _uid, resourceVersion: _version, ...metadata } = object.metadata;
    const written = { ...object, metadata };
    await apply(target, [written]);
    const resource = potooResources.find(({ kind }) => kind === object.kind);
    if (resource?.statusSubresource !== true) continue;
    const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
    const path = `/apis/${resource.group}/${resource.version}${place}/${resource.plural}/${name}/status`;
    await request(target, 'PATCH', `${path}?fieldManager=potoo-admin&force=true`, written);
  }
}
