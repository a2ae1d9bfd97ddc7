/**
 * The kubeconfig as kubectl sees it: all of its files as one.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { isJsonObject } from '../../kube/object.ts';

const lists = ['clusters', 'contexts', 'users'] as const;

/**
 * Of each name the first file that has it counts. Nothing in it is checked.
 * @param context What counts as the current one; that of the first file which names one unless told.
 */
export async function readMergedKubeconfig(paths: readonly string[], context: string | undefined): Promise<unknown> {
  const files = await Promise.all(paths.map(async (path): Promise<unknown> => parse(await readFile(path, 'utf8'))));
  const configs = files.filter(isJsonObject);
  const current = configs.map((config) => config['current-context']).find((name) => name !== undefined && name !== '');
  return {
    'current-context': context ?? current,
    ...Object.fromEntries(lists.map((list) => [list, firstOfEachName(configs.map((config) => config[list]))])),
  };
}

function firstOfEachName(found: readonly unknown[]): unknown[] {
  const entries = found.flatMap((each): unknown[] => (Array.isArray(each) ? each : []));
  const names = entries.map((entry) => (isJsonObject(entry) ? entry['name'] : undefined));
  return entries.filter((_, index) => names[index] !== undefined && names.indexOf(names[index]) === index);
}
