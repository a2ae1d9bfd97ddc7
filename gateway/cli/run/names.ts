/** Names that a cluster or a kubeconfig has, for completion. */
import type { Command } from 'commander';
import type { Candidate } from '../completion/candidates.ts';
import type { Surroundings } from '../surroundings.ts';
import { NamespacesRead, QueryRead, readAnswer } from './answers.ts';
import { argumentOf } from './constraint-table.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { wholeList } from './pages.ts';
import { readSettings } from './settings.ts';
import { valueOf, withSource } from './with-source.ts';

/** @param command Has the options that were typed. */
export async function namesOf(
  asked: 'namespaces' | 'contexts' | 'constraints',
  command: Command,
  surroundings: Surroundings,
): Promise<Candidate[]> {
  if (asked === 'contexts') {
    const { kubeconfig } = readSettings(command, surroundings);
    const { contexts } = await readKubeconfig({ kubeconfig }, surroundings.environment);
    return contexts.map(({ name }) => ({ value: name }));
  }
  let names: Candidate[] = [];
  await withSource(command, surroundings, async ({ source, namespace }) => {
    if (asked === 'namespaces') {
      const list = valueOf(await wholeList(source, 'potoo_list_namespaces', {}, 'namespaces'));
      names = readAnswer(NamespacesRead, list).namespaces.map((each) => ({
        value: each.namespace,
        description: `${each.total} rules`,
      }));
      return;
    }
    const input = { namespace, include_remediation: false };
    const { constraints } = readAnswer(
      QueryRead,
      valueOf(await wholeList(source, 'potoo_query', input, 'constraints')),
    );
    names = constraints.map((each) => ({
      value: argumentOf(each, constraints),
      description: `${each.severity}: ${each.message}`,
    }));
  });
  return names;
}
