/** The `k8s_` tools that plan. `approved` is a word of theirs, and means nothing here. */
import * as z from 'zod';
import type { Resource } from '../../../kube/resource.ts';
import { type Answer, refusal } from '../../errors.ts';
import { NamespaceName } from '../fields.ts';
import type { Target } from '../gate.ts';
import { type Draft, objectWords, planTool, type Words } from '../plans/plan.ts';
import { isImage } from '../plans/pods.ts';
import { canRestart, containersPath } from '../plans/resource-words.ts';
import { blockedOrError, namedFields, resourceOf } from './fields.ts';

const approved = z.boolean().describe('Changes nothing: Potoo only plans.');

export const k8sDelete = planTool({
  name: 'k8s_delete',
  title: 'Delete one object',
  does: 'delete one object of a namespace',
  input: z.strictObject({ ...namedFields, approved }),
  refusalText: blockedOrError,
  async draft({ namespace, name, ...path }) {
    const found = resourceOf(path);
    if (!found.ok) return found;
    const resource = found.value;
    return {
      ok: true,
      value: {
        command: ['kubectl', 'delete', ...objectWords({ resource, name, namespace }), '--wait=false'],
        needs: [{ verb: 'delete', target: { resource, namespace, name } }],
        warnings: ['What belongs to the object is deleted with it.'],
      },
    };
  },
});

const PatchInput = z.strictObject({
  ...namedFields,
  approved,
  action: z.enum(['scale', 'update_image', 'rollout_restart']).describe('What to change.'),
  replicas: z.int().min(0).max(100_000).optional().describe('For scale: how many.'),
  container: NamespaceName.optional().describe('For update_image: which container.'),
  image: z
    .string()
    .max(500)
    .refine(isImage, 'is no image: like registry.example.com/shop/web:1.2, a letter or digit first')
    .optional()
    .describe('For update_image: the new image.'),
});
type PatchInput = z.output<typeof PatchInput>;

export const k8sPatch = planTool({
  name: 'k8s_patch',
  title: 'Change one object',
  does: 'scale an object, change an image in it, or restart its pods',
  input: PatchInput,
  refusalText: blockedOrError,
  async draft(given) {
    const found = resourceOf(given);
    return found.ok ? patchDraft(given, found.value) : found;
  },
});

function patchDraft(given: PatchInput, resource: Resource): Answer<Draft> {
  const { namespace, name, action } = given;
  const target: Target = { resource, namespace, name };
  const words = objectWords({ resource, name, namespace });
  switch (action) {
    case 'scale':
      return scaleDraft(given, words, { ...target, subresource: 'scale' });
    case 'update_image':
      return imageDraft(given, words, target);
    case 'rollout_restart': {
      if (!canRestart(resource)) {
        return refusal(
          'INVALID_REQUEST',
          'plural: only deployments, statefulsets and daemonsets of apps can be restarted',
        );
      }
      return {
        ok: true,
        value: {
          // kubectl writes the time of the restart into the template.
          command: ['kubectl', 'rollout', 'restart', ...words],
          needs: readAndPatch(target),
          warnings: ['All pods are replaced, as the strategy of the object says.'],
        },
      };
    }
    default:
      return action satisfies never;
  }
}

/** kubectl reads an object before it patches it. */
function readAndPatch(target: Target) {
  return [
    { verb: 'get', target },
    { verb: 'patch', target },
  ];
}

function scaleDraft({ replicas }: PatchInput, words: Words, target: Target): Answer<Draft> {
  if (replicas === undefined) return refusal('INVALID_REQUEST', 'replicas: is missing, and action scale needs it');
  const patch = JSON.stringify({ spec: { replicas } });
  const command = ['kubectl', 'patch', ...words, '--subresource=scale', '--type=merge', '-p', patch];
  return {
    ok: true,
    value: {
      command,
      dryRun: [...command, '--dry-run=server'],
      needs: readAndPatch(target),
      warnings: ['An autoscaler for the object may set another number at once.'],
    },
  };
}

function imageDraft({ container, image }: PatchInput, words: Words, target: Target): Answer<Draft> {
  const missing = container === undefined ? 'container' : 'image';
  if (container === undefined || image === undefined) {
    return refusal('INVALID_REQUEST', `${missing}: is missing, and action update_image needs it`);
  }
  const path = containersPath(target.resource);
  if (path === undefined) {
    return refusal(
      'INVALID_REQUEST',
      'plural: only the workloads of Kubernetes itself have containers that can be told by name',
    );
  }
  // Merged by name: the other containers stay as they are.
  const containers: object = { containers: [{ name: container, image }] };
  const patch = JSON.stringify(path.toReversed().reduce((inner, field) => ({ [field]: inner }), containers));
  const command = ['kubectl', 'patch', ...words, '--type=strategic', '-p', patch];
  return {
    ok: true,
    value: {
      command,
      dryRun: [...command, '--dry-run=server'],
      needs: readAndPatch(target),
      warnings: ['A container that has no such name would be added: look at what the dry run says.'],
    },
  };
}
