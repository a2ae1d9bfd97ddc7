/**
 * What a kubeconfig says of contexts and namespaces, and a token where one simply stands in it. Reading that much takes a
 * hundredth of the time that the Kubernetes client takes to load; what needs more is left to kube/credentials.ts.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { wantedKubeconfigs } from '../../person/kubeconfig.ts';
import { Failure } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';

const User = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
});
const Kubeconfig = z
  .object({
    'current-context': z.string().nullish(),
    contexts: z
      .array(
        z.object({
          name: z.string(),
          context: z.object({ namespace: z.string().nullish(), user: z.string().nullish() }).nullish(),
        }),
      )
      .nullish(),
    users: z.array(z.object({ name: z.string(), user: User.nullish() })).nullish(),
  })
  .nullable();

export interface Context {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly user: string | undefined;
}

interface KubeconfigUser extends z.infer<typeof User> {
  readonly name: string;
  /** Where it is written. */
  readonly file: string;
}

export interface KubeconfigView {
  readonly contexts: readonly Context[];
  readonly users: readonly KubeconfigUser[];
  /** The one that is asked for, else the current one. */
  readonly context: Context | undefined;
}

/** All files of the kubeconfig as one; the first that says something wins. Files of KUBECONFIG need not be there. */
export async function readKubeconfig(
  { kubeconfig, context: wanted }: { readonly kubeconfig?: string | undefined; readonly context?: string | undefined },
  environment: Surroundings['environment'],
): Promise<KubeconfigView> {
  const contexts = new Map<string, Context>();
  const users = new Map<string, KubeconfigUser>();
  let current: string | undefined;
  for (const file of wantedKubeconfigs(kubeconfig, environment)) {
    const read = await readOne(file, kubeconfig !== undefined);
    current ??= read?.['current-context'] || undefined;
    for (const { name, context } of read?.contexts ?? []) {
      const { namespace, user } = context ?? {};
      if (!contexts.has(name)) contexts.set(name, { name, namespace: namespace || undefined, user: user || undefined });
    }
    for (const { name, user } of read?.users ?? []) {
      if (!users.has(name)) users.set(name, { name, file, ...user });
    }
  }
  const context = contexts.get(wanted ?? current ?? '');
  if (wanted !== undefined && context === undefined) throw new Failure(`The kubeconfig has no context ${wanted}.`);
  return { contexts: [...contexts.values()], users: [...users.values()], context };
}

/** The token of the context's user as it stands in the kubeconfig, or in the file that it names. */
export async function writtenToken({ context, users }: KubeconfigView): Promise<string | undefined> {
  const user = users.find(({ name }) => name === context?.user);
  if (user?.tokenFile) {
    const path = resolve(dirname(user.file), user.tokenFile);
    return (await readText(path)).trim();
  }
  return user?.token?.trim() || undefined;
}

/** The file with a user whose token has to be asked for: from a program, or by OpenID Connect. */
export function fileOfAskedToken({ context, users }: KubeconfigView): string | undefined {
  const user = users.find(({ name }) => name === context?.user);
  return user?.exec || user?.['auth-provider'] ? user.file : undefined;
}

async function readOne(file: string, isNeeded: boolean): Promise<z.infer<typeof Kubeconfig>> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (
      !isNeeded &&
      error instanceof Failure &&
      error.cause instanceof Error &&
      'code' in error.cause &&
      error.cause.code === 'ENOENT'
    )
      return null;
    throw error;
  }
  try {
    return Kubeconfig.parse(parse(text));
  } catch (cause) {
    // Not with what stands there: it could be a credential.
    throw new Failure(`${file} is no kubeconfig.`, { cause });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Failure(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
