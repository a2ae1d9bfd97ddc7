/** Plans for pods: to delete one, to run a command in one, to start one. */
import * as z from 'zod';
import { refusal } from '../../errors.ts';
import { NamespaceName, ObjectName, OptionalNamespace } from '../fields.ts';
import { core } from '../kinds.ts';
import { flag, inNamespace, planTool } from './plan.ts';

const { pods } = core;

const Name = ObjectName.describe('Name of the pod.');
const InNamespace = OptionalNamespace.describe('Namespace of the pod.');
/** As ContainerName of the API: a DNS label. */
const Container = NamespaceName.optional().describe('Name of the container; the first one unless told.');

/** What an image is called: registry, path, tag and digest. */
const Image = z
  .string()
  .max(500)
  .refine((text) => isImage(text), 'is no image: like registry.example.com/shop/web:1.2, a letter or digit first')
  .describe('The image, like registry.example.com/shop/web:1.2.');

/** Whether it can be the name of an image; how it is divided is for the container runtime to say. */
export function isImage(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,499}$/.test(text);
}

export const podsDelete = planTool({
  name: 'pods_delete',
  title: 'Delete a pod',
  does: 'delete a pod',
  input: z.object({ name: Name, namespace: InNamespace }),
  async draft({ name, namespace }, { defaultNamespace }) {
    const at = namespace ?? defaultNamespace;
    return {
      ok: true,
      value: {
        // To wait for the end would need the rights to get and to watch it.
        command: ['kubectl', 'delete', 'pods', { value: name }, ...inNamespace(at), '--wait=false'],
        needs: [{ verb: 'delete', target: { resource: pods, namespace: at, name } }],
        warnings: ['A pod that a controller made is replaced by a new one.'],
      },
    };
  },
});

const Command = z
  .union([z.array(z.string().max(1_000)).min(1).max(64), z.string().min(1).max(1_000)])
  .describe('Program and arguments, one item each. A single text is a line for sh in the container.');

export const podsExec = planTool({
  name: 'pods_exec',
  title: 'Run a command in a pod',
  does: 'run a command in a container of a pod',
  input: z.object({ name: Name, namespace: InNamespace, command: Command, container: Container }),
  async draft({ name, namespace, command, container }, { defaultNamespace }) {
    const at = namespace ?? defaultNamespace;
    const words = typeof command === 'string' ? ['sh', '-c', command] : command;
    return {
      ok: true,
      value: {
        command: [
          'kubectl',
          'exec',
          { value: name },
          ...inNamespace(at),
          ...(container === undefined ? [] : ['-c', { value: container }]),
          '--',
          ...words,
        ],
        needs: [
          // kubectl looks for the pod first.
          { verb: 'get', target: { resource: pods, namespace: at, name } },
          { verb: 'create', target: { resource: pods, subresource: 'exec', namespace: at, name } },
        ],
        warnings: [
          'The command has all that the container has: its files, its ServiceAccount and its network.',
          ...(typeof command === 'string' ? ['This needs a shell in the image.'] : []),
        ],
      },
    };
  },
});

export const podsRun = planTool({
  name: 'pods_run',
  title: 'Run a pod',
  does: 'start a pod from an image',
  input: z.object({
    image: Image,
    name: ObjectName.optional().describe('Name of the pod; made from the image unless told.'),
    namespace: InNamespace,
    port: z.int().min(1).max(65_535).optional().describe('A port that the container listens on.'),
  }),
  async draft({ image, name = nameFromImage(image), namespace, port }, { defaultNamespace }) {
    const at = namespace ?? defaultNamespace;
    if (name === undefined) return refusal('INVALID_REQUEST', 'name: is missing, and none can be made from the image');
    return {
      ok: true,
      value: {
        command: [
          'kubectl',
          'run',
          { value: name },
          ...inNamespace(at),
          flag('image', image),
          ...(port === undefined ? [] : [flag('port', String(port))]),
        ],
        needs: [{ verb: 'create', target: { resource: pods, namespace: at, name } }],
        warnings: [
          'What admission rules say of the pod shows when the command runs with --dry-run=server in addition.',
        ],
      },
    };
  },
});

/** The last part of the path, as far as it can be the name of a pod. */
function nameFromImage(image: string): string | undefined {
  const last = image.slice(image.lastIndexOf('/') + 1).toLowerCase();
  const [name = ''] = last.split(/[:@]/);
  const label = name.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 63);
  return NamespaceName.safeParse(label).success ? label : undefined;
}
