/** Plans for objects of any kind that the API server serves: to apply, delete and scale them. */
import * as z from 'zod';
import { apiVersionOf } from '../../../kube/resource.ts';
import type { ServedResource } from '../../../kube/discovery.ts';
import type { Call } from '../../call.ts';
import { type Answer, refusal } from '../../errors.ts';
import type { Cluster } from '../define.ts';
import { ApiVersion, Kind, ObjectName, OptionalNamespace } from '../fields.ts';
import type { Target } from '../gate.ts';
import { kindText } from '../kinds.ts';
import { manifestLengthMax, type ManifestObject, readManifest } from './manifest.ts';
import { flag, type Need, objectWords, planTool } from './plan.ts';

const OneObject = z.object({
  apiVersion: ApiVersion,
  kind: Kind,
  name: ObjectName.describe('Name of the object.'),
  namespace: OptionalNamespace.describe('Namespace of the object, for kinds that stand in one.'),
});

export const resourcesCreateOrUpdate = planTool({
  name: 'resources_create_or_update',
  title: 'Create or update objects',
  does: 'apply a manifest',
  input: z.object({
    resource: z
      .string()
      .min(1)
      .max(manifestLengthMax)
      .describe('The manifest, as YAML or JSON; several documents will do.'),
  }),
  async draft({ resource: text }, cluster, call) {
    const read = readManifest(text);
    if (!read.ok) return read;
    const needs: Need[] = [];
    const objects: object[] = [];
    for (const object of read.value) {
      const target = await targetOf(object, cluster, call);
      if (!target.ok) return target;
      const { resource, namespace } = target.value;
      // Server-side apply is a patch, and creates what is not there.
      needs.push({ verb: 'patch', target: target.value }, { verb: 'create', target: target.value });
      const { namespace: _, ...metadata } = object.metadata;
      const where = resource.namespaced ? { namespace } : {};
      objects.push({ ...object.whole, metadata: { ...metadata, ...where } });
    }
    const [only] = objects;
    const apply = ['kubectl', 'apply', '--server-side'];
    return {
      ok: true,
      value: {
        command: [...apply, '-f', '-'],
        dryRun: [...apply, '--dry-run=server', '-f', '-'],
        file: [...apply, '-f', 'input.yaml'],
        stdin: objects.length === 1 ? only : { apiVersion: 'v1', kind: 'List', items: objects },
        needs,
        warnings: [
          'Fields that the manifest leaves out stay as they are. Of a field that somebody else manages, kubectl says so.',
        ],
      },
    };
  },
});

export const resourcesDelete = planTool({
  name: 'resources_delete',
  title: 'Delete an object',
  does: 'delete an object of any kind',
  input: OneObject.extend({
    gracePeriodSeconds: z.int().min(0).max(86_400).optional().describe('How long it may take to end; 0 is at once.'),
  }),
  async draft({ gracePeriodSeconds: seconds, ...object }, cluster, call) {
    const found = await targetOf({ ...object, metadata: object }, cluster, call);
    if (!found.ok) return found;
    const target = found.value;
    return {
      ok: true,
      value: {
        command: [
          'kubectl',
          'delete',
          ...objectWords(target),
          ...(seconds === undefined ? [] : [flag('grace-period', String(seconds))]),
          ...(seconds === 0 ? ['--force'] : []),
          '--wait=false',
        ],
        needs: [{ verb: 'delete', target }],
        warnings: [
          `What belongs to this ${target.resource.kind} is deleted with it.`,
          ...(seconds === 0 ? ['With --force nobody waits until it has ended: two may run at the same time.'] : []),
        ],
      },
    };
  },
});

export const resourcesScale = planTool({
  name: 'resources_scale',
  title: 'Scale an object',
  does: 'change how many replicas an object has',
  input: OneObject.extend({
    scale: z
      .int()
      .min(0)
      .max(100_000)
      .optional()
      .describe('How many; without it, the plan is to read how many there are.'),
  }),
  async draft({ scale, ...object }, cluster, call) {
    const found = await targetOf({ ...object, metadata: object }, cluster, call);
    if (!found.ok) return found;
    const target = found.value;
    if (!target.resource.subresources.includes('scale')) {
      return refusal(
        'INVALID_REQUEST',
        `kind: ${kindText(target.resource)} cannot be scaled: it has no subresource scale`,
      );
    }
    const words = objectWords(target);
    const scaled: Target = { ...target, subresource: 'scale' };
    return {
      ok: true,
      value:
        scale === undefined
          ? {
              command: ['kubectl', 'get', ...words, '--subresource=scale'],
              needs: [{ verb: 'get', target: scaled }],
              warnings: ['No scale was given, so the command only reads how many replicas there are.'],
            }
          : {
              command: ['kubectl', 'scale', ...words, flag('replicas', String(scale))],
              needs: [
                // kubectl looks for the object first.
                { verb: 'get', target },
                { verb: 'patch', target: scaled },
              ],
              warnings: ['An autoscaler for it may set another number at once.'],
            },
    };
  },
});

interface Named extends Target {
  readonly resource: ServedResource;
  readonly name: string;
}

/** What a manifest or a call means. Secrets and ConfigMaps are refused by every name that they have. */
async function targetOf(
  { apiVersion, kind, metadata: { name, namespace } }: Pick<ManifestObject, 'apiVersion' | 'kind' | 'metadata'>,
  { kinds, defaultNamespace }: Cluster,
  { caller }: Call,
): Promise<Answer<Named>> {
  const found = await kinds.ofKind(caller, { apiVersion, kind });
  if (!found.ok) return found;
  const resource = found.value;
  if (!resource.namespaced && namespace !== undefined && namespace !== '') {
    return refusal(
      'INVALID_REQUEST',
      `namespace: ${resource.kind} (${apiVersionOf(resource)}) stands in no namespace; leave it out`,
    );
  }
  const at = resource.namespaced ? (namespace ?? defaultNamespace) : undefined;
  return { ok: true, value: { resource, name, namespace: at } };
}
